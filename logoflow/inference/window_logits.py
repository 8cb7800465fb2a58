"""Pass the windows of photos through a network."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from logoflow.images.decode import load_image
from logoflow.inference.levels import layout_named
from logoflow.inference.windows import windows


def iter_window_logits(
    images: Iterable, layout: str, net: Callable[[list], np.ndarray], batch_size: int = 32
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
