"""Which part of a photo a training step sees: around a logo, beside all logos, or anywhere."""

import math
import random
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from mxnet.image import Augmenter

from logoflow.images.boxes import Region, overlap, resize_region

TRIES = 20  # places at which `crop_beside` looks for background


class LogoCropAug(Augmenter):
    """Crop so that a logo stays in view, from tight around it to the whole photo, and resize.

    Parameters
    ----------
    size : int
        Side of the square that comes out, pixels.
    margin : float
        The tightest crop is this many times the box, side by side.
    min_area : float
        Smallest crop, as a share of the photo's area, where no boxes are known: a small
        crop would lose the logo.
    """

    takes_arrays = True

    def __init__(self, size: int = 224, margin: float = 1.15, min_area: float = 0.5):
        super().__init__(size=size, margin=margin, min_area=min_area)
        self.size, self.margin, self.min_area = size, margin, min_area

    def __call__(
        self,
        src: np.ndarray,
        boxes: Sequence[Sequence[float]] = (),
        region: Region | None = None,
    ) -> np.ndarray:
        """Crop `src` to `region`, or else around one of `boxes`, or else to most of it.

        Both are ``(x, y, width, height)`` in pixels.
        """
        height, width = src.shape[:2]
        if region is None and boxes:
            region = crop_around(random.choice(boxes), width, height, margin=self.margin)
        elif region is None:
            region = crop_anywhere(width, height, min_area=self.min_area)
        return resize_region(src, region, self.size)


def crop_around(box: Sequence[float], width: int, height: int, *, margin: float = 1.15) -> Region:
    """Draw a crop that holds a box, log-uniform in size from tight to the whole photo.

    Parameters
    ----------
    box : (x, y, width, height)
        The logo, pixels. What lies outside the photo is cut off.
    width, height : int
        The photo's size, pixels.
    margin : float
        The tightest crop is this many times the box.

    Returns
    -------
    (x, y, width, height) : tuple of int
        The crop, inside the photo and nearly of its shape, so that shrinking it to a square
        distorts a logo as shrinking the whole photo does in validation. Drawn with Python's
        `random`.
    """
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(width), box[0] + box[2]), min(float(height), box[1] + box[3])
    smallest = max(margin * (right - left) / width, margin * (bottom - top) / height, 1e-3)
    share = math.exp(random.uniform(min(0.0, math.log(smallest)), 0.0))
    stretch = math.exp(random.uniform(-0.15, 0.15))
    x, crop_width = _place(left, right, share * width * stretch, width)
    y, crop_height = _place(top, bottom, share * height / stretch, height)
    return x, y, crop_width, crop_height


def crop_beside(boxes: Sequence[Sequence[float]], width: int, height: int) -> Region | None:
    """Draw a crop that shows next to nothing of any box: background from a photo with logos.

    Parameters
    ----------
    boxes : sequence of (x, y, width, height)
        All logos that are known, pixels.
    width, height : int
        The photo's size, pixels.

    Returns
    -------
    (x, y, width, height) or None
        A crop of 0.15 to 1 times the photo's sides, log-uniform, with less than a tenth of any
        box in it, and less than a tenth of it in any box. None if 20 random places are all unfit.
        Drawn with Python's `random`.
    """
    for _ in range(TRIES):
        side = math.exp(random.uniform(math.log(0.15), 0.0))
        crop = _anywhere(width, height, side, math.exp(random.uniform(-0.15, 0.15)))
        if all(overlap(box, crop) < 0.1 for box in boxes):
            return crop
    return None


def no_logo_crop(hard_places: Sequence[Sequence[float]], width: int, height: int) -> Region | None:
    """Draw a crop of a photo without logos; None half of the time where there are hard places.

    None leaves the crop to `LogoCropAug`, which draws it around one of the hard places.

    Parameters
    ----------
    hard_places : sequence of (x, y, width, height)
        Places that a network took for a logo
        (`logoflow.training.hard_negatives.hard_negatives`), pixels.
    width, height : int
        The photo's size, pixels.

    Returns
    -------
    (x, y, width, height) or None
        A crop at any place. Drawn with Python's `random`.

    Examples
    --------
    >>> x, y, width, height = no_logo_crop([], 640, 480)
    """
    if hard_places and random.random() >= 0.5:
        return None
    return crop_beside((), width, height)


def aim_crops(
    augs: Sequence[Callable], boxes: Sequence[Sequence[float]], region: Region | None
) -> list[Callable]:
    """Tell each `LogoCropAug` among some augmenters where to crop the photo that comes next.

    Parameters
    ----------
    augs : sequence of callable
        For `logoflow.transform`; others than `LogoCropAug` stay as they are.
    boxes : sequence of (x, y, width, height)
        The photo's logos, pixels.
    region : (x, y, width, height) or None
        The crop, where it is decided already.

    Returns
    -------
    list of callable

    Examples
    --------
    >>> data, label = transform(photo, 3, aim_crops(augs, [(10, 20, 64, 64)], None))
    """
    return [
        partial(aug, boxes=boxes, region=region) if isinstance(aug, LogoCropAug) else aug
        for aug in augs
    ]


def crop_anywhere(width: int, height: int, *, min_area: float) -> Region:
    """Draw a crop of at least `min_area` of the photo's area, at any place, in its shape.

    Returns
    -------
    (x, y, width, height) : tuple of int
        The crop, pixels. Drawn with Python's `random`.
    """
    side = math.sqrt(random.uniform(min_area, 1.0))
    return _anywhere(width, height, side, math.exp(random.uniform(-0.1, 0.1)))


def _place(low: float, high: float, length: float, limit: int) -> tuple[int, int]:
    """Put an interval of `length` within [0, limit] at random so that it covers [low, high]."""
    length = min(float(limit), max(length, high - low, 1.0))
    first, last = max(0.0, high - length), min(low, limit - length)
    start = int(random.uniform(first, max(first, last)))
    return start, min(limit - start, math.ceil(length))


def _anywhere(width: int, height: int, side: float, stretch: float) -> Region:
    """Put a crop of about `side` times the photo's sides at a random place."""
    crop_width = max(1, min(width, round(width * side * stretch)))
    crop_height = max(1, min(height, round(height * side / stretch)))
    x, y = random.randint(0, width - crop_width), random.randint(0, height - crop_height)
    return x, y, crop_width, crop_height
