"""What the notebooks take: the parameters they declare, and the values a user gives."""

import difflib
from collections.abc import Mapping
from pathlib import Path

from logoflow.inference.former_views import views_in_new_words
from logoflow.inference.levels import as_level
from logoflow.utils.extras import require_extra
from logoflow.utils.parameters import parse_value


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
    if "views" in parameters:
        raise ValueError(views_in_new_words(parameters["views"], "level"))
    known = sorted({name for takes in declared.values() for name in takes})
    for name, value in parameters.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            takes = [f"  {book}: {', '.join(names) or '-'}" for book, names in declared.items()]
            raise ValueError(
                f"No notebook takes a parameter {name!r}.{hint} They take\n" + "\n".join(takes)
            )
        if name == "level" and value is not None:
            as_level(value)  # type: ignore[arg-type]
        for takes in declared.values():
            _check_kind(name, value, takes.get(name))


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
