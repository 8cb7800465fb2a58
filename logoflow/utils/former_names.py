"""New names of settings that earlier versions called otherwise."""

from collections.abc import Mapping
from typing import Any


def refuse_former_names(settings: Mapping[str, object], former: dict[str, str]) -> None:
    """Raise an error if a setting is given by the name of an earlier version.

    Parameters
    ----------
    settings : mapping of str to object
        The settings that were given.
    former : dict of str to str
        New names by former names.

    Raises
    ------
    ValueError
        For the first former name. The message gives the new name.

    Examples
    --------
    >>> refuse_former_names({"rounds": 2}, {"rounds": "hard_negative_rounds"})
    Traceback (most recent call last):
    ValueError: rounds has a new name: pass hard_negative_rounds=2.
    """
    for name, new in former.items():
        if name in settings:
            raise ValueError(f"{name} has a new name: pass {new}={settings[name]!r}.")


def with_new_names(values: Mapping[str, Any], former: dict[str, str]) -> dict[str, Any]:
    """Rename values that an earlier version of logoflow wrote.

    Parameters
    ----------
    values : mapping of str to object
        Values by former or new name.
    former : dict of str to str
        New names by former names.

    Returns
    -------
    dict of str to object
        The values by new name.

    Examples
    --------
    >>> with_new_names({"averaging": 0.9, "wd": 0.0}, {"averaging": "ema_decay"})
    {'ema_decay': 0.9, 'wd': 0.0}
    """
    return {former.get(name, name): value for name, value in values.items()}
