"""Draw the throughput of a bulk run, and how often each answer occurred."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd

from logoflow.plots.figures import COLOURS, SMALL_TEXT, show_figure

# Shortest run in seconds, unit of its time axis, and seconds per unit.
_UNITS = ((7200, "hours", 3600), (300, "minutes", 60), (0, "seconds", 1))


def plot_throughput(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw the number of answered rows over time, and the rows per second below.

    Parameters
    ----------
    frame : DataFrame
        Columns ``seconds``, ``answered`` and ``rows_per_second`` (`logoflow.throughput`).
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> rates = {"seconds": [10, 20], "answered": [80, 200], "rows_per_second": [8.0, 12.0]}
    >>> plot_throughput(pd.DataFrame(rates))
    """
    end = frame["seconds"].max()
    unit, length = next((name, length) for shortest, name, length in _UNITS if end >= shortest)
    figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(6, 4), layout="constrained")
    time, marker = frame["seconds"] / length, "o" if len(frame) <= 40 else ""
    top.plot([0, *time], [0, *frame["answered"]], marker=marker, markersize=4, color=COLOURS[0])
    top.set(ylabel="rows answered", ylim=(0, None))
    rates = frame["rows_per_second"]
    bottom.step([0, *time], [*rates[:1], *rates], where="pre", color=COLOURS[1])
    bottom.set(xlabel=unit, ylabel="rows per second", ylim=(0, None), xlim=(0, None))
    figure.align_ylabels()
    show_figure(figure, caption, alt)


def plot_counts(
    statuses: Mapping[str, int],
    brands: Mapping[str, int],
    most: int = 20,
    *,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw the number of rows for each status and for each brand.

    Parameters
    ----------
    statuses, brands : mapping of str to int
        Rows per status and per brand (`BulkSummary.statuses`, `BulkSummary.brands`).
    most : int
        Number of brands to show, by frequency. All others share a bar.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_counts({"ok": 7, "timeout": 1}, {"shell": 4, "no-logo": 3})
    """
    brand_counts = sorted(brands.items(), key=lambda item: (-item[1], item[0]))
    if len(brand_counts) > most:
        others = f"{len(brand_counts) - most} others"
        other_rows = sum(count for _, count in brand_counts[most:])
        brand_counts = [*brand_counts[:most], (others, other_rows)]
    panels = [("status", list(statuses.items())), ("brand", brand_counts)]
    panels = [(title, counts) for title, counts in panels if counts]
    longest = max([1, *(len(counts) for _, counts in panels)])
    figure, axes = plt.subplots(
        1,
        len(panels) or 1,
        figsize=(9, 0.8 + 0.25 * longest),
        squeeze=False,
        layout="constrained",
    )
    for axis, (title, counts) in zip(axes.flat, panels, strict=False):
        bars = axis.barh(range(len(counts)), [count for _, count in counts], color=COLOURS[0])
        axis.set_yticks(range(len(counts)), [name for name, _ in counts])
        axis.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=SMALL_TEXT)
        axis.set(title=f"by {title}", xlabel="rows", ylim=(longest - 0.5, -0.5))  # from the top
        axis.margins(x=0.15)
    show_figure(figure, caption, alt)
