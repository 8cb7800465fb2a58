"""What is known of a photo before any decision: its windows' logits, known logos, names."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax

from logoflow.images.boxes import overlap
from logoflow.images.decode import image_size, load_image
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.ocr import NameReader
from logoflow.inference.windows import MATCHED, READ, window_count, windows

Boxes = Sequence[Sequence[float]]

BESIDE = 3
"""The number of views that what is beside a logo is looked for with, where fewer are asked for."""

NAMED = 4
"""So many letters of another brand's name beside a logo: that brand is taken to be there too."""


class Evidence(NamedTuple):
    """What is known of a photo before any decision.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), a net's, for each of `logoflow.inference.windows.windows`.
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
        return combine(rows, no_logo, *found)[None]


class Beside(NamedTuple):
    """What of a photo shows no logo though the photo does.

    Whoever drew the boxes may have left some logos out, most likely small ones of the photo's own
    brand: what is found of that brand says nothing. Logos of other brands, which have no boxes
    in a photo that has one label, are no false alarms: where another brand's name is read, the
    photo does not stand for one without a logo.

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
        """Log-scores of these windows alone, (1, classes); None if there is nothing without a logo.

        Views 1 have but the whole photo, which shows its logo: the largest window that does not
        stands for a photo then.
        """
        free = self.windows[: window_count(views)]
        if views == 1 and self.windows.any():
            free = np.arange(len(self.windows)) == self.windows.argmax()
        matches = _row(self.matches, views >= MATCHED, but=self.brand)
        letters = _row(self.letters, views >= READ, but=self.brand)
        named = letters is not None and letters.max() >= NAMED
        if no_logo is None or named or not free.any():
            return None
        logits = evidence.logits[: len(free)][free].copy()
        logits[:, self.brand] = logits.min() - 10
        return combine(logits, no_logo, matches, letters)[None]


def _row(found: np.ndarray | None, looked: bool, but: int | None = None) -> np.ndarray | None:
    """What was found of each brand, (classes,), but of one of them; None if nobody looked."""
    if found is None or not looked:
        return None
    return np.where(np.arange(len(found)) == but, 0, found)


def found_in(
    image: object,
    views: int,
    matcher: LogoMatcher | None,
    reader: NameReader,
    ignore: Boxes = (),
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Look for known logos and names in a picture, as closely as it is wished.

    Parameters
    ----------
    image : picture
        What `logoflow.load_image` takes.
    views : int
        See `logoflow.inference.windows.windows`.
    matcher : LogoMatcher or None
        None: no logos are known.
    reader : NameReader
    ignore : sequence of (x, y, width, height)
        Parts of the picture not to look at, pixels.

    Returns
    -------
    (ndarray or None, ndarray or None)
        (classes,) each, features and letters; None of what was not looked for.
    """
    matches = letters = None
    if views >= MATCHED and matcher:
        matches = matcher.count(image, len(reader.classes), ignore)
    if views >= READ:
        letters = reader.letters(image, ignore)
    return matches, letters


def windows_beside(image: object, boxes: Boxes, views: int) -> np.ndarray:
    """Tell which of a picture's windows show next to nothing of any box.

    Parameters
    ----------
    image : picture
        What `logoflow.load_image` takes; of a file or bytes, only the header is read.
    boxes : sequence of (x, y, width, height)
        Pixels.
    views : int
        See `logoflow.inference.windows.windows`.

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


def _size(image: Any) -> tuple[int, int]:
    """Width and height."""
    if isinstance(image, str | os.PathLike):
        return image_size(Path(image).read_bytes(), source=str(image))
    if isinstance(image, bytes):
        return image_size(image)
    height, width = load_image(image).shape[:2]
    return width, height


MATCH_WEIGHT = 1.0
"""How much the logarithm of matching features adds to a brand's; chosen on validation photos of
FlickrLogos-27, where 0.5 and 2 do about as well."""


LETTER_WEIGHT = 1.0
"""How much a letter of a brand's name that was read adds to its logarithm; chosen in the same way,
where 0.6 and 1.4 do about as well."""


def combine(
    logits: np.ndarray,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
) -> np.ndarray:
    """Pool a net's answers to a photo's windows into one score per class.

    A logo shows in few of a photo's windows: every brand gets its highest odds against no-logo
    over them. Highest probabilities would do worse, since of two windows that show a part of the
    logo each one may be sure that there is one and unsure which; and the mean over the windows
    would drown a small logo.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), of at least one window.
    no_logo : int or None
        Class number of no-logo; None where there is no such class. Then every brand gets its
        highest log-probability.
    matches : ndarray of int, optional
        (classes,), how many features of each brand's known logos were found
        (`logoflow.LogoMatcher.count`): 4 of them double a brand's odds, 10 make them 8-fold.
    letters : ndarray, optional
        (classes,), how many letters of each brand's name were read
        (`logoflow.NameReader.letters`): each multiplies a brand's odds by e, five by 150.

    Returns
    -------
    ndarray
        (classes,) float64 log-probabilities, not calibrated: more windows find more that looks
        like a logo. For one window they are the log-softmax of its logits.

    Examples
    --------
    >>> np.exp(combine(np.log([[0.1, 0.9], [0.4, 0.6]]), no_logo=1)).round(2)
    array([0.4, 0.6])
    """
    scores = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    if no_logo is not None:
        scores = scores - scores[:, [no_logo]]
    combined = scores.max(axis=0)
    if matches is not None:
        combined += MATCH_WEIGHT * np.log1p(np.maximum(0, matches - 3))
    if letters is not None:
        combined += LETTER_WEIGHT * letters
    return log_softmax(combined)
