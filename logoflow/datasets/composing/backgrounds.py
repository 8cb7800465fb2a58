"""What is behind a composed logo: pieces of photos, or drawn backgrounds if there are no photos."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from logoflow.images.decode import decode_image


def cut_background(
    rng: np.random.Generator, photos: Sequence[Path | str], width: int, height: int
) -> np.ndarray:
    """Cut a piece out of one of several photos, or draw a background if there are none.

    Parameters
    ----------
    rng : Generator
    photos : sequence of Path or str
        Photos without logos. May be empty.
    width, height : int
        Size in pixels.

    Returns
    -------
    ndarray
        (height, width, 3), float32, 0 to 255.

    Raises
    ------
    ImageError, OSError
        If a photo cannot be read.

    Examples
    --------
    >>> cut_background(np.random.default_rng(0), [], 64, 48).shape
    (48, 64, 3)
    """
    if not len(photos):
        return draw_background(rng, width, height)
    path = Path(photos[rng.integers(len(photos))])
    photo = decode_image(path.read_bytes(), source=str(path), min_side=2 * max(width, height))
    shape = np.array(photo.shape[:2])
    largest = min(shape / [height, width])
    scale = largest * rng.uniform(0.5, 1)
    rows, columns = (max(1, int(scale * side)) for side in (height, width))
    top, left = (int(rng.integers(side)) for side in shape - [rows, columns] + 1)
    piece = photo[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return cv2.resize(piece, (width, height), interpolation=method).astype(np.float32)


def draw_background(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a background: soft patches of colour at several sizes, and edges of a few objects.

    Parameters
    ----------
    rng : Generator
    width, height : int
        Size in pixels.

    Returns
    -------
    ndarray
        (height, width, 3), float32, 0 to 255.

    Examples
    --------
    >>> draw_background(np.random.default_rng(0), 64, 48).dtype
    dtype('float32')
    """
    finest = 40
    patches = np.full((finest, finest, 3), rng.uniform(20, 235, 3), np.float32)
    for cells in (2, 5, 13, finest):
        strength = rng.uniform(0, 45) * (8 / (cells + 6))
        grey, colour = rng.normal(size=(cells, cells, 1)), rng.normal(size=(cells, cells, 3))
        patch = (strength * (grey + 0.4 * colour)).astype(np.float32)
        patches += cv2.resize(patch, (finest, finest), interpolation=cv2.INTER_CUBIC)
    picture = cv2.resize(patches, (width, height), interpolation=cv2.INTER_LINEAR)
    for _ in range(rng.integers(0, 5)):
        points = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 6)), 2)) * [width, height]
        cv2.fillPoly(picture, [points.astype(np.int32)], rng.uniform(10, 245, 3).tolist())
    return np.clip(picture, 0, 255)


def mean_colour(picture: np.ndarray) -> np.ndarray:
    """Return the mean colour of a picture, (3,), RGB of 0 to 255."""
    return np.array(cv2.mean(picture)[:3])
