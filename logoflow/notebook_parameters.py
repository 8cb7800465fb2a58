"""Read the parameters that notebooks declare, and check a user's values against them."""

import difflib
from collections.abc import Mapping
from pathlib import Path

from logoflow.inference.former_views import views_in_new_words
from logoflow.inference.levels import as_level
from logoflow.utils.extras import require_extra
from logoflow.utils.parameters import parse_value


def declared_parameters(notebook: Path | str) -> dict[str, object]:
    """Read the parameters of a notebook and their defaults.

    Parameters
    ----------
    notebook : Path or str
        A notebook declares its parameters in the cell with the tag ``parameters``. A notebook
        without this cell has none.

    Returns
    -------
    dict of str to object
        Defaults by parameter name, as `parse_value` reads them.

    Raises
    ------
    ModuleNotFoundError
        If the packages of the extra ``notebooks`` are missing.

    Examples
    --------
    >>> declared_parameters("notebooks/01_prepare_data.ipynb")["dataset"]  # doctest: +SKIP
    'sample'
    """
    require_extra("notebooks")
    import papermill

    parameters = papermill.inspect_notebook(str(notebook))
    return {name: parse_value(declared["default"]) for name, declared in parameters.items()}


def check_parameters(
    parameters: Mapping[str, object], declared: Mapping[str, Mapping[str, object]]
) -> None:
    """Raise an error for a parameter that no notebook has, or for a value of the wrong type.

    Parameters
    ----------
    parameters : mapping of str to object
        Values by parameter name.
    declared : mapping of str to mapping
        The result of `declared_parameters` for each notebook, by notebook name.

    Raises
    ------
    ValueError
        If a parameter is unknown or its value has the wrong type. For an unknown name, the message
        suggests the nearest name and lists the parameters of each notebook.

    Examples
    --------
    >>> check_parameters({"num_epoch": 2}, {"03_train": {"num_epochs": 12}})
    Traceback (most recent call last):
    ValueError: No notebook has a parameter 'num_epoch'. Did you mean num_epochs? The notebooks have
      03_train: num_epochs
    """
    if "output_dir" in parameters:
        raise ValueError("output_dir is the folder of the run: choose its name with --name.")
    if "views" in parameters:
        raise ValueError(views_in_new_words(parameters["views"], "level"))
    for name, value in parameters.items():
        if not any(name in defaults for defaults in declared.values()):
            raise ValueError(_unknown(name, declared))
        if name == "level" and value is not None:
            as_level(value)  # type: ignore[arg-type]
        for defaults in declared.values():
            _check_type(name, value, defaults.get(name))


def _unknown(name: str, declared: Mapping[str, Mapping[str, object]]) -> str:
    """Write the message for a parameter that no notebook has."""
    names = sorted({name for defaults in declared.values() for name in defaults})
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    lines = [f"  {book}: {', '.join(defaults) or '-'}" for book, defaults in declared.items()]
    return "\n".join([f"No notebook has a parameter {name!r}.{hint} The notebooks have", *lines])


# Types of parameters with the default None, which stands for the recipe's value or for "all".
_TYPES_OF_OPTIONAL = {
    "num_epochs": int,
    "batch_size": int,
    "learning_rate": float,
    "wd": float,
    "num_gpus": int,
    "photos_per_class": int,
}


_DESCRIPTIONS = {int: "a whole number", float: "a number", list: "a list", bool: "True or False"}


def _check_type(name: str, value: object, default: object) -> None:
    expected = _TYPES_OF_OPTIONAL.get(name, type(default))
    if value is None or expected not in _DESCRIPTIONS:
        return
    if type(value) not in ((int, float) if expected is float else (expected,)):
        example = "" if default is None else f" such as {default}"
        raise ValueError(f"{name} must be {_DESCRIPTIONS[expected]}{example}, not {value!r}.")
