"""What a folder of answers tells about its run: counts, and how fast they came."""

import math
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from logoflow.web.bulk.shards import SETTINGS

_PAUSE = 60  # seconds without a shard, at least, that may be a pause


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
