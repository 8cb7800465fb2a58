"""Curves of a training run, and of accuracy against the number of photos."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from logoflow.plots.figures import show_figure
from logoflow.utils.progress import in_notebook, watched


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


def plot_photos_curve(
    summaries: Mapping[str, pd.DataFrame], *, caption: str = "", alt: str = ""
) -> None:
    """Draw how figures of merit change with the number of training photos.

    Parameters
    ----------
    summaries : mapping of str to DataFrame
        By number of training photos, a frame with one row per figure and the columns
        ``value``, ``low`` and ``high`` (`logoflow.mean_summary`).
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> frame = pd.DataFrame({"value": [0.8], "low": [0.7], "high": [0.9]}, index=["AUROC"])
    >>> plot_photos_curve({"5": frame - 0.2, "10": frame})
    """
    figure, axis = plt.subplots(figsize=(5.5, 3.5), layout="constrained")
    for number, name in enumerate(next(iter(summaries.values())).index):
        points = [summary.loc[name] for summary in summaries.values()]
        # Side by side, so that no interval hides another.
        places = [place + 0.06 * number for place in range(len(points))]
        values = [point["value"] for point in points]
        # A draw's figure may lie to one side of the value: no bar then, rather than a negative one.
        below = [max(0.0, point["value"] - point["low"]) for point in points]
        above = [max(0.0, point["high"] - point["value"]) for point in points]
        axis.errorbar(places, values, [below, above], marker="o", capsize=3, label=name)
    axis.set_xticks(range(len(summaries)), list(summaries))
    axis.set(xlabel="training photos per brand", ylabel="on the test photos", ylim=(0, 1.02))
    axis.legend(fontsize=8, loc="lower right")
    show_figure(figure, caption, alt)
