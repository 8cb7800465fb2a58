"""Convert decoded photos to the input of a network, with NumPy and OpenCV alone.

`logoflow.export` copies this module, so that an exported model sees what `predict` sees.
"""

from collections.abc import Sequence

import cv2
import numpy as np

CUBIC, AREA, LINEAR = cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LINEAR
AUTO_INTERPOLATION = 9
"""MXNet's number for: enlarge by cubic interpolation, shrink by area, and linear for the rest."""

INTERPOLATIONS = (0, 1, 2, 3, 4, AUTO_INTERPOLATION)
"""Numbers of interpolations. Those below 9 are also OpenCV's."""


def resize_to(image: np.ndarray, size: tuple[int, int], interp: int) -> np.ndarray:
    """Resize a photo to a size, whatever its shape.

    Parameters
    ----------
    image : ndarray
        RGB of (height, width, 3), 0 to 255.
    size : (width, height)
        In pixels.
    interp : int
        One of `INTERPOLATIONS`.

    Returns
    -------
    ndarray
        (height, width, 3), float32.

    Examples
    --------
    >>> resize_to(np.zeros((30, 40, 3), np.uint8), (20, 10), AUTO_INTERPOLATION).shape
    (10, 20, 3)
    """
    height, width = image.shape[:2]
    if interp == AUTO_INTERPOLATION:
        enlarges, shrinks = width < size[0] and height < size[1], width > size[0]
        shrinks = shrinks and height > size[1]
        interp = CUBIC if enlarges else AREA if shrinks else LINEAR
    return cv2.resize(image.astype(np.float32), size, interpolation=interp)


def crop_centre(image: np.ndarray, size: tuple[int, int], interp: int) -> np.ndarray:
    """Cut out the centre of a photo. Of a smaller photo, the largest such part is enlarged.

    Parameters
    ----------
    image, size, interp
        See `resize_to`.

    Returns
    -------
    ndarray
        (height, width, 3), of the photo's type, or float32 if it was enlarged.

    Examples
    --------
    >>> crop_centre(np.zeros((300, 400, 3), np.uint8), (224, 224), CUBIC).shape
    (224, 224, 3)
    """
    height, width = image.shape[:2]
    crop_width, crop_height = size
    if height < crop_height:
        crop_width, crop_height = crop_width * height / crop_height, height
    if width < crop_width:
        crop_width, crop_height = width, crop_height * width / crop_width
    crop_width, crop_height = max(1, int(crop_width)), max(1, int(crop_height))
    x, y = int((width - crop_width) / 2), int((height - crop_height) / 2)
    crop = image[y : y + crop_height, x : x + crop_width]
    return crop if (crop_width, crop_height) == size else resize_to(crop, size, interp)


def normalise(image: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """Normalise a photo and put its channels first, one channel after the other.

    Parameters
    ----------
    image : ndarray
        (height, width, 3), 0 to 255.
    mean, std : sequence of float
        Of each channel.

    Returns
    -------
    ndarray
        (3, height, width), float32.

    Examples
    --------
    >>> normalise(np.full((2, 2, 3), 131, np.uint8), [127] * 3, [2] * 3)[0].tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    planes = np.empty((3, *image.shape[:2]), np.float32)
    for channel, plane in enumerate(planes):
        np.subtract(image[..., channel], np.float32(mean[channel]), out=plane, dtype=np.float32)
        plane /= np.float32(std[channel])
    return planes
