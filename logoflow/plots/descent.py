"""Draw a loss with its slopes, and the way down for several learning rates."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from logoflow.plots.figures import COLOURS, SMALL_TEXT, show_figure

_BLUE, _VERMILION, _GREEN = COLOURS[:3]


def plot_slopes(
    loss: Callable,
    gradient: Callable,
    weights: Sequence[float],
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw the loss as a function of one weight, with its slope at some places.

    An arrow at each place points to where the loss falls.

    Parameters
    ----------
    loss, gradient : callable
        Functions of the weight. `loss` takes arrays too.
    weights : sequence of float
        Where to draw the slope.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_slopes(lambda w: w**2, lambda w: 2 * w, [-1, 2])
    """
    low, high = min(weights), max(weights)
    margin = 0.35 * max(high - low, 1)
    figure, axis = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
    line = np.linspace(low - margin, high + margin, 200)
    axis.plot(line, loss(line), color=_BLUE, lw=2)
    for weight in weights:
        slope, height = float(gradient(weight)), float(loss(weight))
        reach = np.array([-0.15, 0.15]) * (high - low + 1)
        axis.plot(weight + reach, height + slope * reach, color=_VERMILION, lw=2)
        axis.plot(weight, height, "o", color="black")
        sign = "smaller" if slope > 0 else "larger"
        text = f"gradient {slope:+g}:\nmake the weight {sign}"
        axis.annotate(
            text, (weight, height), xytext=(-12 * np.sign(slope), 22), textcoords="offset points",
            ha="right" if slope > 0 else "left", fontsize=SMALL_TEXT,
        )  # fmt: skip
        arrow = {"arrowstyle": "-|>", "color": _GREEN, "lw": 2.5}
        foot = weight - np.sign(slope) * 0.25 * (high - low), 0.0
        axis.annotate("", foot, (weight, 0.0), arrowprops=arrow)
        axis.plot([weight, weight], [0, height], color="grey", ls=":")
    axis.set(xlabel="weight", ylabel="loss")
    show_figure(figure, caption, alt)


def plot_descent(
    loss: Callable, paths: Mapping[str, Sequence[float]], *, caption: str = "", alt: str = ""
) -> None:
    """Draw the steps of gradient descent on a loss of one weight, one panel for each path.

    Parameters
    ----------
    loss : callable
        Function of the weight that takes arrays too.
    paths : mapping of str to sequence of float
        Title of each panel, and the weight before the first step and after each step.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_descent(lambda w: w**2, {"rate 0.1": [1.0, 0.8, 0.64]})
    """
    figure, axes = plt.subplots(
        1, len(paths), figsize=(3.3 * len(paths), 3.2), squeeze=False, sharey=True,
        layout="constrained",
    )  # fmt: skip
    everything = np.concatenate([np.asarray(path, float) for path in paths.values()])
    low, high = everything.min(), everything.max()
    line = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), 200)
    for axis, (title, path) in zip(axes.flat, paths.items(), strict=True):
        weights = np.asarray(path, float)
        heights = loss(weights)
        axis.plot(line, loss(line), color=_BLUE, lw=2)
        axis.plot(weights, heights, "o--", color=_VERMILION, ms=5)
        axis.plot(weights[0], heights[0], "s", color="black", ms=8)
        axis.plot(weights[-1], heights[-1], "D", color=_GREEN, ms=9, mec="black")
        axis.set_title(f"{title}\nlast loss {heights[-1]:.3g}", fontsize=SMALL_TEXT + 1)
        axis.set_xlabel("weight")
    axes[0, 0].set_ylabel("loss")
    show_figure(figure, caption, alt)
