"""The numbers 1 to 6 by which earlier versions of logoflow called the levels: ``views``."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from logoflow.inference.levels import LAYOUTS, Level

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

FORMER_VIEWS = {
    1: Level("whole"),
    2: Level("few-windows"),
    3: Level("windows"),
    4: Level("more-windows"),
    5: Level("more-windows", match_logos=True),
    6: Level("more-windows", match_logos=True, read_names=True),
}
"""The level that replaces each number."""


def former_level(views: int, has_matcher: bool) -> Level:
    """Convert ``views``, the number that stands for a level in models of earlier versions.

    Parameters
    ----------
    views : int
        1 to 6.
    has_matcher : bool
        Whether the model knows logos. Without them, views 6 only read names.

    Returns
    -------
    Level

    Raises
    ------
    ValueError
        If the number is not 1 to 6.

    Examples
    --------
    >>> str(former_level(6, has_matcher=False))
    'more-windows, read_names'
    """
    if views not in FORMER_VIEWS:
        raise ValueError(f"views is {views!r}, not one of {', '.join(map(str, FORMER_VIEWS))}.")
    level = FORMER_VIEWS[views]
    return level if has_matcher else replace(level, match_logos=False)


def views_in_new_words(views: object, argument: str) -> str:
    """Write an error message that says how to replace the former argument ``views``.

    Parameters
    ----------
    views : object
        The value that the caller gave: a number, several numbers, or something invalid.
    argument : str
        The argument that replaces ``views``: ``"level"`` or ``"levels"``.

    Returns
    -------
    str

    Examples
    --------
    >>> views_in_new_words(3, "level")
    'views=3 is now level="windows".'
    >>> views_in_new_words((1, 6), "levels")
    'views=(1, 6) is now levels=("whole", "more-windows, match_logos, read_names").'
    """
    numbers: list = list(views) if isinstance(views, list | tuple) else [views]
    if not numbers or any(number not in FORMER_VIEWS for number in numbers):
        return f"views is now {argument}: give one of {', '.join(LAYOUTS)}."
    texts = [f'"{FORMER_VIEWS[number]}"' for number in numbers]
    if argument == "level":
        return f"views={views!r} is now level={texts[-1]}."
    comma = "," if len(texts) == 1 else ""
    return f"views={views!r} is now levels=({', '.join(texts)}{comma})."


def refuse_views(
    argument: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Decorate a function so that it refuses ``views`` and names the argument that replaces it.

    Parameters
    ----------
    argument : str
        The argument that replaces ``views``: ``"level"`` or ``"levels"``.

    Returns
    -------
    callable
        A decorator.

    Examples
    --------
    >>> @refuse_views("level")
    ... def look(*, level="whole"):
    ...     return level
    >>> look(views=2)
    Traceback (most recent call last):
    TypeError: views=2 is now level="few-windows".
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            if "views" in kwargs:
                raise TypeError(views_in_new_words(kwargs["views"], argument))
            return function(*args, **kwargs)

        return wrapper

    return decorate
