"""Draw the quality of a classifier: confusion, recalls, ROC, thresholds and calibration."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from logoflow.labels import NO_LOGO
from logoflow.plots.figures import COLOURS, CURVES, SMALL_TEXT, show_figure

MAX_CLASSES = 30
"""Classes that a figure shows. Of more classes, it shows those with the lowest recall."""

MAX_LABEL_LETTERS = 40

SCORE_LIMITS = (0.001, 0.999)
"""Scores beyond these are drawn at the ends of the axis of `plot_scores`."""


def plot_confusion(
    confusion: np.ndarray, classes: Sequence[str], *, caption: str = "", alt: str = ""
) -> None:
    """Draw a confusion matrix. Colours show the share of the photos of a class.

    Of more than 30 classes, the rows are the 30 with the lowest recall. The columns are the same
    classes, no-logo, and all other answers together.

    Parameters
    ----------
    confusion : ndarray of int
        Counts of shape (classes, classes), with the truth in rows (`logoflow.Report`, attribute
        `confusion`).
    classes : sequence of str
        Names of the classes in label order.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_confusion(np.array([[3, 1], [0, 2]]), ["shell", "no-logo"])
    """
    confusion, rows, columns, title = _worst_of_confusion(np.asarray(confusion), list(classes))
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.27 * len(columns) + 1)
    figure, axis = plt.subplots(figsize=(side, side), layout="constrained")
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(columns)), _shortened(columns), rotation=90, fontsize=SMALL_TEXT)
    axis.set_yticks(range(len(rows)), _shortened(rows), fontsize=SMALL_TEXT)
    axis.set(xlabel="answer", ylabel="truth")
    axis.set_title(title, fontsize=SMALL_TEXT)
    for row, column in zip(*np.nonzero(confusion), strict=True):
        color = "white" if shares[row, column] > 0.5 else "black"
        count = confusion[row, column]
        axis.text(column, row, count, ha="center", va="center", color=color, fontsize=SMALL_TEXT)
    show_figure(figure, caption, alt)


def _worst_of_confusion(
    confusion: np.ndarray, classes: list[str]
) -> tuple[np.ndarray, list[str], list[str], str]:
    """Choose what a figure shows: the counts, the names of rows and columns, and a title."""
    if len(classes) <= MAX_CLASSES:
        return confusion, classes, classes, ""
    photos = confusion.sum(axis=1)
    recall = np.where(photos, confusion.diagonal() / np.maximum(photos, 1), np.nan)
    rows = _worst(recall)
    columns = rows + [label for label, name in enumerate(classes) if name == NO_LOGO]
    columns = list(dict.fromkeys(columns))
    shown = confusion[np.ix_(rows, columns)]
    others = photos[rows] - shown.sum(axis=1)
    names = [classes[label] for label in columns] + ["other classes"]
    return (
        np.column_stack([shown, others]),
        [classes[label] for label in rows],
        names,
        _worst_title(len(rows), len(classes)),
    )


def _worst(recall: np.ndarray) -> list[int]:
    """Choose the classes with the lowest recall, worst first. Classes without photos are last."""
    return np.argsort(recall, kind="stable")[:MAX_CLASSES].tolist()


def _worst_title(shown: int, classes: int) -> str:
    return f"the {shown} classes with the lowest recall, of {classes:,}"


def _shortened(names: Sequence[str]) -> list[str]:
    """Cut long names, which would leave no room for the figure."""
    return [
        name if len(name) <= MAX_LABEL_LETTERS else f"{name[: MAX_LABEL_LETTERS - 1]}…"
        for name in map(str, names)
    ]


def plot_recalls(recalls: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw the recall of each class, with a colour per network.

    Of more than 30 classes, it draws the 30 with the lowest mean recall.

    Parameters
    ----------
    recalls : DataFrame
        Recall from 0 to 1, with classes in rows and networks in columns.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> recalls = {"frozen": [0.8, 0.9], "fine-tuned": [0.9, 1.0]}
    >>> plot_recalls(pd.DataFrame(recalls, index=["shell", "no-logo"]))
    """
    xlabel = ""
    if len(recalls) > MAX_CLASSES:
        xlabel = _worst_title(MAX_CLASSES, len(recalls))
        recalls = recalls.iloc[_worst(recalls.mean(axis=1).to_numpy())]
    recalls = recalls.set_axis(_shortened(recalls.index))
    figure, axis = plt.subplots(figsize=(9, 3), layout="constrained")
    style = {"width": 0.8, "color": list(COLOURS)}
    recalls.plot.bar(ax=axis, ylim=(0, 1.02), xlabel=xlabel, ylabel="recall", **style)
    columns = len(recalls.columns)
    axis.legend(fontsize=SMALL_TEXT, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns)
    show_figure(figure, caption, alt)


def plot_reliability(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw accuracy by confidence, the gap between them, and the number of photos per bin.

    Parameters
    ----------
    frame : DataFrame
        Bins of confidence (`logoflow.reliability_bins`).
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> from logoflow.metrics.reliability import reliability_bins
    >>> confidence, correct = np.array([0.9, 0.6, 0.8]), np.array([True, False, True])
    >>> plot_reliability(reliability_bins(confidence, correct, bins=10))
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, sharex=True, height_ratios=(3, 1), figsize=(5, 5.5), layout="constrained"
    )
    bins = frame[frame["photos"] > 0]
    middle, width = (bins["low"] + bins["high"]) / 2, bins["high"] - bins["low"]
    gap = bins["confidence"] - bins["accuracy"]
    top.bar(middle, bins["accuracy"], width, color=COLOURS[0], edgecolor="white", label="accuracy")
    top.bar(
        middle,
        gap,
        width,
        bottom=bins["accuracy"],
        color="none",
        edgecolor=COLOURS[1],
        hatch="//",
        label="gap to the confidence",
    )
    top.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfectly calibrated")
    top.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    top.legend(fontsize=SMALL_TEXT, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    counts = bottom.bar(middle, bins["photos"], width, color="#bbb", edgecolor="white")
    bottom.bar_label(counts, fontsize=SMALL_TEXT, padding=1)
    bottom.set(xlabel="confidence", ylabel="photos")
    bottom.margins(y=0.25)
    show_figure(figure, caption, alt)


def plot_roc(frames: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = "") -> None:
    """Draw the ROC curve of each network for logo against no-logo.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        ROC curve (`logoflow.roc`) by name of the network.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> from logoflow.metrics.scores import roc
    >>> truth, classes = np.array([0, 1, 1]), ("shell", "no-logo")
    >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> plot_roc({"frozen": roc(truth, probabilities, classes)})
    """
    figure, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axis.set_prop_cycle(CURVES)
    for name, frame in frames.items():
        axis.plot(frame["false_positive_rate"], frame["true_positive_rate"], label=name)
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="by chance")
    axis.set(xlabel="no-logo photos taken for a logo", ylabel="brand photos seen as a logo")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.legend(fontsize=SMALL_TEXT, loc="lower right")
    show_figure(figure, caption, alt)


def plot_precision_recall(
    frames: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = ""
) -> None:
    """Draw the precision-recall curve of each network for logo against no-logo.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Precision-recall curve (`logoflow.precision_recall`) by name of the network.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> from logoflow.metrics.scores import precision_recall
    >>> truth, classes = np.array([0, 1, 1]), ("shell", "no-logo")
    >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> plot_precision_recall({"frozen": precision_recall(truth, probabilities, classes)})
    """
    figure, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axis.set_prop_cycle(CURVES)
    for name, frame in frames.items():
        axis.plot(frame["recall"], frame["precision"], label=name)
    axis.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.legend(fontsize=SMALL_TEXT, loc="lower left")
    show_figure(figure, caption, alt)


def plot_threshold_curve(
    frame: pd.DataFrame, threshold: float, *, caption: str = "", alt: str = ""
) -> None:
    """Draw recall, false alarms and accuracy for every threshold, and mark the chosen one.

    Parameters
    ----------
    frame : DataFrame
        Figures for each threshold (`logoflow.threshold_curve`).
    threshold : float
        The chosen threshold, 0 to 1.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> from logoflow.metrics.thresholds import threshold_curve
    >>> truth, classes = np.array([0, 1, 1]), ("shell", "no-logo")
    >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> plot_threshold_curve(threshold_curve(truth, probabilities, classes), 0.5)
    """
    figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axis.set_prop_cycle(CURVES)
    lines = {
        "recall": "right brands found",
        "false_alarms": "false alarms",
        "accuracy": "accuracy over all classes",
    }
    for column, label in lines.items():
        # A photo passes thresholds up to its own score, so a value holds down to the next score.
        axis.step(frame["threshold"], frame[column], where="pre", label=label)
    axis.axvline(threshold, color="grey", linestyle=":", label=f"threshold {threshold:.3g}")
    axis.set(xlabel="threshold on the logo score", ylabel="share of photos", ylim=(0, 1.02))
    axis.legend(fontsize=SMALL_TEXT)
    show_figure(figure, caption, alt)


def plot_scores(
    groups: Mapping[str, np.ndarray], threshold: float, *, caption: str = "", alt: str = ""
) -> None:
    """Draw the score of each photo as a dot, in a row for each group, and a threshold.

    The axis is stretched near 0 and near 1, where most scores are.

    Parameters
    ----------
    groups : mapping of str to ndarray
        Name of each group, and (photos,) its logo scores, 0 to 1.
    threshold : float
        Photos with at least this score pass. Their number stands beside the row.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_scores({"logos": np.array([0.4, 0.9]), "no logo": np.array([0.1, 0.2])}, 0.5)
    """
    figure, axis = plt.subplots(figsize=(8, 0.9 + 0.8 * len(groups)), layout="constrained")
    for row, (scores, colour) in enumerate(zip(groups.values(), COLOURS, strict=False)):
        scores = np.sort(scores)
        passes = scores >= threshold
        places = scores.clip(SCORE_LIMITS[0], SCORE_LIMITS[1])
        # Neighbours of nearly the same score stand side by side, not on top of each other.
        heights = row + 0.3 * (np.arange(len(scores)) % 5 - 2) / 2
        for chosen, fill in ((passes, colour), (~passes, "none")):
            axis.scatter(places[chosen], heights[chosen], s=18, facecolor=fill, edgecolor=colour)
        count = f"{passes.sum()} of {len(scores)} pass"
        across = axis.get_yaxis_transform()
        axis.text(1.02, row, count, fontsize=SMALL_TEXT, transform=across, va="center")
    axis.axvline(np.clip(threshold, *SCORE_LIMITS), color="black", linestyle=":")
    axis.set_title(f"threshold {threshold:.3g}", fontsize=SMALL_TEXT + 1)
    axis.set_yticks(range(len(groups)), list(groups), fontsize=SMALL_TEXT)
    axis.set_xscale("logit")
    ticks = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
    axis.set_xticks(ticks, list(map(str, ticks)))
    axis.minorticks_off()
    axis.set(xlabel="logo score", xlim=(0.0007, 0.9993), ylim=(len(groups) - 0.5, -0.5))
    show_figure(figure, caption, alt)
