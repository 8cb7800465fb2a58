"""Boxes in an image: the overlap of two boxes, and a region resized to a square."""

from collections.abc import Sequence

import cv2
import numpy as np

Region = tuple[int, int, int, int]


def overlap(box: Sequence[float], crop: Sequence[float]) -> float:
    """Compute the area that two boxes share, as a share of the smaller box.

    Parameters
    ----------
    box, crop : sequence of float
        ``(x, y, width, height)``, in the same unit.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> overlap((0, 0, 10, 10), (5, 0, 100, 100))
    0.5
    """
    shared_width = min(box[0] + box[2], crop[0] + crop[2]) - max(box[0], crop[0])
    shared_height = min(box[1] + box[3], crop[1] + crop[3]) - max(box[1], crop[1])
    shared_area = max(0.0, shared_width) * max(0.0, shared_height)
    return shared_area / min(box[2] * box[3], crop[2] * crop[3])


def shared_areas(box: Sequence[float], boxes: np.ndarray) -> np.ndarray:
    """Compute the area that a box shares with each of many boxes.

    Parameters
    ----------
    box : (x, y, width, height)
    boxes : ndarray
        (boxes, 4), each (x, y, width, height), in the same unit.

    Returns
    -------
    ndarray
        (boxes,), in the square of the unit.

    Examples
    --------
    >>> shared_areas((0, 0, 10, 10), np.array([[5, 0, 100, 100], [20, 0, 5, 5]]))
    array([50,  0])
    """
    x, y, width, height = box
    left, top, widths, heights = boxes.T
    shared_widths = np.minimum(x + width, left + widths) - np.maximum(x, left)
    shared_heights = np.minimum(y + height, top + heights) - np.maximum(y, top)
    return np.maximum(0, shared_widths) * np.maximum(0, shared_heights)


def overlaps(box: Sequence[float], boxes: np.ndarray) -> np.ndarray:
    """Compute `overlap` of a box with each of many boxes, (boxes,).

    Parameters
    ----------
    box : (x, y, width, height)
    boxes : ndarray
        (boxes, 4), in the same unit.

    Examples
    --------
    >>> overlaps((0, 0, 10, 10), np.array([[5, 0, 100, 100], [20, 0, 5, 5]]))
    array([0.5, 0. ])
    """
    return shared_areas(box, boxes) / np.minimum(box[2] * box[3], boxes[:, 2] * boxes[:, 3])


def intersections_over_unions(box: Sequence[float], boxes: np.ndarray) -> np.ndarray:
    """Compute the shared area of a box and each of many boxes, as a share of their union.

    Parameters
    ----------
    box : (x, y, width, height)
    boxes : ndarray
        (boxes, 4), in the same unit.

    Returns
    -------
    ndarray
        (boxes,), 0 to 1.

    Examples
    --------
    >>> intersections_over_unions((0, 0, 10, 10), np.array([[0, 0, 10, 20], [20, 0, 5, 5]]))
    array([0.5, 0. ])
    """
    shared = shared_areas(box, boxes)
    return shared / (box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - shared)


def resize_region(image: np.ndarray, region: Region, size: int) -> np.ndarray:
    """Cut a region out of an image and resize it to a square.

    Parameters
    ----------
    image : ndarray
        (height, width, 3).
    region : (x, y, width, height)
        Pixels, inside the image.
    size : int
        Side of the square, in pixels.

    Returns
    -------
    ndarray
        (size, size, 3), of the type of `image`. Shrinking averages the pixels, enlarging
        interpolates them linearly.

    Examples
    --------
    >>> image = np.zeros((48, 64, 3), np.uint8)
    >>> resize_region(image, (8, 8, 32, 24), 16).shape
    (16, 16, 3)
    """
    x, y, width, height = region
    shrinks = width * height > size * size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    part = np.ascontiguousarray(image[y : y + height, x : x + width])
    return cv2.resize(part, (size, size), interpolation=interpolation)
