"""Draw curves, points in the plane, and values of classes beside each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from logoflow.plots.figures import COLOURS, SMALL_TEXT, as_array, show_figure

_STYLES = ("-", "--", "-.", ":")
_MARKERS = ("o", "^")
_CLASS_COLOURS = ("#e66101", "#5e3c99")  # orange and purple, as the areas


def plot_curves(
    curves: Mapping[str, Sequence[float]],
    x: Sequence[float] | None = None,
    *,
    xlabel: str = "",
    ylabel: str = "",
    mark: Mapping[str, float] | None = None,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw curves in one chart, each in a colour and line style of its own.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Name and values of each curve.
    x : sequence of float, optional
        Where the values stand on the horizontal axis. Default: 0, 1, 2 and so on.
    xlabel, ylabel : str
        Labels of the axes.
    mark : mapping of str to float, optional
        Name and position of vertical lines.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_curves({"training": [3, 2, 1], "validation": [3, 2.5, 2.7]}, mark={"best": 1})
    """
    figure, axis = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    for number, (name, values) in enumerate(curves.items()):
        positions = range(len(values)) if x is None else x
        (line,) = axis.plot(positions, as_array(values), label=name, lw=2)
        line.set(color=COLOURS[number % len(COLOURS)], linestyle=_STYLES[number % len(_STYLES)])
    if x is None or isinstance(x, range):
        axis.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    for name, position in (mark or {}).items():
        axis.axvline(position, color="grey", ls=":", lw=2, label=name)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.grid(color="#ddd")
    axis.legend(fontsize=SMALL_TEXT)
    show_figure(figure, caption, alt)


def plot_plane(
    points: Any,
    labels: Any,
    predicts: Mapping[str, Callable] | None = None,
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw points in the plane by class, over the answers of classifiers.

    Parameters
    ----------
    points : array
        Coordinates of shape (points, 2).
    labels : array
        Class of each point, 0 or 1.
    predicts : mapping of str to callable, optional
        A panel for each: its title, and a function from coordinates of shape (n, 2) to the n
        probabilities of class 1. Default: one panel with the points alone.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> plot_plane(points, [0, 1], {"right of the middle": lambda p: p[:, 0] > 0.5})
    """
    points, labels = as_array(points), as_array(labels).astype(int)
    panels: dict[str, Callable | None] = {**predicts} if predicts else {"": None}
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.4 * len(panels), 3.4), squeeze=False, layout="constrained"
    )
    margin = 0.15 * np.ptp(points, axis=0)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    across, up = np.meshgrid(*(np.linspace(low[i], high[i], 80) for i in (0, 1)))
    for axis, (title, predict) in zip(axes.flat, panels.items(), strict=True):
        if predict is not None:
            grid = np.column_stack([across.ravel(), up.ravel()]).astype(np.float32)
            probability = as_array(predict(grid)).reshape(across.shape).astype(float)
            axis.contourf(across, up, probability, np.linspace(0, 1, 9), cmap="PuOr", alpha=0.6)
            axis.contour(across, up, probability, [0.5], colors="black", linewidths=2)
        for label in (0, 1):
            x, y = points[labels == label].T
            style = {"color": _CLASS_COLOURS[label], "marker": _MARKERS[label]}
            axis.scatter(x, y, s=45, edgecolor="black", label=f"class {label}", **style)
        axis.set_title(title, fontsize=SMALL_TEXT + 1)
        axis.set(xlabel="first number", ylabel="second number")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, fontsize=SMALL_TEXT)
    show_figure(figure, caption, alt)


def plot_values(
    panels: Mapping[str, Any], names: Sequence[str], *, caption: str = "", alt: str = ""
) -> None:
    """Draw the values of some classes as bars, in one panel for each kind of value.

    Parameters
    ----------
    panels : mapping of str to array
        Title of each panel, and one number per class.
    names : sequence of str
        Name of each class.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_values({"scores": [2.0, -1.0], "probabilities": [0.95, 0.05]}, ["ford", "ups"])
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.2 * len(panels), 2.6), squeeze=False, layout="constrained"
    )
    for number, (axis, (title, values)) in enumerate(zip(axes.flat, panels.items(), strict=True)):
        values = as_array(values)
        bars = axis.bar(names, values, color=COLOURS[number % len(COLOURS)])
        labels = [f"{value:.3f}".rstrip("0").rstrip(".") for value in values]
        axis.bar_label(bars, labels, padding=3, fontsize=SMALL_TEXT)
        axis.axhline(0, color="black", lw=0.8)
        axis.margins(y=0.2)
        axis.set_title(title, fontsize=SMALL_TEXT + 1)
    show_figure(figure, caption, alt)
