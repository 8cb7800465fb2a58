"""Draw networks: their units, the shapes of their layers, and the maps that they compute."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from logoflow.plots.figures import COLOURS, SMALL_TEXT, as_array, show_figure

_MOST_UNITS = 5
_TEXT: dict[str, Any] = {"ha": "center", "fontsize": SMALL_TEXT}


def plot_network(layers: Mapping[str, int], *, caption: str = "", alt: str = "") -> None:
    """Draw a fully connected network: a circle for each unit, and a line for each weight.

    Between two layers stands the number of weights with the biases.

    Parameters
    ----------
    layers : mapping of str to int
        Name and number of units of each layer, from the input to the output. Of a large layer only
        some units are drawn.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_network({"input": 3, "hidden layer": 4, "output": 2})
    """
    sizes = list(layers.values())
    heights = [_unit_heights(size) for size in sizes]
    figure, axis = plt.subplots(figsize=(2.4 * len(sizes), 3.6), layout="constrained")
    for column, (before, after) in enumerate(zip(heights[:-1], heights[1:], strict=True)):
        for start in before:
            for end in after:
                axis.plot([column, column + 1], [start, end], color="#999", lw=0.8, zorder=1)
        inputs, units = sizes[column], sizes[column + 1]
        formula = f"{inputs:,} · {units:,} + {units:,}\n= {inputs * units + units:,} weights"
        axis.text(column + 0.5, -2.4, formula, va="top", **_TEXT)
    for column, (name, size) in enumerate(layers.items()):
        xs, colour = [column] * len(heights[column]), _colour(column, len(sizes))
        axis.plot(xs, heights[column], "o", mfc=colour, mec="black", ms=20, zorder=2)
        if size > _MOST_UNITS:
            axis.text(column, 0, "⋮", ha="center", va="center", fontsize=20)
        axis.text(column, 2.3, f"{name}\n{size:,}", va="bottom", **_TEXT)
    axis.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-3.4, 3.2))
    axis.set_axis_off()
    show_figure(figure, caption, alt)


def _unit_heights(size: int) -> list[float]:
    """Return where the units of a layer are drawn; a large layer has a gap in its middle."""
    if size > _MOST_UNITS:
        return [1.9, 1.1, -1.1, -1.9]
    return [0.9 * ((size - 1) / 2 - unit) for unit in range(size)]


def _colour(column: int, columns: int) -> str:
    """Return blue for the input, vermilion for the output, and green between them."""
    return COLOURS[0] if column == 0 else COLOURS[1] if column == columns - 1 else COLOURS[2]


def plot_layers(shapes: Mapping[str, Sequence[int]], *, caption: str = "", alt: str = "") -> None:
    """Draw the output of each layer of a network, with its shape.

    Maps are drawn as a pile of squares, and rows of numbers as a bar.

    Parameters
    ----------
    shapes : mapping of str to sequence of int
        Name of each layer, and the shape of its output without the batch: (channels, height,
        width), or (units,). Of many channels only some are drawn.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_layers({"input": (1, 32, 32), "conv 5 x 5": (6, 28, 28), "dense": (84,)})
    """
    largest_map = max(shape[1] for shape in shapes.values() if len(shape) == 3)
    most_units = max([shape[0] for shape in shapes.values() if len(shape) == 1], default=1)
    figure, axis = plt.subplots(figsize=(1.25 * len(shapes), 3), layout="constrained")
    x = 0.0
    for number, (name, shape) in enumerate(shapes.items()):
        if len(shape) == 3:
            # The square root keeps small maps visible.
            side, depth = 2 * (shape[1] / largest_map) ** 0.5, _drawn_maps(shape[0])
            width = side + 0.1 * (depth - 1)
        else:
            side, depth, width = 0.6 + 2 * (shape[0] / most_units) ** 0.5, 1, 0.3
        slot = max(width, 1.5)
        for layer in range(depth):
            corner = (
                x + (slot - width) / 2 + 0.1 * layer,
                -side / 2 - 0.1 * (layer - (depth - 1) / 2),
            )
            sides = side if len(shape) == 3 else width, side
            box = Rectangle(corner, *sides, fc=_colour(number, len(shapes)), ec="black", lw=0.7)
            axis.add_patch(box)
        axis.text(x + slot / 2, 1.75, name.replace(", ", "\n"), va="bottom", **_TEXT)
        numbers = " x ".join(f"{size:,}" for size in shape)
        axis.text(x + slot / 2, -1.75, numbers, va="top", **_TEXT)
        x += slot + 0.4
    axis.set(xlim=(-0.3, x), ylim=(-2.2, 2.7), aspect="equal")
    axis.set_axis_off()
    show_figure(figure, caption, alt)


def _drawn_maps(channels: int) -> int:
    """Return how many maps to draw for a number of channels: 1 for 1, 4 for 6, 9 for 192."""
    return 1 + round(math.log2(channels))


def plot_maps(
    maps: Mapping[str, Any], columns: int = 8, *, caption: str = "", alt: str = ""
) -> None:
    """Draw maps of numbers as pictures, one row for each layer. The brighter, the larger.

    Parameters
    ----------
    maps : mapping of str to array
        Name of each row, and its maps of shape (maps, height, width).
    columns : int
        At most this many maps are drawn per row: those with the largest spread.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_maps({"first layer": np.random.default_rng(0).random((4, 8, 8))})
    """
    rows = {name: as_array(values) for name, values in maps.items()}
    columns = min(columns, max(len(values) for values in rows.values()))
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(1.25 * columns, 1.5 * len(rows)), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis in axes.flat:
        axis.set_axis_off()
    for line, (name, values) in zip(axes, rows.items(), strict=True):
        chosen = np.sort(np.argsort(-values.std(axis=(1, 2)), kind="stable")[:columns])
        for axis, number in zip(line, chosen, strict=False):
            axis.imshow(values[number], cmap="viridis")
        line[0].set_title(name, fontsize=SMALL_TEXT + 1, loc="left")
    show_figure(figure, caption, alt, photos=True)
