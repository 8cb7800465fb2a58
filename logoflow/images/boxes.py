"""Rectangles in a picture: how much two overlap, and a region cut out at a given size."""

from collections.abc import Sequence

import cv2
import numpy as np

Region = tuple[int, int, int, int]


def overlap(box: Sequence[float], crop: Sequence[float]) -> float:
    """Area that a box and a crop share, as a part of the smaller one's area: 0 to 1.

    Both are ``(x, y, width, height)``.
    """
    across = min(box[0] + box[2], crop[0] + crop[2]) - max(box[0], crop[0])
    down = min(box[1] + box[3], crop[1] + crop[3]) - max(box[1], crop[1])
    return max(0.0, across) * max(0.0, down) / min(box[2] * box[3], crop[2] * crop[3])


def resize_region(image: np.ndarray, region: Region, size: int) -> np.ndarray:
    """Cut a region out of a picture and bring it to a square.

    Parameters
    ----------
    image : ndarray
        (height, width, 3).
    region : (x, y, width, height)
        Pixels, inside the picture.
    size : int
        Side of the square, pixels.

    Returns
    -------
    ndarray
        (size, size, 3), of the picture's type: averaged where it shrinks, linear where it grows.
    """
    x, y, width, height = region
    shrinks = width * height > size * size
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    part = np.ascontiguousarray(image[y : y + height, x : x + width])
    return cv2.resize(part, (size, size), interpolation=kind)
