"""Progress of long work: a bar if a person watches, lines in the log otherwise."""

import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sized

from tqdm.auto import tqdm

LOG_SECONDS = 30.0
"""Time between two lines about the progress of long work, where nobody watches."""

_logger = logging.getLogger("logoflow")


def watched() -> bool:
    """Tell whether a person watches the output, in a terminal or a live notebook.

    Returns
    -------
    bool
        Always False if the environment variable ``LOGOFLOW_PROGRESS`` is ``0``, as in batch runs
        and tests of the notebooks.

    Examples
    --------
    >>> os.environ["LOGOFLOW_PROGRESS"] = "0"
    >>> watched()
    False
    """
    if os.environ.get("LOGOFLOW_PROGRESS") == "0":
        return False
    return in_notebook() or sys.stderr.isatty()


def in_notebook() -> bool:
    """Tell whether this code runs in a Jupyter kernel."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def bar(items: Iterable, description: str, total: int | None = None) -> Iterable:
    """Iterate over items and report the progress of long work.

    If a person watches, a bar appears after a second. Otherwise the logger ``logoflow`` gets a line
    at the level INFO every 30 seconds, with the total and the time left.

    Parameters
    ----------
    items : iterable
    description : str
        What the items are. Text to the left of the bar.
    total : int, optional
        Number of items. By default, the length of `items` if it has one.

    Returns
    -------
    iterable
        The same items. The bar disappears after the last one.

    Examples
    --------
    >>> sum(bar([1, 2, 3], "adding"))
    6
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if watched():
        return tqdm(items, desc=description, total=total, leave=False, delay=1)
    return _logged(items, description, total)


def progress_line(description: str, done: int, total: int | None, seconds: float) -> str:
    """Write a line about the progress of some work.

    Parameters
    ----------
    description : str
        What is counted.
    done : int
        Items done so far, at least 1.
    total : int or None
        All items; None if their number is not known.
    seconds : float
        Time that the items took.

    Returns
    -------
    str

    Examples
    --------
    >>> progress_line("pictures", 1200, 10000, 60)
    'pictures: 1,200 of 10,000, 7 min left'
    >>> progress_line("pictures", 1200, None, 60)
    'pictures: 1,200 in 60 s'
    """
    if total is None or done >= total:
        return f"{description}: {done:,} in {duration(seconds)}"
    left = seconds / done * (total - done)
    return f"{description}: {done:,} of {total:,}, {duration(left)} left"


def duration(seconds: float) -> str:
    """Write a time span in seconds, minutes or hours.

    Examples
    --------
    >>> duration(42.3), duration(600), duration(10_000)
    ('42 s', '10 min', '2.8 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _logged(items: Iterable, description: str, total: int | None) -> Iterator:
    started = last = time.monotonic()
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= LOG_SECONDS:
            last = now
            _logger.info(progress_line(description, done, total, now - started))
    if last > started:
        _logger.info(progress_line(description, done, done, time.monotonic() - started))
