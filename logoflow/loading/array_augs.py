"""Array versions of some of MXNet's augmenters. They give the same values in less time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.image import scale_down

from logoflow.images.network_input import INTERPOLATIONS, crop_centre, normalise, resize_to
from logoflow.utils.draws import draws

ArrayAug = Callable[[np.ndarray], np.ndarray]

DRAW_NOTHING = (
    mx.image.CenterCropAug,
    mx.image.CastAug,
    mx.image.ColorNormalizeAug,
    mx.image.ForceResizeAug,
    mx.image.ResizeAug,
)
"""Augmenters of MXNet without random numbers."""


def array_version(aug: Any, image: np.ndarray) -> ArrayAug | None:
    """Find a function that does to arrays what an augmenter does to NDArrays.

    Parameters
    ----------
    aug : callable
        An augmenter of MXNet or logoflow, or a `functools.partial` of one.
    image : ndarray
        The photo to augment, of shape (height, width, 3).

    Returns
    -------
    callable or None
        It draws the same numbers (`logoflow.utils.draws`) and gives the same pixels; where it
        enlarges, up to rounding. None if the augmenter has no array version for this photo.

    Examples
    --------
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> array_version(mx.image.CenterCropAug((224, 224)), photo)(photo).shape
    (224, 224, 3)
    >>> array_version(mx.image.ResizeAug(224), photo) is None
    True
    """
    augmenter: Any = aug.func if isinstance(aug, partial) else aug
    if getattr(augmenter, "takes_arrays", False):
        return aug
    if type(augmenter) is mx.image.HorizontalFlipAug:
        return partial(_flip, probability=augmenter.p)
    if type(augmenter) is mx.image.RandomCropAug and _fits_inside(augmenter.size, image):
        return partial(_random_crop, size=augmenter.size)
    to_size = {mx.image.CenterCropAug: crop_centre, mx.image.ForceResizeAug: resize_to}
    if type(augmenter) in to_size and augmenter.interp in INTERPOLATIONS:
        resize = to_size[type(augmenter)]
        return partial(resize, size=tuple(augmenter.size), interp=augmenter.interp)
    return None


def draws_from_photo(aug: Any) -> bool:
    """Tell whether an augmenter draws from the generator of the photo, or draws nothing.

    Parameters
    ----------
    aug : callable

    Returns
    -------
    bool
        False if it may draw from Python's `random`, as augmenters of other packages do.

    Examples
    --------
    >>> draws_from_photo(mx.image.CenterCropAug((224, 224)))
    True
    >>> draws_from_photo(mx.image.RandomCropAug((224, 224)))
    False
    """
    return getattr(aug, "takes_arrays", False) or type(aug) in DRAW_NOTHING


def normalise_channels(image: np.ndarray, aug: mx.image.ColorNormalizeAug) -> np.ndarray:
    """Normalise a photo and put its channels first, one channel after the other.

    Parameters
    ----------
    image : ndarray
        Photo of shape (height, width, 3), 0 to 255.
    aug : ColorNormalizeAug
        It holds the mean and the standard deviation of each channel.

    Returns
    -------
    ndarray
        (3, height, width), float32.

    Examples
    --------
    >>> aug = mx.image.ColorNormalizeAug(mx.nd.array([127, 127, 127]), mx.nd.array([2, 2, 2]))
    >>> normalise_channels(np.full((2, 2, 3), 131, np.uint8), aug)[0].tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    return normalise(image, aug.mean.asnumpy(), aug.std.asnumpy())


def _fits_inside(size: tuple[int, int], image: np.ndarray) -> bool:
    """Tell whether a crop of (width, height) fits into a photo."""
    return tuple(scale_down(image.shape[1::-1], size)) == tuple(size)


def _flip(image: np.ndarray, probability: float) -> np.ndarray:
    return image[:, ::-1] if draws().random() < probability else image


def _random_crop(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    x = draws().randint(0, image.shape[1] - width)
    y = draws().randint(0, image.shape[0] - height)
    return image[y : y + height, x : x + width]
