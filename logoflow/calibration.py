"""Validation photos into decisions, one for each number of views, in one pass over the windows."""

import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from logoflow.crops import overlap
from logoflow.decision import Decision, fit_decision, no_logo_of
from logoflow.images import image_size, load_image
from logoflow.views import MATCHED, READ, combine, window_count, windows

Boxes = Sequence[Sequence[float]]


class Evidence(NamedTuple):
    """What is known of a photo before any decision.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), a net's, for each of `logoflow.views.windows`.
    matches : ndarray of int, optional
        (classes,), features of known logos (`logoflow.LogoMatcher.count`).
    letters : ndarray, optional
        (classes,), of brands' names (`logoflow.NameReader.letters`).
    """

    logits: np.ndarray
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None

    def scores(self, views: int, no_logo: int | None) -> np.ndarray:
        """Log-scores as so many views would give them, (1, classes): `logoflow.combine`."""
        rows = self.logits[: window_count(views)]
        found = _row(self.matches, views >= MATCHED), _row(self.letters, views >= READ)
        return combine(rows, np.zeros(len(rows), dtype=int), no_logo, *found)


class Beside(NamedTuple):
    """What of a photo shows no logo though the photo does.

    Whoever drew the boxes may have left some logos out, most likely small ones of the photo's own
    brand: what is found of that brand says nothing.

    Parameters
    ----------
    windows : ndarray of bool
        (windows,), see `windows_beside`.
    brand : int
        The photo's own class number.
    matches : ndarray of int, optional
        (classes,), of what is outside its boxes.
    letters : ndarray, optional
        The same of names.
    """

    windows: np.ndarray
    brand: int
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None

    def of(self, evidence: Evidence, views: int, no_logo: int | None) -> np.ndarray | None:
        """Log-scores of these windows alone, (1, classes); None if there are none."""
        free = self.windows[: window_count(views)]
        if no_logo is None or not free.any():
            return None
        logits = evidence.logits[: len(free)][free].copy()
        logits[:, self.brand] = logits.min() - 10
        found = (
            _row(self.matches, views >= MATCHED, but=self.brand),
            _row(self.letters, views >= READ, but=self.brand),
        )
        return combine(logits, np.zeros(len(logits), dtype=int), no_logo, *found)


def _row(found: np.ndarray | None, looked: bool, but: int | None = None) -> np.ndarray | None:
    """What was found of each brand, (1, classes), but of one of them; None if nobody looked."""
    if found is None or not looked:
        return None
    return np.where(np.arange(len(found)) == but, 0, found)[None]


def fit_decisions(
    photos: Iterable[Evidence],
    truth: Sequence[int],
    classes: Sequence[str],
    views: Sequence[int],
    false_positive_rate: float,
    beside: Sequence[Beside] | None = None,
) -> dict[int, Decision]:
    """Fit a decision for each number of views.

    Parameters
    ----------
    photos : iterable of Evidence
        Of the most of `views` at least.
    truth : sequence of int
        (photos,), class numbers.
    classes : sequence of str
        Names in label order.
    views : sequence of int
        Numbers of views, each 1 to 6.
    false_positive_rate : float
        See `logoflow.fit_decision`.
    beside : sequence of Beside, optional
        Per photo. What of it shows no logo counts as one more photo without a logo: one of the
        same kind as the photos with logos, which those from elsewhere may not be.

    Returns
    -------
    dict of int to Decision

    Raises
    ------
    ValueError
        For another number of views, or as `logoflow.fit_decision` does.
    """
    no_logo = no_logo_of(classes)
    scores = {number: [np.zeros((0, len(classes)))] for number in views}
    extra = {number: [] for number in views}
    for index, photo in enumerate(photos):
        for number in views:
            scores[number].append(photo.scores(number, no_logo))
            found = beside[index].of(photo, number, no_logo) if beside else None
            extra[number] += [] if found is None else [found]
    return {
        number: fit_decision(
            np.concatenate(scores[number] + extra[number]),
            [*truth, *([no_logo] * len(extra[number]))],
            classes,
            false_positive_rate,
        )
        for number in views
    }


def warn_of_weak(decisions: Mapping[int, Decision]) -> None:
    """Tell the user of a threshold that is missing or rests on too few photos.

    Parameters
    ----------
    decisions : mapping of int to Decision
        By number of views.

    Warns
    -----
    UserWarning
        One at most.
    """
    without = [views for views, one in decisions.items() if one.threshold is None]
    if without:
        warnings.warn(
            f"Every photo will be given a brand (views {_listed(without)}): there was no photo "
            "without a logo to pick a threshold on. Add some, as a class folder no-logo.",
            stacklevel=3,
        )
        return
    for views, one in decisions.items():
        wished, photos = one.false_positive_rate, one.no_logo_photos
        if wished * photos < 1:
            warnings.warn(
                f"The threshold for {wished:.1%} of false alarms (views {views}) rests on {photos} "
                f"photos without a logo, and may let many more through: {math.ceil(1 / wished)} "
                "are the least that can show such a share.",
                stacklevel=3,
            )
            return


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


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
