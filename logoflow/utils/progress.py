"""Progress that a person sees and a batch run does not."""

import os
import sys
from collections.abc import Iterable

from tqdm.auto import tqdm


def watched() -> bool:
    """Tell whether a person watches: a terminal or a live notebook.

    Returns
    -------
    bool
        False whenever the environment variable LOGOFLOW_PROGRESS is ``0``, which batch runs of
        the notebooks and their tests set.
    """
    if os.environ.get("LOGOFLOW_PROGRESS") == "0":
        return False
    return in_notebook() or sys.stderr.isatty()


def in_notebook() -> bool:
    """Tell whether this code runs in a Jupyter kernel."""
    return "ipykernel" in sys.modules and "IPython" in sys.modules


def bar(items: Iterable, description: str) -> Iterable:
    """Iterate over `items` with a progress bar that goes away, where a person watches."""
    return tqdm(items, desc=description, leave=False, disable=not watched())
