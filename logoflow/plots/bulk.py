"""Figures of a bulk run: pictures a second over time, and how often each answer came."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd

from logoflow.plots.figures import show_figure

_UNITS = ((7200, "hours", 3600), (300, "minutes", 60), (0, "seconds", 1))


def plot_throughput(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw rows answered over time, and rows per second below.

    Parameters
    ----------
    frame : DataFrame
        `throughput`.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_throughput(throughput("predictions"))
    """
    end = frame["seconds"].max()
    unit, length = next((name, length) for least, name, length in _UNITS if end >= least)
    figure, (top, below) = plt.subplots(2, 1, sharex=True, figsize=(6, 4), layout="constrained")
    time, marker = frame["seconds"] / length, "o" if len(frame) <= 40 else ""
    top.plot([0, *time], [0, *frame["answered"]], marker=marker, markersize=4)
    top.set(ylabel="rows answered", ylim=(0, None))
    rates = frame["rows_per_second"]
    below.step([0, *time], [*rates[:1], *rates], where="pre", color="#c44e52")
    below.set(xlabel=unit, ylabel="rows per second", ylim=(0, None), xlim=(0, None))
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
    """Draw how many rows have each status, and each brand.

    Parameters
    ----------
    statuses, brands : mapping of str to int
        Rows per status and per brand (`BulkSummary.statuses`, `BulkSummary.brands`).
    most : int
        Brands to show, the most frequent ones; the others share a bar.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_counts({"ok": 7, "timeout": 1}, {"shell": 4, "no-logo": 3})
    """
    by_count = sorted(brands.items(), key=lambda item: (-item[1], item[0]))
    if len(by_count) > most:
        others = f"{len(by_count) - most} others"
        by_count = [*by_count[:most], (others, sum(count for _, count in by_count[most:]))]
    panels = [("status", list(statuses.items())), ("brand", by_count)]
    panels = [(title, counts) for title, counts in panels if counts]
    longest = max([1, *(len(counts) for _, counts in panels)])
    size = {"figsize": (9, 0.8 + 0.25 * longest), "squeeze": False, "layout": "constrained"}
    figure, axes = plt.subplots(1, len(panels) or 1, **size)
    for axis, (title, counts) in zip(axes.flat, panels, strict=False):
        bars = axis.barh([name for name, _ in counts], [count for _, count in counts])
        axis.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        axis.set(title=f"by {title}", xlabel="rows", ylim=(longest - 0.5, -0.5))  # from the top
        axis.margins(x=0.15)
    show_figure(figure, caption, alt)
