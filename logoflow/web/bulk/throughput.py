"""The speed of a bulk run, from the answers in its folder."""

import math
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from logoflow.utils.addresses import local_path
from logoflow.web.bulk.shards import LOCK, SETTINGS

_MIN_PAUSE = 60  # seconds without a new shard; a shorter wait is never a pause


def throughput(output: Path | str, over: int | None = None) -> pd.DataFrame:
    """Compute how fast the answers in a folder came, from the times when the shards were written.

    The time between a run that was stopped and the run that continued it is left out. The start of
    the latest run is known. In earlier runs, the wait for a shard counts as a pause if it is longer
    than a minute and longer than ten times the 90th percentile of all waits.

    Parameters
    ----------
    output : Path or str
        A folder that `logoflow.classify_urls` wrote.
    over : int, optional
        Number of shards over which ``rows_per_second`` is averaged, because many workers finish
        their shards in bursts. Default: a twentieth of all shards.

    Returns
    -------
    DataFrame
        One row per shard, in the order in which they were written:

        - ``shard``: number of the shard;
        - ``rows``: rows in the shard;
        - ``answered``: rows so far;
        - ``seconds``: working time so far;
        - ``rows_per_second``: missing where the start of a shard is not known.

        A shard that was written twice counts with all its rows at its last place.

    Raises
    ------
    FileNotFoundError
        If the folder has no shards.

    Examples
    --------
    >>> Path("predictions").mkdir()
    >>> for number in range(2):
    ...     answers = pd.DataFrame({"url": ["http://a/1.jpg"] * 500})
    ...     answers.to_parquet(f"predictions/part-{number:06d}.parquet")
    >>> throughput("predictions").answered.tolist()
    [500, 1000]
    """
    output = local_path(output)
    written = sorted((path.stat().st_mtime, path) for path in output.glob("part-*.parquet"))
    if not written:
        raise FileNotFoundError(f"No shards of answers in {output}.")
    times = pd.Series([time for time, _ in written])
    rows = pd.Series([pq.read_metadata(path).num_rows for _, path in written])
    seconds = _seconds_per_shard(times, _run_starts(output))
    over = over or max(1, len(written) // 20)
    recent_rows = rows.where(seconds.notna()).rolling(over, min_periods=1).sum()
    recent_seconds = seconds.rolling(over, min_periods=1).sum()
    return pd.DataFrame(
        {
            "shard": [int(path.stem.removeprefix("part-")) for _, path in written],
            "rows": rows,
            "answered": rows.cumsum(),
            "seconds": seconds.fillna(0).cumsum(),
            "rows_per_second": recent_rows / recent_seconds.where(recent_seconds > 0),
        }
    )


def _run_starts(output: Path) -> list[float]:
    """Return when the first run and the latest run began: each writes a file at its start."""
    files = (output / SETTINGS, output / LOCK)
    return [path.stat().st_mtime for path in files if path.exists()]


def _seconds_per_shard(times: pd.Series, starts: list[float]) -> pd.Series:
    """Return the time that each shard took, from the shard or run start before it.

    Pauses, and times whose start is not known, are missing.
    """
    previous = times.shift().fillna(-math.inf)
    begin_times = [
        max([last, *(start for start in starts if start <= time)])
        for last, time in zip(previous, times, strict=True)
    ]
    seconds = (times - begin_times).replace(math.inf, math.nan)
    usual_seconds = seconds.quantile(0.9, interpolation="lower")
    return seconds.mask(seconds > max(_MIN_PAUSE, 10 * usual_seconds))
