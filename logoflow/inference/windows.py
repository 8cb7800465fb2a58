"""Windows: overlapping parts of a photo, in which a small logo looks larger to the network."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from logoflow.images.decode import load_image
from logoflow.inference.levels import Grid, layout_named


def windows(width: int, height: int, layout: str) -> list[tuple[int, int, int, int]]:
    """Lay windows of a photo's own shape over it, from the whole photo to the smallest windows.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels, at least 1.
    layout : str
        A window layout by name (`logoflow.inference.levels.LAYOUTS`).

    Returns
    -------
    list of (x, y, width, height)
        In pixels. All windows lie inside the photo. A layout has the same number of windows for
        every photo, however small.

    Raises
    ------
    ValueError
        If there is no such layout, or the photo has no pixels.

    Examples
    --------
    >>> windows(300, 150, "few-windows")[:3]
    [(0, 0, 300, 150), (0, 0, 200, 100), (100, 0, 200, 100)]
    """
    if width < 1 or height < 1:
        raise ValueError(f"A photo of {width} x {height} pixels has no windows.")
    return [
        window for grid in layout_named(layout).grids for window in _on_grid(width, height, grid)
    ]


def _on_grid(width: int, height: int, grid: Grid) -> Iterator[tuple[int, int, int, int]]:
    """Windows of one size, row by row."""
    columns, rows = _intervals(width, grid), _intervals(height, grid)
    for y, window_height in rows:
        for x, window_width in columns:
            yield x, y, window_width, window_height


def _intervals(length: int, grid: Grid) -> list[tuple[int, int]]:
    """Spread intervals evenly from one end of a photo to the other: (start, length) of each."""
    size = max(1, round(length * grid.share))
    gaps = max(1, grid.count - 1)
    return [(round(number * (length - size) / gaps), size) for number in range(grid.count)]


def iter_window_logits(
    images: Iterable, layout: str, net: Callable[[list], np.ndarray], batch_size: int
) -> Iterator[np.ndarray]:
    """Pass the windows of pictures through a network, and yield the logits of each picture.

    Parameters
    ----------
    images : iterable of pictures
        What `logoflow.images.decode.load_image` takes.
    layout : str
        A window layout by name.
    net : callable
        Takes a list of windows, each uint8 RGB (height, width, 3). Returns their logits,
        (windows, classes).
    batch_size : int
        Windows per call of `net`. A batch may hold windows of several pictures, so that all
        batches but the last have the size that the graph was compiled for. Memory does not grow
        with the number of pictures.

    Yields
    ------
    ndarray
        (windows, classes), for each picture.

    Raises
    ------
    ImageError
        If a picture cannot be decoded. The message names the picture.
    ValueError
        If there is no such layout.

    Examples
    --------
    >>> def brightness(batch):
    ...     return np.array([[window.mean()] for window in batch])
    >>> grey = np.full((90, 90, 3), 100, np.uint8)
    >>> [logits.shape for logits in iter_window_logits([grey, grey], "windows", brightness, 8)]
    [(14, 1), (14, 1)]
    """
    window_count = layout_named(layout).window_count
    crops = _crops(images, layout)
    pending: list[np.ndarray] = []  # logits of a picture whose other windows are in later batches
    while batch := list(islice(crops, batch_size)):
        pending += [*net(batch)]
        while len(pending) >= window_count:
            yield np.stack(pending[:window_count])
            pending = pending[window_count:]


def _crops(images: Iterable, layout: str) -> Iterator[np.ndarray]:
    """Yield the pixels of all windows of all pictures."""
    for image in images:
        pixels = load_image(image)
        for x, y, width, height in windows(pixels.shape[1], pixels.shape[0], layout):
            yield pixels[y : y + height, x : x + width]
