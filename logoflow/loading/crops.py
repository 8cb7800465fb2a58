"""Random crops of training photos: around a logo, background only, or most of the photo.

Boxes and crops are ``(x, y, width, height)`` in pixels. All draws come from
`logoflow.utils.draws`.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from mxnet.image import Augmenter

from logoflow.images.boxes import Region, overlap, resize_region
from logoflow.utils.draws import draws

BACKGROUND_TRIES = 20
"""Random places that `crop_background` tries."""

MIN_BACKGROUND_SIDE = 0.15
"""Smallest background crop, as a share of the sides of the photo."""

MAX_LOGO_OVERLAP = 0.1
"""Background crops overlap every logo box by less than this share (`logoflow.images.boxes`)."""


class LogoCropAug(Augmenter):
    """Crop a photo so that a logo stays in view, and resize the crop to a square.

    The crop ranges from tight around the logo to the whole photo.

    Parameters
    ----------
    size : int
        Side of the resulting square, in pixels.
    margin : float
        Sides of the tightest crop, as a multiple of the sides of the logo's box.
    min_area : float
        Smallest crop of a photo without boxes, as a share of the photo's area. A smaller crop
        could miss the logo.

    Examples
    --------
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> LogoCropAug(160)(photo, boxes=[(50, 60, 40, 30)]).shape
    (160, 160, 3)
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
        """Crop a photo.

        Parameters
        ----------
        src : ndarray
            Photo of shape (height, width, 3).
        boxes : sequence of (x, y, width, height)
            Logo boxes in pixels. The crop is drawn around one of them.
        region : (x, y, width, height), optional
            The crop itself, in pixels. It takes precedence over `boxes`.

        Returns
        -------
        ndarray
            Crop of shape (size, size, 3).
        """
        height, width = src.shape[:2]
        if region is None and boxes:
            region = crop_around(draws().choice(boxes), width, height, margin=self.margin)
        elif region is None:
            region = crop_anywhere(width, height, min_area=self.min_area)
        return resize_region(src, region, self.size)


def crop_around(box: Sequence[float], width: int, height: int, *, margin: float = 1.15) -> Region:
    """Draw a crop that contains a box. Its size is log-uniform from tight to the whole photo.

    The crop has nearly the shape of the photo. Resizing it to a square therefore distorts the logo
    as much as validation, which resizes the whole photo, does.

    Parameters
    ----------
    box : (x, y, width, height)
        Logo box in pixels. Parts outside the photo are ignored.
    width, height : int
        Size of the photo in pixels.
    margin : float
        Sides of the tightest crop, as a multiple of the sides of the box.

    Returns
    -------
    (x, y, width, height) : tuple of int
        Crop inside the photo, in pixels.

    Examples
    --------
    >>> x, y, width, height = crop_around((50, 60, 40, 30), 400, 300)
    >>> x <= 50 and x + width >= 90
    True
    """
    left, right = max(0.0, box[0]), min(float(width), box[0] + box[2])
    top, bottom = max(0.0, box[1]), min(float(height), box[1] + box[3])
    tightest_share = max(margin * (right - left) / width, margin * (bottom - top) / height, 1e-3)
    share, stretch = _log_uniform(min(1.0, tightest_share)), _stretch(0.15)
    x, crop_width = _interval_around(left, right, share * width * stretch, width)
    y, crop_height = _interval_around(top, bottom, share * height / stretch, height)
    return x, y, crop_width, crop_height


def crop_anywhere(width: int, height: int, *, min_area: float) -> Region:
    """Draw a large crop at a random place, in nearly the shape of the photo.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels.
    min_area : float
        Smallest area of the crop, as a share of the photo's area.

    Returns
    -------
    (x, y, width, height) : tuple of int
        Crop inside the photo, in pixels.

    Examples
    --------
    >>> x, y, width, height = crop_anywhere(400, 300, min_area=0.5)
    >>> 0 <= x <= x + width <= 400
    True
    """
    share = math.sqrt(draws().uniform(min_area, 1.0))
    return _random_place(width, height, share, _stretch(0.1))


def crop_background(boxes: Sequence[Sequence[float]], width: int, height: int) -> Region | None:
    """Draw a crop that shows the background of a photo and no logo.

    The sides of the crop are 0.15 to 1 times those of the photo, log-uniform. The area
    that the crop shares with a box is less than a tenth of the smaller of the two.

    Parameters
    ----------
    boxes : sequence of (x, y, width, height)
        Boxes of all known logos, in pixels.
    width, height : int
        Size of the photo in pixels.

    Returns
    -------
    (x, y, width, height) or None
        Crop in pixels, or None if 20 random places all show a logo.

    Examples
    --------
    >>> crop_background([(0, 0, 400, 300)], 400, 300) is None
    True
    """
    for _ in range(BACKGROUND_TRIES):
        share, stretch = _log_uniform(MIN_BACKGROUND_SIDE), _stretch(0.15)
        crop = _random_place(width, height, share, stretch)
        if all(overlap(box, crop) < MAX_LOGO_OVERLAP for box in boxes):
            return crop
    return None


def crop_no_logo_photo(
    hard_negatives: Sequence[Sequence[float]], width: int, height: int
) -> Region | None:
    """Draw a crop of a photo without logos.

    Parameters
    ----------
    hard_negatives : sequence of (x, y, width, height)
        Places that a network took for a logo in pixels
        (`logoflow.training.hard_negatives.hard_negatives`).
    width, height : int
        Size of the photo in pixels.

    Returns
    -------
    (x, y, width, height) or None
        Crop at any place, in pixels. If there are hard negatives, half of the calls return None,
        and `LogoCropAug` then draws the crop around a hard negative.

    Examples
    --------
    >>> x, y, width, height = crop_no_logo_photo([], 640, 480)
    """
    if hard_negatives and draws().random() >= 0.5:
        return None
    return crop_background((), width, height)


def bind_crops(
    augs: Sequence[Callable], boxes: Sequence[Sequence[float]], region: Region | None
) -> list[Callable]:
    """Bind the boxes and the crop of one photo to each `LogoCropAug` in a list of augmenters.

    Parameters
    ----------
    augs : sequence of callable
        Augmenters for `logoflow.transform`. All but `LogoCropAug` stay as they are.
    boxes : sequence of (x, y, width, height)
        Logo boxes of the photo, in pixels.
    region : (x, y, width, height) or None
        The crop, or None to let `LogoCropAug` draw it.

    Returns
    -------
    list of callable
        Augmenters for this photo.

    Examples
    --------
    >>> from logoflow.loading.augment import transform
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> data, label = transform(photo, 3, bind_crops([LogoCropAug()], [(10, 20, 64, 64)], None))
    >>> data.shape
    (3, 224, 224)
    """
    return [
        partial(aug, boxes=boxes, region=region) if isinstance(aug, LogoCropAug) else aug
        for aug in augs
    ]


def _log_uniform(lowest: float) -> float:
    """Draw a number from `lowest` to 1 whose logarithm is uniform."""
    return math.exp(draws().uniform(math.log(lowest), 0.0))


def _stretch(strength: float) -> float:
    """Draw a factor around 1, for the width of a crop; its height is divided by the factor."""
    return math.exp(draws().uniform(-strength, strength))


def _interval_around(low: float, high: float, length: float, limit: int) -> tuple[int, int]:
    """Draw an interval of `length` in [0, limit] that contains [low, high]: (start, length)."""
    length = min(float(limit), max(length, high - low, 1.0))
    earliest, latest = max(0.0, high - length), min(low, limit - length)
    start = int(draws().uniform(earliest, max(earliest, latest)))
    return start, min(limit - start, math.ceil(length))


def _random_place(width: int, height: int, share: float, stretch: float) -> Region:
    """Draw a place for a crop whose sides are about `share` times those of the photo."""
    crop_width = max(1, min(width, round(width * share * stretch)))
    crop_height = max(1, min(height, round(height * share / stretch)))
    x, y = draws().randint(0, width - crop_width), draws().randint(0, height - crop_height)
    return x, y, crop_width, crop_height
