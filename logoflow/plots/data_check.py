"""Draw what a check of the data found: photos per class, their sizes, and the findings."""

import matplotlib.pyplot as plt
import pandas as pd

from logoflow.plots.figures import COLOURS, SMALL_TEXT, show_figure

MAX_CLASSES = 30


def plot_data_check(
    photos: pd.DataFrame,
    counts: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw the photos per class and split, the sizes of the photos, and the number of findings.

    Parameters
    ----------
    photos, counts, findings : DataFrame
        The frames of `logoflow.check_data`. Of many classes, the 30 with the fewest training photos
        are drawn.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> photos = pd.DataFrame({"width": [640, 800], "height": [480, 600]})
    >>> counts = pd.DataFrame({"train": [3, 2], "val": [1, 1], "test": [1, 1]}, ["bmw", "ups"])
    >>> plot_data_check(photos, counts, pd.DataFrame({"kind": ["broken"]}))
    """
    drawn = counts.sort_values("train", kind="stable")[:MAX_CLASSES][::-1]
    figure, axes = plt.subplots(
        1, 3, figsize=(11, max(3.0, 0.24 * len(drawn) + 1)), layout="constrained"
    )
    _draw_counts(axes[0], drawn, len(counts))
    sides = photos.loc[photos["width"] > 0, ["width", "height"]]
    axes[1].scatter(sides["width"], sides["height"], s=16, alpha=0.5, color=COLOURS[0])
    axes[1].set(xlabel="width (pixels)", ylabel="height (pixels)", xlim=(0, None), ylim=(0, None))
    kinds = findings["kind"].value_counts()[::-1]
    bars = axes[2].barh(range(len(kinds)), kinds.to_numpy(), color=COLOURS[1])
    axes[2].bar_label(bars, padding=3, fontsize=SMALL_TEXT)
    axes[2].set_yticks(range(len(kinds)), list(kinds.index), fontsize=SMALL_TEXT)
    # Room for five bars, so that a single one is not as high as the chart.
    axes[2].set(xlabel="findings", xlim=(0, None), ylim=(-0.5, max(5, len(kinds)) - 0.5))
    axes[2].xaxis.get_major_locator().set_params(integer=True)
    show_figure(figure, caption, alt)


def _draw_counts(axis: plt.Axes, counts: pd.DataFrame, total: int) -> None:
    """Draw a bar for each class, with a colour per split. Names are never read as formulas."""
    left = pd.Series(0, index=counts.index)
    for split, color in zip(counts.columns, ("#0072B2", "#6baed6", "#c6dbef"), strict=True):
        axis.barh(range(len(counts)), counts[split], left=left, label=split, color=color)
        left = left + counts[split]
    axis.set_yticks(range(len(counts)), list(counts.index), fontsize=SMALL_TEXT)
    for text in axis.get_yticklabels():
        text.set_parse_math(False)
    shown = "" if total <= MAX_CLASSES else f" ({MAX_CLASSES} of {total} classes)"
    axis.set(xlabel=f"photos{shown}")
    axis.legend(fontsize=SMALL_TEXT, frameon=False)
