"""Read a photo for training, and shrink it if it is larger than training needs."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from logoflow.images.decode import decode_image, image_size


class ShrunkSize(NamedTuple):
    """Size of a photo after shrinking, and the factor from its original size, at most 1."""

    height: int
    width: int
    scale: float


def read_photo(path: Path | str, max_short_side: int | None = None) -> tuple[np.ndarray, float]:
    """Read a photo, and shrink it if it is larger than training needs.

    Parameters
    ----------
    path : Path or str
        Picture file.
    max_short_side : int, optional
        Photos with a longer short side, in pixels, are shrunk to it. None: full size.

    Returns
    -------
    photo : ndarray of uint8
        RGB photo of shape (height, width, 3).
    scale : float
        Factor by which the sides were multiplied, at most 1.

    Raises
    ------
    ImageError, OSError
        If the photo cannot be read, see `logoflow.read_image`.

    Examples
    --------
    >>> cv2.imwrite("photo.png", np.zeros((300, 600, 3), np.uint8))
    True
    >>> photo, scale = read_photo("photo.png", max_short_side=100)
    >>> photo.shape
    (100, 200, 3)
    """
    content = Path(path).read_bytes()
    shrunk = shrunk_size(image_size(content, source=str(path)), max_short_side)
    min_side = None if shrunk.scale == 1 else max_short_side
    photo = decode_image(content, source=str(path), min_side=min_side)
    if photo.shape[:2] != (shrunk.height, shrunk.width):
        size = shrunk.width, shrunk.height
        photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return photo, shrunk.scale


def shrunk_size(size: tuple[int, int], max_short_side: int | None) -> ShrunkSize:
    """Compute the size of a photo of (width, height) after shrinking."""
    width, height = size
    if max_short_side is None or min(size) <= max_short_side:
        return ShrunkSize(height, width, 1.0)
    scale = max_short_side / min(size)
    return ShrunkSize(round(height * scale), round(width * scale), scale)
