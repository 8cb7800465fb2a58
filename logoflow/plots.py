"""Figures from arrays and frames: pictures, curves, confusion, the workflow.

Every function that draws takes a `caption` and an `alt` text. With a caption, a notebook gets the
picture, its alternative text for readers who cannot see it, and the caption below.
"""

import io
from collections.abc import Sequence
from typing import Any

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from logoflow.utils.progress import in_notebook, watched


def show_figure(figure: Figure, caption: str = "", alt: str = "", *, photos: bool = False) -> None:
    """Show a figure with its caption and its alternative text, and close it.

    Parameters
    ----------
    figure : Figure
        Drawn and ready.
    caption : str
        Markdown, below the figure.
    alt : str
        What the figure shows, for a reader who cannot see it.
    photos : bool
        Store it as JPEG: photos take a tenth of the room they take as PNG.
    """
    if not in_notebook():
        plt.show()
        plt.close(figure)
        return
    from IPython.display import Markdown, display

    kind = "jpeg" if photos else "png"
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=80)
    plt.close(figure)
    mime = f"image/{kind}"
    display({mime: buffer.getvalue()}, raw=True, metadata={mime: {"alt": alt or caption}})
    if caption:
        display(Markdown(f"*{caption}*"))


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


def plot_history(
    frame: pd.DataFrame, baseline: float | None = None, *, caption: str = "", alt: str = ""
) -> None:
    """Draw loss and accuracies by epoch.

    Parameters
    ----------
    frame : DataFrame
        `History.frame`.
    baseline : float, optional
        Accuracy of always answering the majority class on validation, drawn as a line.
    caption, alt : str
        See `show_figure`.
    """
    show_figure(_history_figure(frame, baseline), caption, alt)


def _history_figure(frame: pd.DataFrame, baseline: float | None = None) -> Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.plot(frame.index, frame["loss"], marker="o")
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    for column, style in (("train_acc", "o-"), ("val_acc", "s-"), ("test_acc", "^--")):
        if frame[column].notna().any():
            values = frame[column].astype(float)
            right.plot(frame.index, values, style, label=column.removesuffix("_acc"))
    if baseline is not None:
        right.axhline(baseline, color="grey", linestyle=":", label="majority class")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02))
    right.legend(fontsize=8)
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


class LivePlot:
    """The learning curve, redrawn after every epoch where a person watches a notebook."""

    def __init__(self) -> None:
        self._handle = None

    def update(self, frame: pd.DataFrame) -> None:
        """Draw `History.frame` again; nothing in batch runs."""
        if not (watched() and in_notebook()):
            return
        from IPython.display import display

        figure = _history_figure(frame)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        plt.close(figure)


def plot_confusion(
    confusion: np.ndarray, classes: Sequence[str], *, caption: str = "", alt: str = ""
) -> None:
    """Draw a confusion matrix, each row as shares of its class.

    Parameters
    ----------
    confusion : ndarray of int
        (classes, classes), rows the truth (`Report.confusion`).
    classes : sequence of str
        Names in label order.
    caption, alt : str
        See `show_figure`.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.27 * len(classes) + 1)
    figure, axis = plt.subplots(figsize=(side, side), layout="constrained")
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(classes)), classes, rotation=90, fontsize=8)
    axis.set_yticks(range(len(classes)), classes, fontsize=8)
    axis.set(xlabel="answer", ylabel="truth")
    for row, column in zip(*np.nonzero(confusion), strict=True):
        color = "white" if shares[row, column] > 0.5 else "black"
        count = confusion[row, column]
        axis.text(column, row, count, ha="center", va="center", color=color, fontsize=7)
    show_figure(figure, caption, alt)


def plot_recalls(recalls: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw recall per class, a colour for each column (a net, say).

    Parameters
    ----------
    recalls : DataFrame
        Rows are classes, columns nets, values 0 to 1.
    caption, alt : str
        See `show_figure`.
    """
    figure, axis = plt.subplots(figsize=(9, 3), layout="constrained")
    recalls.plot.bar(ax=axis, ylim=(0, 1.02), ylabel="recall", width=0.8)
    columns = len(recalls.columns)
    axis.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns)
    show_figure(figure, caption, alt)


def plot_workflow(steps: Sequence[str], *, caption: str = "", alt: str = "") -> None:
    """Draw steps as a row of boxes with arrows.

    Parameters
    ----------
    steps : sequence of str
        A box each; a line break in a step makes a second line.
    caption, alt : str
        See `show_figure`.
    """
    figure, axis = plt.subplots(figsize=(1.75 * len(steps), 1.4), layout="constrained")
    style = "round,pad=0.02,rounding_size=0.1"
    for i, step in enumerate(steps):
        axis.add_patch(FancyBboxPatch((i * 1.25, 0), 1, 1, boxstyle=style, fc="#e8f0fa", ec="#345"))
        axis.text(i * 1.25 + 0.5, 0.5, step, ha="center", va="center", fontsize=10)
        if i:
            arrow = {"arrowstyle": "->", "color": "#345"}
            axis.annotate("", (i * 1.25 - 0.01, 0.5), (i * 1.25 - 0.23, 0.5), arrowprops=arrow)
    axis.set(xlim=(-0.05, len(steps) * 1.25 - 0.2), ylim=(-0.1, 1.1))
    axis.set_axis_off()
    show_figure(figure, caption, alt)
