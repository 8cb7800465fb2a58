"""Everything known about a photo before the decision, pooled into one score per class."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax, logsumexp

from logoflow.images.boxes import overlaps
from logoflow.images.decode import image_size, load_image
from logoflow.inference.levels import GRID, ONE_PASS, REGIONS, Level
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.ocr import BrandNameReader
from logoflow.inference.region_grid import region_boxes, window_regions
from logoflow.inference.windows import windows

Boxes = Sequence[Sequence[float]]

MIN_BACKGROUND_LEVEL = Level("windows")
"""Calibration looks for background windows at this level at least."""

TOP_REGIONS = 5
"""Number of regions with the highest odds of a brand that are averaged. It was chosen on validation
photos of FlickrLogos-27, where 1 and 20 do about as well."""

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
    region_logits : ndarray, optional
        (regions, classes), the network's logits of the regions (`logoflow.inference.regions`).
    grid_logits : ndarray, optional
        (39, classes), those of the regions that are most like the windows of ``"more-windows"``.

    Examples
    --------
    >>> photo = Evidence(np.zeros((14, 3)), letters=np.array([0, 0, 5]))
    >>> np.exp(photo.scores(Level("windows", read_names=True), no_logo=1)).round(2)
    array([[0.01, 0.01, 0.99]])
    """

    logits: np.ndarray
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None
    region_logits: np.ndarray | None = None
    grid_logits: np.ndarray | None = None

    def scores(self, level: Level, no_logo: int | None) -> np.ndarray:
        """Log-scores at a level, (1, classes): see `pool_logits`."""
        matches = self.matches if level.match_logos else None
        letters = self.letters if level.read_names else None
        return pool_part(self.part_logits(level), level, no_logo, matches, letters)[None]

    def part_logits(self, level: Level) -> np.ndarray:
        """Logits of the windows or regions of a level, (parts, classes)."""
        logits = {GRID: self.grid_logits, REGIONS: self.region_logits}.get(
            level.windows, self.logits[: level.window_count]
        )
        if logits is None:
            raise ValueError(f"This evidence was collected without the level {level.windows!r}.")
        return logits


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
    region_mask : ndarray of bool, optional
        (regions,), which regions contain no logo.
    grid_mask : ndarray of bool, optional
        (39,), which of the regions on the grid contain no logo.

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
    region_mask: np.ndarray | None = None
    grid_mask: np.ndarray | None = None

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
        mask = self._mask(level)
        matches = self._without_own_brand(self.matches if level.match_logos else None)
        letters = self._without_own_brand(self.letters if level.read_names else None)
        shows_name = letters is not None and letters.max() >= MIN_NAME_LETTERS
        if no_logo is None or shows_name or not mask.any():
            return None
        whole = level.windows == "whole"
        all_logits = evidence.logits[: len(mask)] if whole else evidence.part_logits(level)
        logits = all_logits[mask].copy()
        logits[:, self.brand] = logits.min() - 10  # next to impossible
        return pool_part(logits, level, no_logo, matches, letters)[None]

    def _mask(self, level: Level) -> np.ndarray:
        """Background windows or regions of a level."""
        if level.windows in ONE_PASS:
            masks = {REGIONS: self.region_mask, GRID: self.grid_mask}
            mask = masks[level.windows]
            return np.zeros(0, dtype=bool) if mask is None else mask
        if level.windows == "whole" and self.mask.any():
            return np.arange(len(self.mask)) == self.mask.argmax()
        return self.mask[: level.window_count]

    def _without_own_brand(self, counts: np.ndarray | None) -> np.ndarray | None:
        """Set the count of the photo's own brand to 0."""
        if counts is None:
            return None
        return np.where(np.arange(len(counts)) == self.brand, 0, counts)


def match_and_read(
    image: object,
    levels: Sequence[Level],
    matcher: LogoMatcher | None,
    reader: BrandNameReader,
    ignore: Boxes = (),
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Look for known logos and brand names in a picture, where a level asks for it.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes.
    levels : sequence of Level
        Their switches `match_logos` and `read_names` say what to look for.
    matcher : LogoMatcher or None
        Knows the training photos' logos. `match_logos` needs it.
    reader : BrandNameReader
        Knows the brand names.
    ignore : sequence of (x, y, width, height)
        Parts of the picture to leave out, in pixels.

    Returns
    -------
    matches : ndarray of int or None
        (classes,), matching features. None if no level asks for them.
    letters : ndarray or None
        (classes,), letters of names. None if no level asks for them.

    Examples
    --------
    >>> match_and_read("photo.jpg", [Level("windows")], None, BrandNameReader(["bmw", "no-logo"]))
    (None, None)
    """
    matches = letters = None
    if matcher and any(level.match_logos for level in levels):
        matches = matcher.count_inliers(image, len(reader.classes), ignore)
    if any(level.read_names for level in levels):
        letters = reader.matched_letters(image, ignore)
    return matches, letters


def background_mask(image: object, boxes: Boxes, layout: str) -> np.ndarray:
    """Find the windows or regions of a picture that hardly overlap any box.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes. Files and bytes are not decoded: their
        header gives the size.
    boxes : sequence of (x, y, width, height)
        Boxes around the logos, in pixels.
    layout : str
        A window layout by name (`logoflow.inference.levels.LAYOUTS`), ``"regions"``
        or ``"grid"``.

    Returns
    -------
    ndarray of bool
        (windows,) or (regions,). Without boxes all are False, since the logos may be anywhere.

    Examples
    --------
    >>> background_mask(np.zeros((90, 90, 3), np.uint8), [(0, 0, 20, 20)], "few-windows")
    array([False, False,  True,  True,  True])
    """
    width, height = _size(image)
    parts = region_boxes(width, height) if layout in ONE_PASS else windows(width, height, layout)
    if layout == GRID:
        parts = parts[window_regions(width, height)]
    if not boxes:
        return np.zeros(len(parts), dtype=bool)
    return np.all([overlaps(box, np.asarray(parts)) < 0.1 for box in boxes], axis=0)


def _size(image: Any) -> tuple[int, int]:
    """Width and height."""
    if isinstance(image, str | os.PathLike):
        return image_size(Path(image).read_bytes(), source=str(image))
    if isinstance(image, bytes):
        return image_size(image)
    height, width = load_image(image).shape[:2]
    return width, height


def pool_part(
    logits: np.ndarray,
    level: Level,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
) -> np.ndarray:
    """Pool the logits of windows or regions as a level does: see `pool_logits`, `pool_grid`."""
    if level.windows == GRID:
        return _with_evidence(pool_grid(logits), matches, letters)
    top = TOP_REGIONS if level.windows == REGIONS else 1
    return pool_logits(logits, no_logo, matches, letters, top=top)


def pool_grid(logits: np.ndarray) -> np.ndarray:
    """Pool the logits of regions on a grid by the root of the mean squared probability.

    A network that was trained on photos without boxes has learnt from all parts of the photos,
    so its answer for each part is uncertain. Many parts together are more reliable than the best
    part. Squares give the parts with a certain answer more weight.

    Parameters
    ----------
    logits : ndarray
        (regions, classes).

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities.

    Examples
    --------
    >>> np.exp(pool_grid(np.log([[0.9, 0.1], [0.5, 0.5]]))).round(2)
    array([0.67, 0.33])
    """
    squares = 2 * log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    return log_softmax(logsumexp(squares, axis=0) / 2)


def pool_logits(
    logits: np.ndarray,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
    *,
    top: int = 1,
) -> np.ndarray:
    """Pool the logits of a photo's windows or regions into one score per class.

    A logo shows in few parts of a photo, so every brand gets its highest odds against no-logo
    over all windows. Of the regions, which overlap much more, it gets the mean of the highest.
    The highest probability would do worse: two windows that each show a part of the logo may both
    be sure that there is a logo and unsure which. The mean over all windows would drown a small
    logo.

    Parameters
    ----------
    logits : ndarray
        (parts, classes), of at least one window or region.
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
    top : int
        Number of the highest log-odds of each class to average.

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities. They are not calibrated: more windows find more
        places that look like a logo. For one window they are the log-softmax of its logits.

    Examples
    --------
    >>> np.exp(pool_logits(np.log([[0.1, 0.9], [0.4, 0.6]]), no_logo=1)).round(2)
    array([0.4, 0.6])
    """
    scores = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    if no_logo is not None:
        scores = scores - scores[:, [no_logo]]
    top = min(top, len(scores))
    pooled = np.partition(scores, len(scores) - top, axis=0)[-top:].mean(axis=0)
    return _with_evidence(pooled, matches, letters)


def _with_evidence(
    scores: np.ndarray, matches: np.ndarray | None, letters: np.ndarray | None
) -> np.ndarray:
    """Add the evidence of matches and letters to log-scores, (classes,), and normalise them."""
    if matches is not None:
        scores = scores + MATCH_WEIGHT * np.log1p(np.maximum(0, matches - 3))
    if letters is not None:
        scores = scores + LETTER_WEIGHT * letters
    return log_softmax(scores)
