"""Draw how a convolution and a pooling compute each number, and what a unit sees of a picture."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from logoflow.plots.figures import COLOURS, SMALL_TEXT, as_array, show_figure

_BLUE, _VERMILION, _GREEN = COLOURS[:3]


def plot_convolution(
    picture: Any,
    kernel: Any,
    *,
    stride: int = 1,
    padding: int = 0,
    step: int = 0,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw a picture, a kernel and the result of the convolution, with the sum of one step.

    Parameters
    ----------
    picture : array
        Numbers of shape (height, width).
    kernel : array
        Numbers of shape (kernel height, kernel width).
    stride : int
        Pixels from one position of the window to the next, at least 1.
    padding : int
        Width of the frame of zeros around the picture, in pixels.
    step : int
        The position of the window to highlight. Positions count from 0, row by row. A number after
        the last position means the last position.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Raises
    ------
    ValueError
        If the kernel does not fit into the padded picture.

    Examples
    --------
    >>> plot_convolution(np.eye(5), np.ones((3, 3)), padding=1, step=7)
    """
    kernel = as_array(kernel)
    padded = np.pad(as_array(picture), padding)
    result = convolve(padded, kernel, stride)
    step = min(step, result.size - 1)
    row, column = divmod(step, result.shape[1])
    top, left = row * stride, column * stride
    window = padded[top : top + kernel.shape[0], left : left + kernel.shape[1]]

    figure, axes = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
    titles = f"picture, padding {padding}", "kernel", f"result, stride {stride}"
    for axis, numbers, title in zip(axes, (padded, kernel, result), titles, strict=True):
        _draw_numbers(axis, numbers)
        axis.set_title(title, fontsize=SMALL_TEXT + 1)
    _frame(axes[0], left, top, kernel.shape[::-1], _VERMILION)
    if padding:
        sides = padded.shape[1] - 2 * padding, padded.shape[0] - 2 * padding
        _frame(axes[0], padding, padding, sides, "black", linestyle=":")
    _frame(axes[2], column, row, (1, 1), _VERMILION)
    products = " + ".join(
        f"{pixel:g}·{weight:g}" if weight >= 0 else f"{pixel:g}·({weight:g})"
        for pixel, weight in zip(window.flat, kernel.flat, strict=True)
    )
    figure.supxlabel(f"{products} = {result[row, column]:g}", fontsize=SMALL_TEXT + 1)
    show_figure(figure, caption, alt)


def convolve(picture: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """Move a kernel over a picture and add up the products at each position.

    Parameters
    ----------
    picture, kernel : ndarray
        Numbers of shape (height, width). The kernel is not mirrored.
    stride : int
        Pixels from one position to the next, at least 1.

    Returns
    -------
    ndarray
        One number for each position, of shape (rows, columns).

    Raises
    ------
    ValueError
        If the kernel is larger than the picture.

    Examples
    --------
    >>> convolve(np.arange(9).reshape(3, 3), np.array([[0, 1], [0, 0]]))
    array([[1, 2],
           [4, 5]])
    """
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    return (windows[::stride, ::stride] * kernel).sum(axis=(2, 3))


def plot_pooling(picture: Any, size: int = 2, *, caption: str = "", alt: str = "") -> None:
    """Draw a picture beside its max pooling. The largest number of each patch is marked.

    Parameters
    ----------
    picture : array
        Numbers of shape (height, width). Rows and columns that fill no whole patch are left out.
    size : int
        Side of a patch, in pixels. The stride is the same.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_pooling(np.arange(16).reshape(4, 4))
    """
    picture = as_array(picture)
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    picture = picture[: rows * size, : columns * size]
    patches = picture.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(rows, columns, -1)

    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.4), layout="constrained")
    _draw_numbers(left, picture, shaded=False)
    _draw_numbers(right, patches.max(axis=2), shaded=False)
    left.set_title(f"before: {picture.shape[0]} x {picture.shape[1]}", fontsize=SMALL_TEXT + 1)
    right.set_title(f"after: {rows} x {columns}", fontsize=SMALL_TEXT + 1)
    for number, (row, column) in enumerate(np.ndindex(rows, columns)):
        colour = COLOURS[number % len(COLOURS)]
        y, x = divmod(int(patches[row, column].argmax()), size)
        _frame(left, column * size, row * size, (size, size), colour)
        left.plot(column * size + x, row * size + y, "o", ms=26, mfc="none", mec=colour, mew=2)
        _frame(right, column, row, (1, 1), colour)
    show_figure(figure, caption, alt)


def plot_receptive_field(
    layers: Mapping[str, tuple[int, int]], *, caption: str = "", alt: str = ""
) -> None:
    """Draw which units of each layer one unit of the last layer depends on, in one dimension.

    Parameters
    ----------
    layers : mapping of str to (kernel, stride)
        Name, width of the window and stride of each layer, from the input to the output.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_receptive_field({"conv 1": (3, 1), "conv 2": (3, 1)})
    """
    sizes = list(layers.values())
    # How many units of each layer, and of the input before them, the last unit depends on.
    seen = [1]
    for kernel, stride in reversed(sizes):
        seen.insert(0, (seen[0] - 1) * stride + kernel)
    jump, start, jumps, starts = 1.0, 0.0, [1.0], [0.0]
    for kernel, stride in sizes:
        start += (kernel - 1) / 2 * jump
        jump *= stride
        starts.append(start)
        jumps.append(jump)

    figure, axis = plt.subplots(figsize=(8, 1.1 * len(seen)), layout="constrained")
    for level, (units, name) in enumerate(zip(seen, ["input", *layers], strict=True)):
        centres = starts[level] + jumps[level] * np.arange(units)
        for centre in centres:
            colour = _BLUE if level == 0 else _VERMILION if level == len(sizes) else _GREEN
            box = Rectangle((centre - 0.4, level - 0.2), 0.8, 0.4, fc=colour, ec="black")
            axis.add_patch(box)
            if level:
                reach = (sizes[level - 1][0] - 1) / 2 * jumps[level - 1]
                for side in (-1, 1):
                    ends = [centre + side * 0.4, centre + side * (reach + 0.4)]
                    axis.plot(ends, [level - 0.2, level - 0.8], color="grey", lw=0.8)
        plural = "s" if units > 1 else ""
        axis.text(seen[0] + 0.2, level, f"{name}: {units} unit{plural}", va="center", fontsize=11)
    axis.set(xlim=(-0.7, seen[0] * 1.35 + 2), ylim=(-0.4, len(sizes) + 0.4))
    axis.set_axis_off()
    show_figure(figure, caption, alt)


def _draw_numbers(axis: Axes, numbers: np.ndarray, shaded: bool = True) -> None:
    """Draw a table of numbers: positive ones on purple, negative ones on orange, zeros on white."""
    limit = 2 * max(float(np.abs(numbers).max()), 1e-9) if shaded else 1e9
    axis.imshow(numbers, cmap="PuOr", vmin=-limit, vmax=limit)
    for (row, column), number in np.ndenumerate(numbers):
        axis.text(column, row, f"{number:g}", ha="center", va="center", fontsize=12)
    axis.set_xticks(np.arange(numbers.shape[1] + 1) - 0.5, [])
    axis.set_yticks(np.arange(numbers.shape[0] + 1) - 0.5, [])
    axis.grid(color="#ccc")
    axis.tick_params(length=0)


def _frame(
    axis: Axes, x: float, y: float, sides: tuple[float, float], colour: str, linestyle: str = "-"
) -> None:
    """Draw a frame around some fields of a table; `sides` is (width, height)."""
    corner = x - 0.46, y - 0.46
    width, height = sides[0] - 0.08, sides[1] - 0.08
    frame = Rectangle(corner, width, height, fill=False, ec=colour, lw=3, ls=linestyle, zorder=3)
    axis.add_patch(frame)
