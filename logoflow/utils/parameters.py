"""Parse parameters from the command line."""

import ast
from collections.abc import Sequence
from pathlib import Path


def parse_value(text: str) -> object:
    """Convert text from the command line to a Python value.

    Parameters
    ----------
    text : str

    Returns
    -------
    int, float, bool, None, list or str
        ``true``, ``false`` and ``none`` may be in upper or lower case. Text that is not a number,
        a list or one of these words stays text.

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
    """Parse ``parameter=value`` pairs from the command line.

    Parameters
    ----------
    pairs : sequence of str
        A path in a parameter whose name ends in ``_dir`` becomes absolute, because a notebook may
        run in another current directory than the command. A URL stays as it is.

    Returns
    -------
    dict of str to object

    Raises
    ------
    ValueError
        If a pair does not have this form.

    Examples
    --------
    >>> read_parameters(["num_epochs=2", "data_dir=photos"])
    {'num_epochs': 2, 'data_dir': '/.../photos'}
    """
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name.isidentifier() and equals):
            raise ValueError(f"{pair!r} is not parameter=value.")
        value = parse_value(text)
        if name.endswith("_dir") and value not in ("", None) and "://" not in text:
            value = str(Path(text).expanduser().resolve())
        parameters[name] = value
    return parameters
