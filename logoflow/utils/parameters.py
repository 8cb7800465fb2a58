"""Parameters that a command line gives as text."""

import ast
from collections.abc import Sequence
from pathlib import Path


def parse_value(text: str) -> object:
    """Turn a value from the command line into what Python would write for it.

    Parameters
    ----------
    text : str

    Returns
    -------
    int, float, bool, None, list or str
        ``true``, ``false`` and ``none`` are known in any case; what is nothing else is text.

    Examples
    --------
    >>> [parse_value(text) for text in ("2", "1e-3", "true", "None", "sample")]
    [2, 0.001, True, None, 'sample']
    """
    words = {"true": True, "false": False, "none": None}
    if text.strip().lower() in words:
        return words[text.strip().lower()]
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, int | float | str | list) else text


def read_parameters(pairs: Sequence[str]) -> dict[str, object]:
    """Read ``parameter=value`` pairs of the command line.

    Parameters
    ----------
    pairs : sequence of str
        Values of names that end in ``_dir`` are made absolute, unless they are URLs, for a
        notebook's current directory need not be that of the command.

    Returns
    -------
    dict of str to object

    Raises
    ------
    ValueError
        If a pair is not of that form.

    Examples
    --------
    >>> read_parameters(["num_epochs=2", "data_dir=~/photos"])
    {'num_epochs': 2, 'data_dir': '/home/me/photos'}
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
