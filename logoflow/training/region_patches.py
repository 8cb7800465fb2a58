"""Random patches of photos for training on regions: each has a label for every region.

A patch is a square of 256 pixels, cut out of a photo at a random scale. All draws come from
Python's `random`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from logoflow.images.boxes import intersections_over_unions, overlaps, shared_areas
from logoflow.inference.region_grid import CELL, REGION_SHAPES, region_cells
from logoflow.utils.draws import draws

Boxes = Sequence[Sequence[float]]

PATCH_SIDE = 256
PATCH_CELLS = region_cells(PATCH_SIDE // CELL, PATCH_SIDE // CELL, REGION_SHAPES)
"""Regions of a patch in cells, (regions, 4): top row, left column, rows and columns."""

_PATCH_BOXES = CELL * PATCH_CELLS[:, [1, 0, 3, 2]].astype(float)  # x, y, width, height in pixels

UNKNOWN = -1
"""Label of a region that shows a part of a logo, or lies outside the photo."""

MIN_LOGO_OVERLAP = 0.45
MAX_BACKGROUND_OVERLAP = 0.1
MIN_INSIDE = 0.85
"""A region has no label if a smaller share of it lies inside the photo."""

LOGO_CELLS = (2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
"""Sides that a logo is resized to, in cells."""

LONGER_SIDES = (200, 900)
"""Smallest and largest size that a photo is resized to, in pixels of its longer side."""

GREY = 127
"""Fills a patch outside the photo. It is the mean that photos are normalised by."""


class View(NamedTuple):
    """The part of a photo that a patch shows.

    Parameters
    ----------
    x, y : float
        Top left corner in pixels of the photo. Negative if the patch reaches beyond the photo.
    scale_x, scale_y : float
        Pixels of the patch per pixel of the photo.
    """

    x: float
    y: float
    scale_x: float
    scale_y: float

    def boxes_in_patch(self, boxes: Boxes) -> np.ndarray:
        """Convert boxes of the photo to pixels of the patch, (boxes, 4)."""
        corner, scales = np.array([self.x, self.y]), np.array([self.scale_x, self.scale_y])
        in_photo = np.asarray(boxes, float).reshape(-1, 4)
        return np.hstack([(in_photo[:, :2] - corner) * scales, in_photo[:, 2:] * scales])


def draw_patch(
    image: np.ndarray, label: int, boxes: Boxes, no_logo: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a random patch out of a photo, and label its regions.

    Parameters
    ----------
    image : ndarray
        RGB photo of (height, width, 3), uint8.
    label : int
        Label of the photo.
    boxes : sequence of (x, y, width, height)
        Logos of the photo in pixels. In a photo of a brand without boxes, no region gets a label.
    no_logo : int or None
        Label of no-logo.

    Returns
    -------
    patch : ndarray of uint8
        (256, 256, 3).
    labels : ndarray of float32
        (regions,), in the order of `PATCH_CELLS`. `UNKNOWN` for regions without a label.

    Examples
    --------
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> patch, labels = draw_patch(photo, 0, [(100, 100, 80, 80)], no_logo=1)
    >>> patch.shape, 0 in labels
    ((256, 256, 3), True)
    """
    height, width = image.shape[:2]
    view = draw_view(width, height, boxes)
    return cut(image, view), label_regions(view, width, height, label, boxes, no_logo)


def draw_view(width: int, height: int, boxes: Boxes) -> View:
    """Draw the scale and the place of a patch. If there are boxes, one of them is in view.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels.
    boxes : sequence of (x, y, width, height)

    Returns
    -------
    View
    """
    smallest, largest = (side / max(width, height) for side in LONGER_SIDES)
    if boxes:
        box = draws().choice(boxes)
        cells = draws().choice(LOGO_CELLS) * draws().uniform(0.85, 1.15)
        scale = min(max(cells * CELL / max(box[2], box[3]), smallest), largest)
    else:
        box = (0.0, 0.0, float(width), float(height))
        scale = math.exp(draws().uniform(math.log(smallest), math.log(largest)))
    stretch = math.exp(draws().uniform(-0.12, 0.12))
    scale_x, scale_y = scale * stretch, scale / stretch
    x = _draw_start(box[0], box[0] + box[2], PATCH_SIDE / scale_x, width, bool(boxes))
    y = _draw_start(box[1], box[1] + box[3], PATCH_SIDE / scale_y, height, bool(boxes))
    return View(x, y, scale_x, scale_y)


def _draw_start(low: float, high: float, length: float, limit: int, holds: bool) -> float:
    """Draw the start of an interval of `length` in [0, limit].

    If `holds`, the interval contains [low, high]. If it is longer than `limit`, it contains
    [0, limit].
    """
    if length >= limit:
        return draws().uniform(limit - length, 0)
    if not holds:
        return draws().uniform(0, limit - length)
    earliest, latest = max(0.0, high - length), min(low, limit - length)
    if earliest > latest:  # the logo is larger than the patch
        return min(max(0.0, (low + high - length) / 2), limit - length)
    return draws().uniform(earliest, latest)


def cut(image: np.ndarray, view: View) -> np.ndarray:
    """Cut a view out of a photo. The patch is grey outside the photo.

    Parameters
    ----------
    image : ndarray
        RGB photo of (height, width, 3), uint8.
    view : View

    Returns
    -------
    ndarray of uint8
        (256, 256, 3).
    """
    if min(view.scale_x, view.scale_y) < 0.7:  # bilinear sampling would alias
        size = [
            max(1, round(side * scale))
            for side, scale in zip(image.shape[1::-1], (view.scale_x, view.scale_y), strict=True)
        ]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        view = View(view.x * view.scale_x, view.y * view.scale_y, 1.0, 1.0)
    warp = np.array(
        [[view.scale_x, 0, -view.x * view.scale_x], [0, view.scale_y, -view.y * view.scale_y]]
    )
    return cv2.warpAffine(
        image,
        warp,
        (PATCH_SIDE, PATCH_SIDE),
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[GREY] * 3,
    )


def label_regions(
    view: View, width: int, height: int, label: int, boxes: Boxes, no_logo: int | None
) -> np.ndarray:
    """Label the regions of a patch.

    Parameters
    ----------
    view : View
        The part of the photo that the patch shows.
    width, height : int
        Size of the photo in pixels.
    label : int
        Label of the photo.
    boxes : sequence of (x, y, width, height)
        Logos of the photo in pixels.
    no_logo : int or None
        Label of no-logo.

    Returns
    -------
    ndarray of float32
        (regions,).
    """
    labels = np.full(len(PATCH_CELLS), UNKNOWN, np.float32)
    (photo,) = view.boxes_in_patch([(0, 0, width, height)])
    areas = _PATCH_BOXES[:, 2] * _PATCH_BOXES[:, 3]
    is_inside = shared_areas(photo, _PATCH_BOXES) > MIN_INSIDE * areas
    if label == no_logo:
        labels[is_inside] = no_logo
        return labels
    if not boxes:
        return labels
    logos = view.boxes_in_patch(boxes)
    if no_logo is not None:
        touched = np.max([overlaps(logo, _PATCH_BOXES) for logo in logos], axis=0)
        labels[is_inside & (touched < MAX_BACKGROUND_OVERLAP)] = no_logo
    likeness = np.max([intersections_over_unions(logo, _PATCH_BOXES) for logo in logos], axis=0)
    labels[likeness >= min(MIN_LOGO_OVERLAP, likeness.max())] = label
    return labels
