"""Draw the learning curves of a training run, and accuracy by the number of photos."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from logoflow.plots.figures import COLOURS, CURVES, SMALL_TEXT, show_figure


def plot_history(
    frame: pd.DataFrame, baseline: float | None = None, *, caption: str = "", alt: str = ""
) -> None:
    """Draw the loss and the accuracies of each epoch.

    Parameters
    ----------
    frame : DataFrame
        One row per epoch with the columns ``loss``, ``train_acc``, ``val_acc`` and ``test_acc``
        (`logoflow.training.history.History`, attribute `frame`).
    baseline : float, optional
        Validation accuracy of always answering the most frequent class, drawn as a line.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> accuracies = {"train_acc": [0.5, 0.6], "val_acc": [0.4, 0.5], "test_acc": [None, None]}
    >>> plot_history(pd.DataFrame({"loss": [2.0, 1.0], **accuracies}), baseline=0.33)
    """
    show_figure(_history_figure(frame, baseline), caption, alt)


def _history_figure(frame: pd.DataFrame, baseline: float | None = None) -> Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    right.set_prop_cycle(color=COLOURS)
    left.plot(frame.index, frame["loss"], marker="o", color=COLOURS[0])
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    for column, style in (("train_acc", "o-"), ("val_acc", "s-"), ("test_acc", "^--")):
        if frame[column].notna().any():
            values = frame[column].astype(float)
            right.plot(frame.index, values, style, label=column.removesuffix("_acc"))
    if baseline is not None:
        right.axhline(baseline, color="grey", linestyle=":", label="majority class")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02))
    right.legend(fontsize=SMALL_TEXT)
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


class LivePlot:
    """Learning curves in a live notebook, redrawn after every epoch."""

    def __init__(self) -> None:
        self._handle = None

    def update(self, frame: pd.DataFrame) -> None:
        """Draw the curves again.

        Parameters
        ----------
        frame : DataFrame
            See `plot_history`.
        """
        from IPython.display import display

        figure = _history_figure(frame)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        plt.close(figure)


def plot_photos_curve(
    summaries: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = ""
) -> None:
    """Draw how metrics change with the number of training photos.

    Parameters
    ----------
    summaries : mapping of str to DataFrame
        Frame by number of training photos, with one row per metric and the columns ``value``,
        ``low`` and ``high`` (`logoflow.mean_summary`).
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> frame = pd.DataFrame({"value": [0.8], "low": [0.7], "high": [0.9]}, index=["AUROC"])
    >>> plot_photos_curve({"5": frame - 0.2, "10": frame})
    """
    figure, axis = plt.subplots(figsize=(5.5, 3.5), layout="constrained")
    axis.set_prop_cycle(CURVES)
    for number, metric in enumerate(next(iter(summaries.values())).index):
        points = [summary.loc[metric] for summary in summaries.values()]
        # Side by side, so that no interval hides another.
        positions = [position + 0.06 * number for position in range(len(points))]
        values = [point["value"] for point in points]
        # The interval may lie beside the value: then draw no bar, because it would be negative.
        below = [max(0.0, point["value"] - point["low"]) for point in points]
        above = [max(0.0, point["high"] - point["value"]) for point in points]
        axis.errorbar(positions, values, [below, above], marker="o", capsize=3, label=metric)
    axis.set_xticks(range(len(summaries)), list(summaries))
    axis.set(xlabel="training photos per brand", ylabel="value on the test photos", ylim=(0, 1.02))
    axis.legend(fontsize=SMALL_TEXT, loc="lower right")
    show_figure(figure, caption, alt)
