"""Find the windows of validation photos that contain no logo, for calibration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.levels import Level, largest_layout, one_pass_layouts
from logoflow.inference.scoring import BackgroundWindows, Boxes, background_mask, match_and_read

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier


def backgrounds_of(
    classifier: "LogoClassifier",
    images: Sequence,
    labels: Sequence[int],
    boxes: Sequence[Boxes],
    levels: Sequence[Level],
) -> list[BackgroundWindows]:
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

    Returns
    -------
    list of BackgroundWindows
        (photos,).

    Raises
    ------
    ValueError
        If there are not as many boxes as photos.
    """
    return [
        _background(classifier, image, photo_boxes, label, levels)
        for image, photo_boxes, label in zip(images, boxes, labels, strict=True)
    ]


def _background(
    classifier: "LogoClassifier",
    image: object,
    boxes: Boxes,
    label: int,
    levels: Sequence[Level],
) -> BackgroundWindows:
    matches = letters = None
    if boxes:
        matches, letters = match_and_read(
            image, levels, classifier.matcher, classifier.reader, boxes
        )
    layout = largest_layout(levels)
    mask = background_mask(image, boxes, layout) if layout else np.zeros(0, dtype=bool)
    region_masks = {name: background_mask(image, boxes, name) for name in one_pass_layouts(levels)}
    return BackgroundWindows(mask, label, matches, letters, region_masks)
