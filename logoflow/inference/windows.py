"""Looking closer: the whole photo, then overlapping windows of it for logos that are small."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from logoflow.images.decode import load_image

SCALES = ((1.0, 1), (2 / 3, 2), (1 / 2, 3), (1 / 3, 5))
"""A row per number of views: a window's sides as a share of the photo's, and how many windows
lie in a row and in a column. Views 1 look at the first row's windows, views 2 at the first two
rows' and so on, so that the windows of fewer views come first among those of more."""

MATCHED = 5
"""The number of views that has all these windows, and known logos looked for in the photo."""

READ = 6
"""The number of views that has all this, and brands' names read in the photo."""


def window_count(views: int) -> int:
    """Tell how many windows a photo is looked at through.

    Parameters
    ----------
    views : int
        1 to 6, see `windows`.

    Raises
    ------
    ValueError
        For any other number.

    Examples
    --------
    >>> [window_count(views) for views in (1, 2, 3, 4, 5, 6)]
    [1, 5, 14, 39, 39, 39]
    """
    if views not in range(1, READ + 1):
        raise ValueError(f"views is {views!r}, not a whole number of 1 to {READ}.")
    return sum(grid * grid for _, grid in SCALES[:views])


def windows(width: int, height: int, views: int) -> list[tuple[int, int, int, int]]:
    """Lay windows of a photo's own shape over it: the whole photo, then smaller and smaller ones.

    Parameters
    ----------
    width, height : int
        The photo's size, pixels; at least 1.
    views : int
        Trades speed for small logos, each step adding windows to those before:

        1. the whole photo, 1 window;
        2. and windows of 2/3 of its sides on a grid of 2 x 2, 5 in all;
        3. and of 1/2 on 3 x 3, 14 in all;
        4. and of 1/3 on 5 x 5, 39 in all;
        5. the same 39, and known logos are looked for (`logoflow.inference.matching`);
        6. the same, with or without known logos, and brands' names are read
           (`logoflow.inference.ocr`).

    Returns
    -------
    list of (x, y, width, height)
        Pixels, all inside the photo; `window_count` of them however small the photo is.

    Raises
    ------
    ValueError
        For another number of views, or a photo without pixels.

    Examples
    --------
    >>> windows(300, 150, 2)[:3]
    [(0, 0, 300, 150), (0, 0, 200, 100), (100, 0, 200, 100)]
    """
    window_count(views)
    if width < 1 or height < 1:
        raise ValueError(f"A photo of {width} x {height} pixels has no windows.")
    found = []
    for share, grid in SCALES[:views]:
        across, down = _intervals(width, share, grid), _intervals(height, share, grid)
        found += [(x, y, w, h) for y, h in down for x, w in across]
    return found


def _intervals(length: int, share: float, count: int) -> list[tuple[int, int]]:
    """Spread intervals of a share of `length` evenly from end to end: (start, length) of each."""
    size = max(1, round(length * share))
    gaps = max(1, count - 1)
    return [(round(number * (length - size) / gaps), size) for number in range(count)]


def look(
    images: object, views: int, net: Callable[[list], np.ndarray], batch_size: int
) -> Iterator[np.ndarray]:
    """Pass pictures' windows through a net and give each picture's logits as they come.

    Parameters
    ----------
    images : picture or iterable of pictures
        Whatever `logoflow.load_image` takes.
    views : int
        1 to 6, see `windows`.
    net : callable
        Takes a list of windows, uint8 (height, width, 3) of RGB, gives their logits
        (windows, classes).
    batch_size : int
        Windows per call of `net`, of whatever pictures come next: all calls but the last have
        as many, which compiled graphs like, and memory does not grow with the pictures.

    Yields
    ------
    ndarray
        (windows, classes), per picture.

    Raises
    ------
    ImageError
        If a picture cannot be decoded; it names which.
    ValueError
        For another number of views.
    """
    count, waiting, crops = window_count(views), [], _crops(as_pictures(images), views)
    while batch := list(islice(crops, batch_size)):
        waiting += [*net(batch)]
        while len(waiting) >= count:
            yield np.stack(waiting[:count])
            waiting = waiting[count:]


def as_pictures(images: Any) -> Iterable:
    """Give one picture, or an iterable of pictures, as an iterable."""
    if isinstance(images, str | Path | bytes) or getattr(images, "ndim", 0) == 3:
        return [images]
    return images


def _crops(images: Iterable, views: int) -> Iterator[np.ndarray]:
    for image in images:
        pixels = load_image(image)
        for x, y, width, height in windows(pixels.shape[1], pixels.shape[0], views):
            yield pixels[y : y + height, x : x + width]
