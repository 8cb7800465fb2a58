"""Read parameters from the text of a command line."""

import ast
from collections.abc import Sequence
from pathlib import Path


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
        if name.endswith("_dir") and value not in ("", None) and "://" not in text:
            value = str(Path(text).expanduser().resolve())
        parameters[name] = value
    return parameters
