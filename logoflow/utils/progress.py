"""Progress bars, shown only if a person watches."""

import os
import sys
from collections.abc import Iterable

from tqdm.auto import tqdm


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


def bar(items: Iterable, description: str) -> Iterable:
    """Iterate over items and show a progress bar if a person watches.

    Parameters
    ----------
    items : iterable
    description : str
        Text to the left of the bar.

    Returns
    -------
    iterable
        The same items. The bar disappears after the last one.

    Examples
    --------
    >>> sum(bar([1, 2, 3], "adding"))
    6
    """
    return tqdm(items, desc=description, leave=False, disable=not watched())
