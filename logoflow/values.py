"""Check the names and the values of arguments before the work with them starts."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any


def whole_number(name: str, value: Any, least: int) -> int:
    """Return a whole number, after a check.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What was given. A number of NumPy counts too; text, True and False do not.
    least : int
        Smallest allowed value.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the value is no whole number, or below `least`.

    Examples
    --------
    >>> whole_number("num_epochs", "2", least=1)
    Traceback (most recent call last):
    ValueError: num_epochs is '2': give a whole number, 1 or more.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} is {value!r}: give a whole number, {least} or more.")
    return int(value)


def number_between(
    name: str, value: Any, low: float, high: float = math.inf, *, below: bool = False
) -> float:
    """Return a finite number, after a check.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What was given.
    low, high : float
        Smallest and largest allowed value.
    below : bool
        Whether the number must be smaller than `high`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the value is no finite number, or out of range.

    Examples
    --------
    >>> number_between("label_smoothing", 2, 0, 1, below=True)
    Traceback (most recent call last):
    ValueError: label_smoothing is 2. It must be a number, 0 or more, and below 1.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if (
        is_number
        and math.isfinite(value)
        and low <= value <= high
        and not (below and value == high)
    ):
        return value if isinstance(value, int | float) else float(value)
    limit = "" if high == math.inf else f", and {'below' if below else 'at most'} {high:g}"
    raise ValueError(f"{name} is {value!r}. It must be a number, {low:g} or more{limit}.")


def true_or_false(name: str, value: Any) -> bool:
    """Return True or False, after a check. Any text would count as true.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What was given. 0 and 1 count as False and True.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the value is neither.

    Examples
    --------
    >>> true_or_false("use_boxes", "no")
    Traceback (most recent call last):
    ValueError: use_boxes is 'no': give True or False.
    """
    if isinstance(value, str) or value not in (True, False):
        raise ValueError(f"{name} is {value!r}: give True or False.")
    return bool(value)


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
