"""What the notebooks take: the parameters they declare, and the values a user gives."""

import ast
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from logoflow.extras import require_extra


def declared_parameters(notebook: Path | str) -> dict[str, object]:
    """Read which parameters a notebook takes, and their defaults.

    Parameters
    ----------
    notebook : Path or str
        A notebook with a cell tagged ``parameters`` (without one it takes none).

    Returns
    -------
    dict of str to object
        Defaults by name, as `parse_value` reads them.
    """
    require_extra("notebooks")
    import papermill

    found = papermill.inspect_notebook(str(notebook))
    return {name: parse_value(facts["default"]) for name, facts in found.items()}


def check_parameters(
    parameters: Mapping[str, object], declared: Mapping[str, Mapping[str, object]]
) -> None:
    """Refuse parameters that no notebook takes, and text where a number or a list belongs.

    Parameters
    ----------
    parameters : mapping
        Values by parameter name.
    declared : mapping
        By notebook name, what `declared_parameters` gives.

    Raises
    ------
    ValueError
        With what each notebook takes, and the nearest name there is.
    """
    if "output_dir" in parameters:
        raise ValueError("output_dir is the run's own folder: choose it by its name (--name).")
    known = sorted({name for takes in declared.values() for name in takes})
    for name, value in parameters.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            takes = [f"  {book}: {', '.join(names) or '-'}" for book, names in declared.items()]
            raise ValueError(
                f"No notebook takes a parameter {name!r}.{hint} They take\n" + "\n".join(takes)
            )
        for takes in declared.values():
            _check_kind(name, value, takes.get(name))


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


# Numbers whose default is None, "the recipe's own" or "all".
_NUMBERS = {
    "batch_size": int,
    "learning_rate": float,
    "wd": float,
    "num_gpus": int,
    "photos_per_class": int,
}


def _check_kind(name: str, value: object, default: object) -> None:
    kinds = {int: "a whole number", float: "a number", list: "a list", bool: "True or False"}
    kind = _NUMBERS.get(name, type(default))
    if value is None or kind not in kinds:
        return
    fits = type(value) in ((int, float) if kind is float else (kind,))
    if not fits:
        example = "" if default is None else f" such as {default}"
        raise ValueError(f"{name} takes {kinds[kind]}{example}, not {value!r}.")
