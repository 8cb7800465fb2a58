"""Everything known about a photo before the decision, pooled into one score per class."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax

from logoflow.images.boxes import overlap
from logoflow.images.decode import image_size, load_image
from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.ocr import BrandNameReader
from logoflow.inference.windows import windows

Boxes = Sequence[Sequence[float]]

MIN_BACKGROUND_LEVEL = Level("windows")
"""Calibration looks for background windows at this level at least."""

MIN_NAME_LETTERS = 4
"""If this many letters of another brand's name are read in the background of a logo photo, that
brand is taken to be there too."""

MATCH_WEIGHT = 1.0
"""Weight of the logarithm of matching features in a brand's score. It was chosen on validation
photos of FlickrLogos-27, where 0.5 and 2 do about as well."""

LETTER_WEIGHT = 1.0
"""Weight of each letter of a brand's name in the brand's score. It was chosen in the same way;
0.6 and 1.4 do about as well."""


class Evidence(NamedTuple):
    """Everything known about a photo before the decision.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), the network's logits of the windows
        (`logoflow.inference.windows.windows`).
    matches : ndarray of int, optional
        (classes,), features that match known logos
        (`logoflow.inference.matching.LogoMatcher.count_inliers`).
    letters : ndarray, optional
        (classes,), letters of brand names (`logoflow.BrandNameReader.matched_letters`).

    Examples
    --------
    >>> photo = Evidence(np.zeros((14, 3)), letters=np.array([0, 0, 5]))
    >>> np.exp(photo.scores(Level("windows", read_names=True), no_logo=1)).round(2)
    array([[0.01, 0.01, 0.99]])
    """

    logits: np.ndarray
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None

    def scores(self, level: Level, no_logo: int | None) -> np.ndarray:
        """Log-scores at a level, (1, classes): see `pool_windows`."""
        matches = self.matches if level.match_logos else None
        letters = self.letters if level.read_names else None
        return pool_windows(self.logits[: level.window_count], no_logo, matches, letters)[None]


class BackgroundWindows(NamedTuple):
    """Windows of a logo photo that contain no logo. They serve as extra no-logo examples.

    Some logos have no box. A logo of the photo's own brand may have been overlooked, because it
    is small: evidence for that brand is therefore ignored. A logo of another brand never has a
    box, because a photo has one label. If the name of another brand is read in the background,
    the photo therefore gives no example.

    Parameters
    ----------
    mask : ndarray of bool
        (windows,), which windows contain no logo (`background_mask`).
    brand : int
        Label of the photo.
    matches : ndarray of int, optional
        (classes,), features outside the boxes that match known logos.
    letters : ndarray, optional
        (classes,), letters of brand names outside the boxes.

    Examples
    --------
    >>> background = BackgroundWindows(np.array([False, True, True, True, True]), brand=0)
    >>> background.scores(Evidence(np.zeros((5, 3))), Level("few-windows"), no_logo=1).shape
    (1, 3)
    """

    mask: np.ndarray
    brand: int
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None

    def scores(self, evidence: Evidence, level: Level, no_logo: int | None) -> np.ndarray | None:
        """Log-scores of the background windows at a level.

        The level ``"whole"`` has only the whole photo, which shows its logo. At this level the
        largest background window serves as the example.

        Parameters
        ----------
        evidence : Evidence
            The evidence of the photo that the windows belong to.
        level : Level
            The level to score.
        no_logo : int or None
            Label of no-logo. None if there is no such class.

        Returns
        -------
        ndarray or None
            (1, classes). None if the photo gives no no-logo example.
        """
        mask = self.mask[: level.window_count]
        if level.windows == "whole" and self.mask.any():
            mask = np.arange(len(self.mask)) == self.mask.argmax()
        matches = self._without_own_brand(self.matches if level.match_logos else None)
        letters = self._without_own_brand(self.letters if level.read_names else None)
        shows_name = letters is not None and letters.max() >= MIN_NAME_LETTERS
        if no_logo is None or shows_name or not mask.any():
            return None
        logits = evidence.logits[: len(mask)][mask].copy()
        logits[:, self.brand] = logits.min() - 10  # next to impossible
        return pool_windows(logits, no_logo, matches, letters)[None]

    def _without_own_brand(self, counts: np.ndarray | None) -> np.ndarray | None:
        """Set the count of the photo's own brand to 0."""
        if counts is None:
            return None
        return np.where(np.arange(len(counts)) == self.brand, 0, counts)


def match_and_read(
    image: object,
    level: Level,
    matcher: LogoMatcher | None,
    reader: BrandNameReader,
    ignore: Boxes = (),
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Look for known logos and brand names in a picture, where the level asks for it.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes.
    level : Level
        Its switches `match_logos` and `read_names` say what to look for.
    matcher : LogoMatcher or None
        Knows the training photos' logos. `match_logos` needs it.
    reader : BrandNameReader
        Knows the brand names.
    ignore : sequence of (x, y, width, height)
        Parts of the picture to leave out, in pixels.

    Returns
    -------
    matches : ndarray of int or None
        (classes,), matching features. None if the level does not ask for them.
    letters : ndarray or None
        (classes,), letters of names. None if the level does not ask for them.

    Examples
    --------
    >>> match_and_read("photo.jpg", Level("windows"), None, BrandNameReader(["bmw", "no-logo"]))
    (None, None)
    """
    matches = letters = None
    if level.match_logos and matcher:
        matches = matcher.count_inliers(image, len(reader.classes), ignore)
    if level.read_names:
        letters = reader.matched_letters(image, ignore)
    return matches, letters


def background_mask(image: object, boxes: Boxes, layout: str) -> np.ndarray:
    """Find the windows of a picture that hardly overlap any box.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes. Files and bytes are not decoded: their
        header gives the size.
    boxes : sequence of (x, y, width, height)
        Boxes around the logos, in pixels.
    layout : str
        A window layout by name (`logoflow.inference.levels.LAYOUTS`).

    Returns
    -------
    ndarray of bool
        (windows,). Without boxes all are False, since the logos may be anywhere.

    Examples
    --------
    >>> background_mask(np.zeros((90, 90, 3), np.uint8), [(0, 0, 20, 20)], "few-windows")
    array([False, False,  True,  True,  True])
    """
    regions = windows(*_size(image), layout)
    if not boxes:
        return np.zeros(len(regions), dtype=bool)
    return np.array([all(overlap(box, region) < 0.1 for box in boxes) for region in regions])


def _size(image: Any) -> tuple[int, int]:
    """Width and height."""
    if isinstance(image, str | os.PathLike):
        return image_size(Path(image).read_bytes(), source=str(image))
    if isinstance(image, bytes):
        return image_size(image)
    height, width = load_image(image).shape[:2]
    return width, height


def pool_windows(
    logits: np.ndarray,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
) -> np.ndarray:
    """Pool the logits of a photo's windows into one score per class.

    A logo shows in few of a photo's windows, so every brand gets its highest odds against no-logo
    over all windows. The highest probability would do worse: two windows that each show a part of
    the logo may both be sure that there is a logo and unsure which. The mean over the windows
    would drown a small logo.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), of at least one window.
    no_logo : int or None
        Label of no-logo. None if there is no such class: every brand then gets its highest
        log-probability.
    matches : ndarray of int, optional
        (classes,), features that match each brand's known logos
        (`logoflow.inference.matching.LogoMatcher.count_inliers`). 4 features double a brand's
        odds, 10 multiply them by 8.
    letters : ndarray, optional
        (classes,), letters of each brand's name (`logoflow.BrandNameReader.matched_letters`).
        Each letter multiplies a brand's odds by e, five letters by 150.

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities. They are not calibrated: more windows find more
        places that look like a logo. For one window they are the log-softmax of its logits.

    Examples
    --------
    >>> np.exp(pool_windows(np.log([[0.1, 0.9], [0.4, 0.6]]), no_logo=1)).round(2)
    array([0.4, 0.6])
    """
    scores = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    if no_logo is not None:
        scores = scores - scores[:, [no_logo]]
    pooled = scores.max(axis=0)
    if matches is not None:
        pooled += MATCH_WEIGHT * np.log1p(np.maximum(0, matches - 3))
    if letters is not None:
        pooled += LETTER_WEIGHT * letters
    return log_softmax(pooled)
