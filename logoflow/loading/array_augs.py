"""MXNet's flips and crops on plain arrays: they move bytes and compute nothing."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.image import scale_down

ArrayAug = Callable[[np.ndarray], np.ndarray]


def on_arrays(aug: Any, image: np.ndarray) -> ArrayAug | None:
    """Find what does to an array what an augmenter does to an NDArray.

    Parameters
    ----------
    aug : callable
        An augmenter of MXNet's or ours, or a `functools.partial` of one.
    image : ndarray
        (height, width, 3), what it would get.

    Returns
    -------
    callable or None
        With the same draws of Python's `random` and the same pixels; None where there is nothing
        but the augmenter itself.
    """
    whole: Any = aug.func if isinstance(aug, partial) else aug
    if getattr(whole, "takes_arrays", False):
        return aug
    if type(whole) is mx.image.HorizontalFlipAug:
        return partial(_flip, probability=whole.p)
    fits = {mx.image.RandomCropAug: _random_crop, mx.image.CenterCropAug: _center_crop}
    if type(whole) not in fits or not _is_inside(whole.size, image):
        return None
    return partial(fits[type(whole)], size=whole.size)


def _is_inside(size: tuple[int, int], image: np.ndarray) -> bool:
    """Whether a crop of (width, height) need not be enlarged."""
    return tuple(scale_down(image.shape[1::-1], size)) == tuple(size)


def _flip(image: np.ndarray, probability: float) -> np.ndarray:
    return image[:, ::-1] if random.random() < probability else image


def _random_crop(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    x = random.randint(0, image.shape[1] - width)
    y = random.randint(0, image.shape[0] - height)
    return image[y : y + height, x : x + width]


def _center_crop(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    x, y = int((image.shape[1] - width) / 2), int((image.shape[0] - height) / 2)
    return image[y : y + height, x : x + width]
