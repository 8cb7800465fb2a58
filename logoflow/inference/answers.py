"""The table of answers: a row per picture."""

from collections.abc import Iterable, Sequence

import pandas as pd

from logoflow.inference.answer_rows import COLUMNS, WITH_ERRORS, answer_row, error_row
from logoflow.inference.judge import Judgement
from logoflow.inference.pictures import Loaded

_TEXT_OR_NONE = ("path", "error", "reason")


def answers_table(
    answered: Iterable[tuple[Loaded, Judgement | None]],
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
        With the columns `logoflow.inference.answer_rows.COLUMNS`, or `WITH_ERRORS`.

    Examples
    --------
    >>> import numpy as np
    >>> answer = Judgement(np.array([0.7, 0.3]), 0, None)
    >>> table = answers_table([(Loaded("a.jpg", None), answer)], ["bmw", "no-logo"], 1, 1, False)
    >>> table[["path", "brand", "top_k"]].iloc[0].tolist()
    ['a.jpg', 'bmw', [('bmw', 0.7)]]
    """
    rows = [
        error_row(loaded.path, loaded.error)
        if judgement is None
        else answer_row(loaded.path, judgement, classes, no_logo, top_k)
        for loaded, judgement in answered
    ]
    frame = pd.DataFrame(rows, columns=list(WITH_ERRORS))
    # pandas 3 turns None into NaN, unless it is told not to.
    names = (*_TEXT_OR_NONE, "brand") if with_errors else _TEXT_OR_NONE
    texts = {
        name: pd.Series([row[WITH_ERRORS.index(name)] for row in rows], dtype=object)
        for name in names
    }
    return frame.assign(**texts)[list(WITH_ERRORS if with_errors else COLUMNS)]
