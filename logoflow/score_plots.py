"""Figures of scores: reliability, ROC, precision and recall, thresholds."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd

from logoflow.plots import show_figure


def plot_reliability(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw accuracy against confidence, the gap between them, and the photos in each bin.

    Parameters
    ----------
    frame : DataFrame
        `logoflow.reliability_bins`.
    caption, alt : str
        See `logoflow.show_figure`.

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
        See `logoflow.show_figure`.

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
        See `logoflow.show_figure`.

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
        See `logoflow.show_figure`.

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
