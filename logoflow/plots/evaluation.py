"""Figures of how good a classifier is: confusion, recalls, curves of thresholds and calibration."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from logoflow.plots.figures import show_figure


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


def plot_reliability(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw accuracy against confidence, the gap between them, and the photos in each bin.

    Parameters
    ----------
    frame : DataFrame
        `logoflow.reliability_bins`.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_reliability(reliability_bins(confidence, answers == truth, bins=10))
    """
    rows = {"sharex": True, "height_ratios": (3, 1), "layout": "constrained"}
    figure, (top, below) = plt.subplots(2, 1, figsize=(5, 5.5), **rows)
    filled = frame[frame["photos"] > 0]
    middle, width = (filled["low"] + filled["high"]) / 2, filled["high"] - filled["low"]
    gap = filled["confidence"] - filled["accuracy"]
    top.bar(middle, filled["accuracy"], width, color="#4c72b0", edgecolor="white", label="accuracy")
    gaps = {"bottom": filled["accuracy"], "color": "none", "edgecolor": "#c44e52", "hatch": "//"}
    top.bar(middle, gap, width, label="gap to the confidence", **gaps)
    top.plot([0, 1], [0, 1], color="grey", linestyle=":", label="says what it is worth")
    top.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    top.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    counts = below.bar(middle, filled["photos"], width, color="#bbb", edgecolor="white")
    below.bar_label(counts, fontsize=7, padding=1)
    below.set(xlabel="confidence", ylabel="photos")
    below.margins(y=0.25)
    show_figure(figure, caption, alt)


def plot_roc(frames: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = "") -> None:
    """Draw ROC curves, logo against no-logo, one a net.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By name, `logoflow.roc`.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_roc({"frozen": roc(truth, probabilities, classes)})
    """
    figure, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    for name, frame in frames.items():
        axis.plot(frame["false_positive_rate"], frame["true_positive_rate"], label=name)
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="by chance")
    axis.set(xlabel="no-logo photos taken for a logo", ylabel="brand photos seen as a logo")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.legend(fontsize=8, loc="lower right")
    show_figure(figure, caption, alt)


def plot_precision_recall(
    frames: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = ""
) -> None:
    """Draw precision against recall, logo against no-logo, one curve a net.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By name, `logoflow.precision_recall`.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_precision_recall({"frozen": precision_recall(truth, probabilities, classes)})
    """
    figure, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    for name, frame in frames.items():
        axis.plot(frame["recall"], frame["precision"], label=name)
    axis.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.legend(fontsize=8, loc="lower left")
    show_figure(figure, caption, alt)


def plot_threshold_curve(
    frame: pd.DataFrame, threshold: float, *, caption: str = "", alt: str = ""
) -> None:
    """Draw what every threshold finds and costs, the chosen one marked.

    Parameters
    ----------
    frame : DataFrame
        `logoflow.threshold_curve`.
    threshold : float
        The chosen one, 0 to 1.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_threshold_curve(threshold_curve(truth, probabilities, classes), 0.5)
    """
    figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    lines = {
        "recall": ("right brands found", "-"),
        "false_alarms": ("false alarms", "--"),
        "accuracy": ("accuracy over all classes", "-."),
    }
    for column, (label, style) in lines.items():
        # A photo passes at its own score and below: the value holds back to the score before.
        axis.step(frame["threshold"], frame[column], style, where="pre", label=label)
    axis.axvline(threshold, color="grey", linestyle=":", label=f"threshold {threshold:.3g}")
    axis.set(xlabel="threshold on the logo score", ylabel="share of photos", ylim=(0, 1.02))
    axis.legend(fontsize=8)
    show_figure(figure, caption, alt)
