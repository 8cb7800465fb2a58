"""What a folder of answers tells about its run: counts, and how fast they came."""

import math
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pyarrow.parquet as pq

from logoflow.bulk.runs import BulkSummary
from logoflow.bulk.shards import SETTINGS
from logoflow.plots import show_figure

_PAUSE = 60  # seconds without a shard, at least, that may be a pause
_UNITS = ((7200, "hours", 3600), (300, "minutes", 60), (0, "seconds", 1))


def throughput(output: Path | str, over: int | None = None) -> pd.DataFrame:
    """Tell how fast the answers in a folder came, by when its shards were written.

    Where a run was stopped and went on later, the pause is left out: when the latest run began
    is known, and before that a wait of more than a minute that is ten times as long as nine in
    ten others is taken for a pause.

    Parameters
    ----------
    output : path
        The folder that `logoflow.classify_urls` wrote.
    over : int, optional
        Shards that `rows_per_second` is averaged over, since many workers' shards come in
        clumps; by default a twentieth of them all.

    Returns
    -------
    DataFrame
        A row per shard, as they came: ``shard``, its number; ``rows`` in it; ``answered``, rows
        so far; ``seconds`` of work so far; ``rows_per_second``, missing where a shard's begin
        is not known. A shard that was written again counts with all its rows, and last.

    Raises
    ------
    FileNotFoundError
        If there are no shards.

    Examples
    --------
    >>> throughput("predictions").rows_per_second.median()
    41.7
    """
    output = Path(output)
    written = sorted((path.stat().st_mtime, path) for path in output.glob("part-*.parquet"))
    if not written:
        raise FileNotFoundError(f"No shards of answers in {output}.")
    times = pd.Series([time for time, _ in written])
    rows = pd.Series([pq.read_metadata(path).num_rows for _, path in written])
    took = _took(times, _starts(output))
    over = over or max(1, len(written) // 20)
    known = rows.where(took.notna()).rolling(over, min_periods=1).sum()
    spent = took.rolling(over, min_periods=1).sum()
    return pd.DataFrame(
        {
            "shard": [int(path.stem.removeprefix("part-")) for _, path in written],
            "rows": rows,
            "answered": rows.cumsum(),
            "seconds": took.fillna(0).cumsum(),
            "rows_per_second": known / spent.where(spent > 0),
        }
    )


def _starts(output: Path) -> list[float]:
    """When the first run began, and the latest: each writes a file then."""
    files = (output / SETTINGS, output / ".lock")
    return [path.stat().st_mtime for path in files if path.exists()]


def _took(times: pd.Series, starts: list[float]) -> pd.Series:
    """Seconds from a shard's begin, the one before or the start of its run, to its end."""
    before = times.shift().fillna(-math.inf)
    begun = [
        max([last, *(start for start in starts if start <= time)])
        for last, time in zip(before, times, strict=True)
    ]
    took = (times - begun).replace(math.inf, math.nan)
    usual = took.quantile(0.9, interpolation="lower")
    return took.mask(took > max(_PAUSE, 10 * usual))


def plot_throughput(frame: pd.DataFrame, *, caption: str = "", alt: str = "") -> None:
    """Draw rows answered over time, and rows per second below.

    Parameters
    ----------
    frame : DataFrame
        `throughput`.
    caption, alt : str
        See `logoflow.show_figure`.

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


def plot_counts(summary: BulkSummary, most: int = 20, *, caption: str = "", alt: str = "") -> None:
    """Draw how many rows have each status, and each brand.

    Parameters
    ----------
    summary : BulkSummary
        What `logoflow.classify_urls` gives.
    most : int
        Brands to show, the most frequent ones; the others share a bar.
    caption, alt : str
        See `logoflow.show_figure`.

    Examples
    --------
    >>> plot_counts(classify_urls("posts.csv", classifier, "predictions"))
    """
    brands = sorted(summary.brands.items(), key=lambda item: (-item[1], item[0]))
    if len(brands) > most:
        others = f"{len(brands) - most} others"
        brands = [*brands[:most], (others, sum(count for _, count in brands[most:]))]
    panels = [("status", list(summary.statuses.items())), ("brand", brands)]
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
