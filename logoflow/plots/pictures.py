"""Show photos in a grid, draw boxes into photos, and convert batches to pictures."""

from collections.abc import Sequence
from typing import Any

import cv2
import matplotlib.pyplot as plt
import numpy as np

from logoflow.plots.figures import SMALL_TEXT, as_array, show_figure


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
        NDArrays or ndarrays of shape (height, width, 3). Floats range from 0 to 1, integers from
        0 to 255. Pictures after the first ``nrows * ncols`` are left out.
    nrows, ncols : int
        Rows and columns of the grid.
    figsize : (width, height), optional
        Size in inches. Default: 2 by 2 inches per picture.
    titles : sequence of str, optional
        Title of each picture.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> photos = [np.zeros((60, 80, 3), np.uint8)] * 10
    >>> show_images(photos, 2, 5, caption="Ten black photos.")
    """
    figsize = figsize or (2 * ncols, 2 * nrows)
    figure, axes = plt.subplots(nrows, ncols, figsize=figsize, squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for i, (axis, img) in enumerate(zip(axes.flat, imgs, strict=False)):
        picture = as_array(img)
        if picture.dtype.kind == "f":
            picture = picture.clip(0, 1)
        axis.imshow(picture)
        if titles is not None:
            axis.set_title(titles[i], fontsize=SMALL_TEXT)
    show_figure(figure, caption, alt, photos=True)


def draw_boxes(img: np.ndarray, boxes: Sequence[Sequence[float]]) -> np.ndarray:
    """Draw logo boxes into a copy of a photo.

    Parameters
    ----------
    img : ndarray
        RGB photo of shape (height, width, 3), uint8.
    boxes : sequence of (x, y, width, height)
        Boxes in pixels.

    Returns
    -------
    ndarray
        Copy of the photo with green frames.

    Examples
    --------
    >>> photo = np.zeros((60, 80, 3), np.uint8)
    >>> draw_boxes(photo, [(10, 10, 20, 30)])[10, 10].tolist()
    [0, 230, 80]
    """
    img = img.copy()
    thickness = max(2, round(max(img.shape) / 120))
    for x, y, width, height in boxes:
        corners = (round(x), round(y)), (round(x + width), round(y + height))
        cv2.rectangle(img, *corners, (0, 230, 80), thickness)
    return img


def overlay_heatmap(img: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay a heat map over a photo.

    Parameters
    ----------
    img : ndarray
        RGB photo of shape (height, width, 3), uint8.
    heat : ndarray
        (height, width), 0 to 1 (`logoflow.heatmap`).

    Returns
    -------
    ndarray
        Copy of the photo. Its cold parts are dark, its hot parts are tinted yellow.

    Examples
    --------
    >>> photo, heat = np.full((2, 2, 3), 100, np.uint8), np.array([[0, 0], [0, 1.0]])
    >>> overlay_heatmap(photo, heat)[:, :, 0].tolist()
    [[32, 32], [32, 183]]
    """
    colours = plt.get_cmap("inferno")(np.clip(heat, 0, 1))[:, :, :3] * 255
    strength = 0.35 + 0.2 * np.clip(heat, 0, 1)[:, :, None]
    mixed = img * (1 - strength) * np.clip(heat + 0.5, 0, 1)[:, :, None] + colours * strength
    return mixed.clip(0, 255).astype(np.uint8)


def show_heatmaps(
    imgs: Sequence[np.ndarray],
    heats: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Show photos, each beside its heat map, two in a row.

    Parameters
    ----------
    imgs : sequence of ndarray
        RGB photos of shape (height, width, 3), uint8.
    heats : sequence of ndarray
        (height, width) of each photo, 0 to 1 (`logoflow.heatmap`).
    titles : sequence of str
        Title of each photo.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> photo = np.full((60, 80, 3), 100, np.uint8)
    >>> show_heatmaps([photo], [np.zeros((60, 80))], ["bmw"])
    """
    shown, names = [], []
    for photo, heat, title in zip(imgs, heats, titles, strict=True):
        shown += [photo, overlay_heatmap(photo, heat)]
        names += [title, "heat map"]
    rows = -(-len(imgs) // 2)
    show_images(shown, rows, 4, titles=names, caption=caption, alt=alt)


def to_pictures(data: Any, mean_std: tuple | None = None) -> np.ndarray:
    """Convert a batch back to pictures that `show_images` can show.

    Parameters
    ----------
    data : NDArray or ndarray
        Batch of a DataLoader, of shape (batch, 3, height, width).
    mean_std : (mean, std), optional
        Normalisation to undo, for RGB from 0 to 255.

    Returns
    -------
    ndarray
        Pictures of shape (batch, height, width, 3), values from 0 to 1.

    Examples
    --------
    >>> to_pictures(np.full((1, 3, 8, 6), 255.0)).shape
    (1, 8, 6, 3)
    """
    pictures = as_array(data).transpose(0, 2, 3, 1)
    if mean_std is not None:
        mean, std = (np.asarray(values, dtype=np.float32) for values in mean_std)
        pictures = pictures * std + mean
    return (pictures / 255).clip(0, 1)
