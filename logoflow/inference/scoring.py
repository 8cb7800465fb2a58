"""Everything known about a photo before the decision."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from logoflow.images.boxes import overlaps
from logoflow.images.decode import image_size, load_image
from logoflow.inference.levels import GRID, ONE_PASS, REGIONS, Level
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.ocr import BrandNameReader
from logoflow.inference.pooling import pool_part
from logoflow.inference.region_grid import region_boxes, window_regions
from logoflow.inference.windows import windows

Boxes = Sequence[Sequence[float]]

MIN_BACKGROUND_LEVEL = Level("windows")
"""Calibration looks for background windows at this level at least."""

MIN_NAME_LETTERS = 4
"""If this many letters of another brand's name are read in the background of a logo photo, that
brand is taken to be there too."""


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
    grid_similarities : ndarray, optional
        (39, classes), similarities of the same regions to known regions
        (`logoflow.inference.prototypes.Prototypes.similarities`).

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
    grid_similarities: np.ndarray | None = None

    def scores(self, level: Level, no_logo: int | None) -> np.ndarray:
        """Log-scores at a level, (1, classes): see `logoflow.inference.pooling.pool_part`."""
        matches = self.matches if level.match_logos else None
        letters = self.letters if level.read_names else None
        logits, similarities = self.part_logits(level), self.part_similarities(level)
        return pool_part(logits, level, no_logo, matches, letters, similarities)[None]

    def part_logits(self, level: Level) -> np.ndarray:
        """Logits of the windows or regions of a level, (parts, classes)."""
        logits = {GRID: self.grid_logits, REGIONS: self.region_logits}.get(
            level.windows, self.logits[: level.window_count]
        )
        if logits is None:
            raise ValueError(f"This evidence was collected without the level {level.windows!r}.")
        return logits

    def part_similarities(self, level: Level) -> np.ndarray | None:
        """Similarities of the regions of a level, (parts, classes). None if there are none."""
        return self.grid_similarities if level.windows == GRID else None


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
        similarities = evidence.part_similarities(level)
        if similarities is not None:
            similarities = similarities[mask].copy()
            similarities[:, self.brand] = -1
        return pool_part(logits, level, no_logo, matches, letters, similarities)[None]

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
