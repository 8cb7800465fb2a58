"""Validation photos into decisions, one for each number of views, in one pass over the windows."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from logoflow.crops import overlap
from logoflow.decision import Decision, fit_decision, no_logo_of
from logoflow.images import image_size, load_image
from logoflow.views import combine, window_count, windows

Boxes = Sequence[Sequence[float]]


def fit_decisions(
    logits: Iterable[np.ndarray],
    truth: Sequence[int],
    classes: Sequence[str],
    views: Sequence[int],
    false_positive_rate: float,
    beside: Sequence[np.ndarray] | None = None,
) -> dict[int, Decision]:
    """Fit a decision for each number of views.

    Parameters
    ----------
    logits : iterable of ndarray
        Per photo, (windows, classes), of the most of `views` at least.
    truth : sequence of int
        (photos,), class numbers.
    classes : sequence of str
        Names in label order.
    views : sequence of int
        Numbers of views, each 1 to 4.
    false_positive_rate : float
        See `logoflow.fit_decision`.
    beside : sequence of ndarray of bool, optional
        Per photo, (windows,): the windows that show no logo though the photo does. Those of a
        photo count together as one more photo without a logo: one of the same kind as the photos
        with logos, which those from elsewhere may not be.

    Returns
    -------
    dict of int to Decision

    Raises
    ------
    ValueError
        For another number of views, or as `logoflow.fit_decision` does.
    """
    no_logo = no_logo_of(classes)
    counts = {number: window_count(number) for number in views}
    scores = {number: [np.zeros((0, len(classes)))] for number in views}
    extra = {number: [] for number in views}
    for index, rows in enumerate(logits):
        for number, count in counts.items():
            scores[number].append(_combined(rows[:count], no_logo))
            free = None if beside is None else beside[index][:count]
            if no_logo is not None and free is not None and free.any():
                extra[number].append(_combined(rows[:count][free], no_logo))
    return {
        number: fit_decision(
            np.concatenate(scores[number] + extra[number]),
            [*truth, *([no_logo] * len(extra[number]))],
            classes,
            false_positive_rate,
        )
        for number in views
    }


def windows_beside(image: object, boxes: Boxes, views: int) -> np.ndarray:
    """Tell which of a picture's windows show next to nothing of any box.

    Parameters
    ----------
    image : picture
        What `logoflow.load_image` takes; of a file or bytes, only the header is read.
    boxes : sequence of (x, y, width, height)
        Pixels.
    views : int
        See `logoflow.views.windows`.

    Returns
    -------
    ndarray of bool
        (windows,); all False without boxes: then nobody knows where the logos are.

    Examples
    --------
    >>> windows_beside(np.zeros((90, 90, 3), np.uint8), [(0, 0, 20, 20)], 2)
    array([False, False,  True,  True,  True])
    """
    found = windows(*_size(image), views)
    if not boxes:
        return np.zeros(len(found), dtype=bool)
    return np.array([all(overlap(box, window) < 0.1 for box in boxes) for window in found])


def _size(image: object) -> tuple[int, int]:
    """Width and height."""
    if isinstance(image, str | os.PathLike):
        return image_size(Path(image).read_bytes(), source=str(image))
    if isinstance(image, bytes):
        return image_size(image)
    return load_image(image).shape[1::-1]


def _combined(rows: np.ndarray, no_logo: int | None) -> np.ndarray:
    return combine(rows, np.zeros(len(rows), dtype=int), no_logo)
