"""Figures from arrays and frames: pictures, curves, confusion, the workflow.

Every function that draws takes a `caption` and an `alt` text. With a caption, a notebook gets the
picture, its alternative text for readers who cannot see it, and the caption below.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import matplotlib.pyplot as plt
import numpy as np

from logoflow.plots.figures import show_figure


def show_images(
    imgs: Sequence,
    nrows: int,
    ncols: int,
    figsize: tuple[float, float] | None = None,
    *,
    titles: Sequence[str] | None = None,
    caption: str = "",
    alt: str = "",
) -> None:
    """Show pictures in a grid.

    Parameters
    ----------
    imgs : sequence of array
        NDArray or ndarray, each (height, width, 3); float pictures are on 0 to 1, integer ones
        on 0 to 255. Those beyond ``nrows * ncols`` are left out.
    nrows, ncols : int
        Shape of the grid.
    figsize : (width, height), optional
        Inches; by default 2 by 2 a picture.
    titles : sequence of str, optional
        One a picture.
    caption, alt : str
        See `show_figure`.

    Examples
    --------
    >>> show_images([photo / 255 for photo in photos], 2, 5)
    """
    figsize = figsize or (2 * ncols, 2 * nrows)
    figure, axes = plt.subplots(nrows, ncols, figsize=figsize, squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for i, (axis, img) in enumerate(zip(axes.flat, imgs, strict=False)):
        picture = img.asnumpy() if hasattr(img, "asnumpy") else np.asarray(img)
        if picture.dtype.kind == "f":
            picture = picture.clip(0, 1)
        axis.imshow(picture)
        if titles is not None:
            axis.set_title(titles[i], fontsize=9)
    show_figure(figure, caption, alt, photos=True)


def draw_boxes(img: np.ndarray, boxes: Sequence[Sequence[float]]) -> np.ndarray:
    """Give a copy of a photo with its logo boxes framed.

    Parameters
    ----------
    img : ndarray
        (height, width, 3), RGB, uint8.
    boxes : sequence of (x, y, width, height)
        Pixels.

    Returns
    -------
    ndarray
        As `img`.
    """
    img = img.copy()
    thickness = max(2, round(max(img.shape) / 120))
    for x, y, width, height in boxes:
        corners = (round(x), round(y)), (round(x + width), round(y + height))
        cv2.rectangle(img, *corners, (0, 230, 80), thickness)
    return img


def to_pictures(data: Any, mean_std: tuple | None = None) -> np.ndarray:
    """Turn a batch back into pictures that can be shown.

    Parameters
    ----------
    data : NDArray or ndarray
        (batch, 3, height, width), as a DataLoader gives.
    mean_std : (mean, std), optional
        The normalisation to undo, on 0 to 255 RGB.

    Returns
    -------
    ndarray
        (batch, height, width, 3), values 0 to 1.
    """
    data = data.asnumpy() if hasattr(data, "asnumpy") else np.asarray(data)
    pictures = data.transpose(0, 2, 3, 1)
    if mean_std is not None:
        mean, std = (np.asarray(values, dtype=np.float32) for values in mean_std)
        pictures = pictures * std + mean
    return (pictures / 255).clip(0, 1)
