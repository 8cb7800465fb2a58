"""The table of answers: a row per picture."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from logoflow.errors import TooManyPixels
from logoflow.inference.pictures import Loaded
from logoflow.labels import NO_LOGO

if TYPE_CHECKING:
    from logoflow.inference.judge import Judgement

COLUMNS = ("path", "brand", "probability", "top_k", "reason")
"""The columns of a table of answers."""

WITH_ERRORS = ("path", "status", "error", "brand", "probability", "top_k", "reason")
"""The columns of a table that has a row for pictures that cannot be read, too."""

_TEXT_OR_NONE = ("path", "error", "reason")


def answers_table(
    answered: Iterable[tuple[Loaded, "Judgement | None"]],
    classes: Sequence[str],
    no_logo: int | None,
    top_k: int,
    with_errors: bool,
) -> pd.DataFrame:
    """Make the table of answers.

    Parameters
    ----------
    answered : iterable of (Loaded, Judgement or None)
        Each picture with its answer; None if the picture could not be read.
    classes : sequence of str
        Names in label order.
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    top_k : int
        Number of the likeliest classes to list.
    with_errors : bool
        Whether to add the columns ``status`` and ``error``.

    Returns
    -------
    DataFrame
        With the columns `COLUMNS`, or `WITH_ERRORS`.

    Examples
    --------
    >>> from logoflow.inference.judge import Judgement
    >>> answer = Judgement(np.array([0.7, 0.3]), 0, None)
    >>> table = answers_table([(Loaded("a.jpg", None), answer)], ["bmw", "no-logo"], 1, 1, False)
    >>> table[["path", "brand", "top_k"]].iloc[0].tolist()
    ['a.jpg', 'bmw', [('bmw', 0.7)]]
    """
    rows = [
        _error_row(loaded)
        if judgement is None
        else _row(loaded, judgement, classes, no_logo, top_k)
        for loaded, judgement in answered
    ]
    frame = pd.DataFrame(rows, columns=list(WITH_ERRORS))
    # pandas 3 turns None into NaN, unless it is told not to.
    texts = {
        name: pd.Series([row[WITH_ERRORS.index(name)] for row in rows], dtype=object)
        for name in _TEXT_OR_NONE
    }
    return frame.assign(**texts)[list(WITH_ERRORS if with_errors else COLUMNS)]


def _row(
    loaded: Loaded, judgement: "Judgement", classes: Sequence[str], no_logo: int | None, top_k: int
) -> tuple:
    shares, label = judgement.probabilities, judgement.label
    order = np.argsort(-shares, kind="stable")[:top_k]
    likeliest = [(classes[one], float(shares[one])) for one in order]
    if judgement.reason is None:
        return loaded.path, "ok", None, classes[label], float(shares[label]), likeliest, None
    probability = float(shares[label]) if no_logo is not None else 1 - float(shares[label])
    return loaded.path, "ok", None, NO_LOGO, probability, likeliest, judgement.reason


def _error_row(loaded: Loaded) -> tuple:
    return loaded.path, _status(loaded.error), str(loaded.error), None, np.nan, [], None


def _status(error: Exception | None) -> str:
    """Name an error as `logoflow.errors.FetchError` does, where it has a name for it."""
    if isinstance(error, FileNotFoundError):
        return "not_found"
    if isinstance(error, TooManyPixels):
        return "too_large"
    return "unreadable" if isinstance(error, OSError) else "not_an_image"
