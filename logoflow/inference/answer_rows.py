"""The row of an answer: the same for tables, JSON, CSV, the service and exported models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logoflow.errors import TooManyPixels
from logoflow.inference.judge import Judgement
from logoflow.labels import NO_LOGO
from logoflow.utils.file_names import as_text

COLUMNS = ("path", "brand", "probability", "top_k", "reason")
"""The columns of a table of answers."""

WITH_ERRORS = ("path", "status", "error", "brand", "probability", "top_k", "reason")
"""The columns of a table that has a row for pictures that cannot be read, too."""


def answer_row(
    path: str | None,
    judgement: Judgement,
    classes: Sequence[str],
    no_logo: int | None,
    top_k: int,
) -> tuple:
    """Make the row of a picture that was judged.

    Parameters
    ----------
    path : str or None
        Where the picture was read from. Tables and JSON cannot hold names that are not UTF-8; the
        row has them as `logoflow.utils.file_names.as_text` writes them.
    judgement : Judgement
    classes : sequence of str
        Names in label order.
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    top_k : int
        Number of the likeliest classes to list.

    Returns
    -------
    tuple
        In the order of `WITH_ERRORS`.

    Examples
    --------
    >>> judgement = Judgement(np.array([0.7, 0.3]), 0, None)
    >>> answer_row("a.jpg", judgement, ["bmw", "no-logo"], 1, top_k=1)
    ('a.jpg', 'ok', None, 'bmw', 0.7, [('bmw', 0.7)], None)
    """
    path = None if path is None else as_text(path)
    shares, label = judgement.probabilities, judgement.label
    order = np.argsort(-shares, kind="stable")[:top_k]
    likeliest = [(classes[one], float(shares[one])) for one in order]
    if judgement.reason is None:
        return path, "ok", None, classes[label], float(shares[label]), likeliest, None
    probability = float(shares[label]) if no_logo is not None else 1 - float(shares[label])
    return path, "ok", None, NO_LOGO, probability, likeliest, judgement.reason


def error_row(path: str | None, error: Exception | None) -> tuple:
    """Make the row of a picture that cannot be read, in the order of `WITH_ERRORS`.

    Examples
    --------
    >>> error_row("a.jpg", FileNotFoundError("There is no file a.jpg."))[:3]
    ('a.jpg', 'not_found', 'There is no file a.jpg.')
    """
    path = None if path is None else as_text(path)
    return path, _status(error), as_text(str(error)), None, np.nan, [], None


def _status(error: Exception | None) -> str:
    """Return the status of an error, as `logoflow.errors.FetchError` names it if it can."""
    if isinstance(error, FileNotFoundError):
        return "not_found"
    if isinstance(error, TooManyPixels):
        return "too_large"
    return "unreadable" if isinstance(error, OSError) else "not_an_image"


def json_row(row: Mapping) -> dict[str, Any]:
    """Convert a row to what JSON can hold.

    Parameters
    ----------
    row : mapping
        From column names to values. Pairs of brand and probability become objects, and NaN becomes
        None.

    Returns
    -------
    dict

    Examples
    --------
    >>> json_row({"probability": np.float64("nan"), "top_k": [("bmw", 0.9)]})
    {'probability': None, 'top_k': [{'brand': 'bmw', 'probability': 0.9}]}
    """
    return {str(name): _json_value(value) for name, value in row.items()}


def _json_value(value: object) -> object:
    if isinstance(value, list):
        return [{"brand": brand, "probability": share} for brand, share in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or value != value else value  # NaN differs from itself
