"""Figures of a study."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt

from logoflow.assessment import Assessment
from logoflow.plots import show_figure
from logoflow.study_tables import mean_summary


def plot_photos_curve(
    results: Mapping[str, Sequence[Assessment]],
    figures: Sequence[str] = ("brand top-1", "AUROC"),
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw what the number of training photos does, with 95 % intervals.

    Parameters
    ----------
    results : mapping of str to sequence of Assessment
        ``dict(photos_curve(...))``.
    figures : sequence of str
        Rows of `Assessment.summary`.
    caption, alt : str
        See `logoflow.show_figure`.

    Examples
    --------
    >>> plot_photos_curve(dict(photos_curve(root, "study")))
    """
    figure, axis = plt.subplots(figsize=(5.5, 3.5), layout="constrained")
    summaries = [mean_summary(assessments, figures) for assessments in results.values()]
    for number, name in enumerate(figures):
        points = [summary.loc[name] for summary in summaries]
        # Side by side, so that no interval hides another.
        places = [place + 0.06 * number for place in range(len(points))]
        values = [point["value"] for point in points]
        # A draw's figure may lie to one side of the value: no bar then, rather than a negative one.
        below = [max(0.0, point["value"] - point["low"]) for point in points]
        above = [max(0.0, point["high"] - point["value"]) for point in points]
        axis.errorbar(places, values, [below, above], marker="o", capsize=3, label=name)
    axis.set_xticks(range(len(results)), list(results))
    axis.set(xlabel="training photos per brand", ylabel="on the test photos", ylim=(0, 1.02))
    axis.legend(fontsize=8, loc="lower right")
    show_figure(figure, caption, alt)
