"""Read parameters from the text of a command line."""

import ast
from collections.abc import Sequence

from logoflow.utils.addresses import local_path, remote_address


def parse_value(text: str) -> object:
    """Convert the text of a value to a Python value.

    Parameters
    ----------
    text : str
        A number, a string in quotes, a list, ``true``, ``false`` or ``none`` (in upper or lower
        case), or any other text.

    Returns
    -------
    int, float, bool, None, list or str
        Text that is no other value stays text.

    Examples
    --------
    >>> [parse_value(text) for text in ("2", "1e-3", "true", "None", "sample")]
    [2, 0.001, True, None, 'sample']
    """
    constants = {"true": True, "false": False, "none": None}
    if text.strip().lower() in constants:
        return constants[text.strip().lower()]
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, int | float | str | list) else text


def read_parameters(pairs: Sequence[str]) -> dict[str, object]:
    """Read ``parameter=value`` pairs from the command line.

    The value of a parameter that ends in ``_dir`` becomes an absolute path, unless it is a URL,
    because a notebook may run in another folder than the command.

    Parameters
    ----------
    pairs : sequence of str
        Texts such as ``num_epochs=2``.

    Returns
    -------
    dict of str to object
        Values by parameter name.

    Raises
    ------
    ValueError
        If a text has another form.

    Examples
    --------
    >>> read_parameters(["num_epochs=2", "data_dir=/photos/brands"])
    {'num_epochs': 2, 'data_dir': '/photos/brands'}
    """
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name.isidentifier() and equals):
            raise ValueError(f"{pair!r} is not parameter=value. Write, for example, num_epochs=2.")
        value = parse_value(text)
        if name.endswith("_dir") and value not in ("", None) and not remote_address(text):
            value = str(local_path(text).resolve())
        parameters[name] = value
    return parameters


def as_switch(name: str, value: object) -> bool:
    """Convert a switch, which papermill may pass as text, to True or False.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        True, False, or one of these words in upper or lower case, as papermill passes
        ``-p resume true``.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If the value is anything else.

    Examples
    --------
    >>> as_switch("resume", "true"), as_switch("resume", False)
    (True, False)
    """
    switch = parse_value(value) if isinstance(value, str) else value
    if not isinstance(switch, bool):
        raise TypeError(f"{name} is {value!r}: give True or False.")
    return switch
