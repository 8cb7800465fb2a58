"""Parts of logo photos that contain no logo. They are no-logo examples for calibration."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logoflow.images.boxes import overlaps
from logoflow.images.decode import image_size, load_image
from logoflow.inference.evidence import Evidence, Parts, without_brand
from logoflow.inference.levels import (
    GRID,
    MORE_REGIONS,
    ONE_PASS,
    Level,
    largest_layout,
    one_pass_layouts,
)
from logoflow.inference.match_and_read import Boxes, LogosAndText, match_and_read
from logoflow.inference.pooling import pool_part
from logoflow.inference.region_grid import FINE_SCALES, SCALES, region_boxes, window_regions
from logoflow.inference.windows import windows
from logoflow.utils.addresses import read_bytes

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

MIN_BACKGROUND_LEVEL = Level("windows")
"""Calibration looks for background windows at this level at least."""

MIN_NAME_LETTERS = 4
"""If this many letters of another brand's name are read in the background of a logo photo, the
photo is taken to show that brand, too."""


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
    region_masks : mapping of str to ndarray of bool
        From the layouts of regions to masks: which of their regions contain no logo.

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
    region_masks: Mapping[str, np.ndarray] = MappingProxyType({})

    def scores(self, evidence: Evidence, level: Level, no_logo: int | None) -> np.ndarray | None:
        """Compute the log-scores of the background windows at a level.

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
        matches = without_brand(self.matches if level.match_logos else None, self.brand)
        letters = without_brand(self.letters if level.read_names else None, self.brand)
        shows_name = letters is not None and letters.max() >= MIN_NAME_LETTERS
        if no_logo is None or shows_name or not mask.any():
            return None
        # The whole photo shows its logo. Its largest window without a logo stands for it.
        whole = level.windows == "whole"
        parts = Parts(evidence.logits[: len(mask)]) if whole else evidence.parts(level)
        background = parts.part(mask, without=self.brand)
        return pool_part(background.logits, level, no_logo, matches, letters, background.compare)[
            None
        ]

    def _mask(self, level: Level) -> np.ndarray:
        """Mark the background windows or regions of a level."""
        if level.windows in ONE_PASS:
            return self.region_masks.get(level.windows, np.zeros(0, dtype=bool))
        if level.windows == "whole" and self.mask.any():
            return np.arange(len(self.mask)) == self.mask.argmax()
        return self.mask[: level.window_count]


def backgrounds_of(
    classifier: "LogoClassifier",
    images: Sequence,
    labels: Sequence[int],
    boxes: Sequence[Boxes],
    levels: Sequence[Level],
    logos_and_text: Iterable[LogosAndText],
) -> Iterator[BackgroundWindows]:
    """Find the background of photos, and logos and names outside their boxes.

    Parameters
    ----------
    classifier : LogoClassifier
        Its matcher and its reader look for logos and names.
    images : sequence of pictures
        See `logoflow.LogoClassifier.predict`.
    labels : sequence of int
        (photos,).
    boxes : sequence of sequence of (x, y, width, height)
        (photos,), boxes around the logos of each photo, in pixels.
    levels : sequence of Level
        How closely the photos are looked at.
    logos_and_text : iterable of LogosAndText
        (photos,), known logos and text in each photo.

    Yields
    ------
    BackgroundWindows
        One for each photo.

    Raises
    ------
    ValueError
        If there are not as many boxes as photos.
    """
    for image, photo_boxes, label, found in zip(images, boxes, labels, logos_and_text, strict=True):
        yield _background(classifier, image, photo_boxes, label, levels, found)


def _background(
    classifier: "LogoClassifier",
    image: object,
    boxes: Boxes,
    label: int,
    levels: Sequence[Level],
    found: LogosAndText,
) -> BackgroundWindows:
    matches = letters = None
    if boxes:
        matches, letters = match_and_read(found, classifier.matcher, classifier.reader, boxes)
    layout = largest_layout(levels)
    mask = background_mask(image, boxes, layout) if layout else np.zeros(0, dtype=bool)
    region_masks = {name: background_mask(image, boxes, name) for name in one_pass_layouts(levels)}
    return BackgroundWindows(mask, label, matches, letters, region_masks)


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
        A layout by name: of windows (`logoflow.inference.levels.LAYOUTS`) or of regions.

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
    if layout in ONE_PASS:
        parts = region_boxes(width, height, FINE_SCALES if layout == MORE_REGIONS else SCALES)
    else:
        parts = windows(width, height, layout)
    if layout == GRID:
        parts = parts[window_regions(width, height)]
    if not boxes:
        return np.zeros(len(parts), dtype=bool)
    return np.all([overlaps(box, np.asarray(parts)) < 0.1 for box in boxes], axis=0)


def _size(image: Any) -> tuple[int, int]:
    """Return the width and height."""
    if isinstance(image, str | os.PathLike):
        return image_size(read_bytes(image), source=str(image))
    if isinstance(image, bytes):
        return image_size(image)
    height, width = load_image(image).shape[:2]
    return width, height
