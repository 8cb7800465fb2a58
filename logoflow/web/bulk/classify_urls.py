"""Classify many URLs: one call, from whatever lists them to a folder of answers."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import Level, LevelLike, as_level
from logoflow.utils.files import write_text
from logoflow.web.bulk.dask_cluster import connected
from logoflow.web.bulk.dispatch import Tally, work_through
from logoflow.web.bulk.inputs import read_parts
from logoflow.web.bulk.jobs import Job, plan
from logoflow.web.bulk.pickling import packed
from logoflow.web.bulk.seen_urls import SeenUrls
from logoflow.web.bulk.shards import SUMMARY, check_settings, extra_shards, only_run
from logoflow.web.bulk.worker import Options


class BulkSummary(NamedTuple):
    """What a run of `classify_urls` left.

    Attributes
    ----------
    output : pathlib.Path
        The folder of shards; ``pandas.read_parquet(output)`` reads all of them.
    rows : int
        As many as the input has.
    statuses, brands : dict
        How many rows have each status, and how many of those that are ``ok`` each brand.
    model : str
        What answered.
    seconds : float
        That this run took.
    """

    output: Path
    rows: int
    statuses: dict[str, int]
    brands: dict[str, int]
    model: str
    seconds: float


@refuse_views("level")
def classify_urls(
    urls: object,
    classifier: object,
    output: Path | str,
    *,
    cluster: object = None,
    column: str = "url",
    level: LevelLike | None = None,
    match_logos: bool | None = None,
    read_names: bool | None = None,
    top_k: int = 3,
    batch_size: int = 32,
    rows_per_shard: int = 500,
    threads: int = 32,
    per_host: int = 8,
    allow_private: bool = False,
    retry_failed: bool = False,
) -> BulkSummary:
    """Tell the brands in the pictures at many URLs, one row per row of the input whatever happens.

    A run that ended early, killed or interrupted, goes on where it was when the same call is made
    again. Equal URLs are fetched once, and equal bytes classified once by each worker.

    Parameters
    ----------
    urls : path, DataFrame or iterable of str
        Read as a stream: a text file with a URL a line, CSV, Parquet, a list. Other columns come
        through to the output; one named like a column of the answers as ``input_<name>``.
    classifier : LogoClassifier or path
        Or anything that can be pickled and has the same ``predict``; its ``name``, by default
        that of its class, is what tells models apart.
    output : path
        A folder for the shards ``part-*.parquet``, with columns ``url``, ``status`` (``ok`` or
        what went wrong), ``error``, ``brand``, ``probability``, ``top_k``, ``width``, ``height``,
        ``sha256``, ``final_url``, ``seconds`` (until it was decoded, waits included), ``model``.
    cluster : str, distributed.Client or Cluster, optional
        Where the work is done: by default on this machine's cores, else by the workers of a Dask
        scheduler, ``tcp://host:8786`` say, that have `logoflow` installed.
    column : str
        The one with the URLs, in a table.
    level, match_logos, read_names, top_k, batch_size
        As for `LogoClassifier.predict`.
    rows_per_shard : int
        What is done again, up to three times this for each worker, if all is switched off.
    threads, per_host : int
        Pictures fetched at once by a worker: for each of up to three shards, and from one host.
    allow_private : bool
        Fetch from loopback and private addresses too, servers of your own.
    retry_failed : bool
        Ask again for the rows that an earlier run could not answer.

    Returns
    -------
    BulkSummary
        Also written to the folder, as ``_summary.json``.

    Raises
    ------
    ValueError
        If the input cannot be read, or the folder holds answers of another model, other options
        or another input. Nothing is overwritten then.
    ConnectionError
        If no worker can be reached, or the scheduler or all workers go away.
    OSError
        If the disk is full. What was written before is whole.
    KeyboardInterrupt
        If you stop it; it says how to go on.

    Examples
    --------
    >>> classify_urls("posts.csv", classifier, "predictions", column="picture").statuses
    {'ok': 980, 'not_found': 15, 'timeout': 5}
    """
    start, folder = time.monotonic(), Path(output)
    _check_numbers(top_k=top_k, batch_size=batch_size, rows_per_shard=rows_per_shard)
    _check_numbers(threads=threads, per_host=per_host)
    _check_switches(allow_private=allow_private, retry_failed=retry_failed)
    classifier, model, pickled = packed(classifier)
    chosen = _chosen_level(classifier, level, match_logos, read_names)
    settings = {
        "model": model,
        "level": None if chosen is None else str(chosen),
        "top_k": top_k,
        "rows_per_shard": rows_per_shard,
    }
    run = uuid4().hex
    options = Options(run, model, chosen, top_k, batch_size, threads, per_host, allow_private)
    parts = read_parts(urls, column, rows_per_shard)
    with only_run(folder), closing(SeenUrls()) as seen, closing(Tally()) as tally:
        check_settings(folder, settings)
        jobs = _unfinished(plan(parts, folder, seen, retry_failed), tally)
        first = next(jobs, None)
        if first:
            _try_out(classifier, chosen, batch_size, top_k)
            with connected(cluster, run, pickled) as client:
                work_through(chain([first], jobs), client, options, folder, tally)
        _check_end(folder, tally.parts)
        return _summarised(folder, tally, model, time.monotonic() - start)


def _check_numbers(**numbers: int) -> None:
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} is {number!r}: give a whole number from 1.")


def _check_switches(**switches: bool) -> None:
    for name, switch in switches.items():
        if not isinstance(switch, bool):  # papermill passes "false" on as a word
            raise TypeError(f"{name} is {switch!r}: give True or False.")


def _chosen_level(
    classifier: object,
    level: LevelLike | None,
    match_logos: bool | None,
    read_names: bool | None,
) -> Level | None:
    """The level to predict at. None if nothing was chosen: the classifier's own default."""
    if level is match_logos is read_names is None:
        return None
    default = getattr(classifier, "level", None)
    return as_level(level, match_logos, read_names, default=default)


def _unfinished(jobs: Iterable[Job], tally: Tally) -> Iterator[Job]:
    """Jobs with something to do; the others count as they are."""
    for job in jobs:
        if job.done:
            tally.count(job.answers)  # type: ignore[arg-type]
        else:
            yield job


def _try_out(classifier: Any, level: Level | None, batch_size: int, top_k: int) -> None:
    """Have what is wrong with the classifier or its options raise here, not in a million rows."""
    # Ours tells without a picture, and sooner.
    grey = [] if isinstance(classifier, LogoClassifier) else [np.full((64, 64, 3), 128, np.uint8)]
    classifier.predict(grey, level=level, batch_size=batch_size, top_k=top_k)


def _check_end(folder: Path, parts: int) -> None:
    extra = extra_shards(folder, parts)
    if extra:
        raise ValueError(
            f"{extra[0]} answers rows beyond the input's end: the input has become shorter. "
            "Choose another output folder."
        )


def _summarised(folder: Path, tally: Tally, model: str, seconds: float) -> BulkSummary:
    """Count what is there, and keep that beside it."""
    counts = {
        "rows": tally.statuses.total(),
        "statuses": dict(tally.statuses.most_common()),
        "brands": dict(tally.brands.most_common()),
        "model": model,
    }
    write_text(folder / SUMMARY, json.dumps(counts, indent=1) + "\n")
    return BulkSummary(folder, **counts, seconds=seconds)  # type: ignore[arg-type]
