"""Compute how much of the logos the Gluon article's centre crop keeps in view."""

from collections.abc import Sequence

import numpy as np

from logoflow.datasets.splits import Photo
from logoflow.images.decode import read_image
from logoflow.loading.augment import IMAGE_SIZE


def center_crop_coverage(photos: Sequence[Photo]) -> np.ndarray:
    """Compute how much of a logo stays in view when the Gluon article crops the centre.

    A photo with several logos counts with the logo of which most stays in view.

    Parameters
    ----------
    photos : sequence of Photo
        Photos without boxes are left out. A photo smaller than the crop is cropped to its short
        side.

    Returns
    -------
    ndarray
        Share of the box's area that stays in view, 0 to 1, for each photo with boxes.

    Raises
    ------
    ImageError, OSError
        If a photo cannot be read, see `logoflow.read_image`.

    Examples
    --------
    >>> import cv2
    >>> cv2.imwrite("logo.png", np.zeros((300, 400, 3), np.uint8))
    True
    >>> center_crop_coverage([Photo("logo.png", "shell", boxes=((0, 0, 400, 300),))])
    array([0.418...])
    """
    shares = []
    for photo in photos:
        if photo.boxes:
            height, width = read_image(photo.path).shape[:2]
            crop = min(IMAGE_SIZE, width, height)
            left, top = (width - crop) / 2, (height - crop) / 2
            shares.append(max(_share_inside(box, left, top, crop) for box in photo.boxes))
    return np.array(shares)


def _share_inside(box: Sequence[float], left: float, top: float, crop: float) -> float:
    """Compute the share of a box's area that lies in a square crop."""
    x, y, width, height = box
    visible_width = min(x + width, left + crop) - max(x, left)
    visible_height = min(y + height, top + crop) - max(y, top)
    return max(0.0, visible_width) * max(0.0, visible_height) / (width * height)
