"""Classify the pictures at many URLs: from a list or a table of URLs to a folder of answers."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from logoflow.fetch.fetch_image import MAX_BYTES
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import Level, LevelLike, as_level
from logoflow.utils.addresses import local_path, storage_address
from logoflow.utils.files import write_text
from logoflow.utils.parameters import as_switch
from logoflow.utils.remote import output_folder
from logoflow.values import whole_number
from logoflow.web.bulk.calls import checked_fetch_options, refuse_unguarded_script
from logoflow.web.bulk.dask_cluster import connected
from logoflow.web.bulk.dispatch import run_jobs
from logoflow.web.bulk.inputs import read_parts
from logoflow.web.bulk.jobs import Job, plan_jobs
from logoflow.web.bulk.kept_failures import explain_kept_failures
from logoflow.web.bulk.pickling import pickle_classifier
from logoflow.web.bulk.seen_urls import SeenUrls
from logoflow.web.bulk.shards import (
    SUMMARY,
    check_settings,
    extra_shards,
    locked_folder,
    write_shard,
)
from logoflow.web.bulk.tally import Tally
from logoflow.web.bulk.worker import Options


class BulkSummary(NamedTuple):
    """The result of `classify_urls`.

    Attributes
    ----------
    output : Path or str
        The folder of answers, or its address. ``pandas.read_parquet(output)`` reads all of them.
    rows : int
        Number of rows in the input and in the output.
    statuses : dict of str to int
        Number of rows with each status.
    brands : dict of str to int
        Number of rows with each brand, if their status is ``ok``.
    model : str
        Name of the model that answered.
    seconds : float
        Time that this run took.
    """

    output: Path | str
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
    allow_files: bool = False,
    retry_failed: bool = False,
    max_bytes: int = MAX_BYTES,
    honour_opt_out: bool = True,
    **fetch_options: Any,
) -> BulkSummary:
    """Classify the pictures at many URLs. Every row of the input gives one row of the output.

    If a run ended early, the same call continues it. Each URL is fetched only once, however often
    it occurs. Each worker classifies equal bytes only once. A terminal shows a progress bar.
    Elsewhere the logger ``logoflow`` gets a line every 30 seconds, with the rows answered, the
    total if it is known, the rate and the time left.

    Parameters
    ----------
    urls : Path, str, DataFrame or iterable of str
        A text file with one URL per line, a CSV, TSV or Parquet file, a DataFrame, or the URLs
        themselves. Files are read as a stream. The other columns of a table are copied to the
        output. A column with the name of a column of the answers becomes ``input_<name>``.
    classifier : LogoClassifier, Path, str or object
        A classifier, or the folder of a saved one. Any other object works if it can be pickled and
        has the same ``predict``. Its attribute ``name``, or else the name of its class, identifies
        the model.
    output : Path or str
        Folder for the answers, or an address of fsspec such as ``s3://bucket/answers``. The answers
        are in files ``part-*.parquet``. Their columns are ``url``, ``status``
        (``ok`` or the kind of error), ``error``, ``brand``, ``probability``, ``top_k``, ``reason``,
        ``width``, ``height``, ``sha256``, ``final_url``, ``seconds`` (until the picture was
        decoded, waiting times included) and ``model``.
    cluster : str, distributed.Client or Cluster, optional
        Where the work is done. Default: on all cores of this machine. The address of a Dask
        scheduler, such as ``tcp://host:8786``, uses its workers, which need `logoflow` installed.
    column : str
        Name of the column of URLs.
    level : Level or str, optional
        How closely to look, see `LogoClassifier.predict`.
    match_logos, read_names : bool, optional
        Switch the comparison with known logos, or the reading of brand names, on or off.
    top_k : int
        Number of the likeliest classes to list.
    batch_size : int
        Windows per pass through the network.
    rows_per_shard : int
        Rows per file of answers. After a power failure, up to three times this number of rows have
        to be done again for each worker.
    threads : int
        Pictures that a worker fetches at once, for each of up to three shards.
    per_host : int
        Pictures that a worker fetches at once from one host.
    allow_private : bool
        Whether to fetch from loopback and private addresses too, for servers of your own.
    allow_files : bool
        Whether to read files too, instead of only http and https URLs. An entry without a scheme is
        then a path on the machine of the worker. It may begin with ``~`` or ``file://`` and contain
        environment variables, and a relative path begins at the current folder of this call. Other
        entries, such as ``s3://bucket/cup.jpg``, are addresses of fsspec. Use this only for lists
        that you trust, because the answers tell what is in the files.
    retry_failed : bool
        Whether to fetch or read again what failed in an earlier run.
    max_bytes : int
        Largest size of a picture in bytes.
    honour_opt_out : bool
        Whether to skip pictures whose server opts out, in the header ``X-Robots-Tag``.
    **fetch_options
        Other options of `logoflow.fetch_image`: `connect_timeout`, `total_timeout`, `retries`,
        `user_agent` and `referer`.

    Returns
    -------
    BulkSummary
        Its counts are also written to the folder, as ``_summary.json``.

    Raises
    ------
    ValueError
        If the input cannot be read, or the folder holds answers for another model, other options
        or another input. Nothing is overwritten then.
    TypeError
        If the classifier has no ``predict`` or cannot be pickled.
    ConnectionError
        If no worker can be reached, or if the scheduler or all workers go away.
    RuntimeError
        If another run writes to the same folder, or a script calls this function outside of
        ``if __name__ == "__main__":``.
    OSError
        If the disk is full. The files that were written before are complete.
    KeyboardInterrupt
        If you stop the run. The message says how to continue.

    Warns
    -----
    UserWarning
        If rows in the folder failed under other options, and `retry_failed` is False.

    Examples
    --------
    This example needs a network, so the tests skip it.

    >>> classify_urls("posts.csv", classifier, "predictions", column="picture").statuses
    ... # doctest: +SKIP
    {'ok': 980, 'not_found': 15, 'timeout': 5}
    """
    start = time.monotonic()
    refuse_unguarded_script()
    top_k = whole_number("top_k", top_k, least=1)
    batch_size = whole_number("batch_size", batch_size, least=1)
    rows_per_shard = whole_number("rows_per_shard", rows_per_shard, least=1)
    threads = whole_number("threads", threads, least=1)
    per_host = whole_number("per_host", per_host, least=1)
    allow_private = as_switch("allow_private", allow_private)
    allow_files = as_switch("allow_files", allow_files)
    retry_failed = as_switch("retry_failed", retry_failed)
    fetch_options = checked_fetch_options(
        {"max_bytes": max_bytes, "honour_opt_out": honour_opt_out} | fetch_options
    )
    classifier, model, pickled = pickle_classifier(classifier)
    chosen_level = _chosen_level(classifier, level, match_logos, read_names)
    settings = {
        "model": model,
        "level": None if chosen_level is None else str(chosen_level),
        "top_k": top_k,
        "rows_per_shard": rows_per_shard,
    }
    run = uuid4().hex
    options = Options(
        run,
        model,
        chosen_level,
        top_k,
        batch_size,
        threads,
        per_host,
        allow_private,
        fetch_options,
        str(Path.cwd()) if allow_files else None,
    )
    fetching = {"allow_private": allow_private, "allow_files": allow_files, **fetch_options}
    parts = read_parts(urls, column, rows_per_shard)
    with (
        output_folder(output) as folder,
        locked_folder(folder),
        closing(SeenUrls()) as seen,
        closing(Tally(lambda: parts.rows)) as tally,
    ):
        check_settings(folder, settings)
        explain_kept_failures(folder, fetching, retry_failed)
        jobs = _unfinished(plan_jobs(parts, folder, seen, retry_failed), tally)
        first_job = next(jobs, None)
        tally.start()
        if first_job and not first_job.part.num_rows:  # the input has no rows: no worker is needed
            write_shard(folder, first_job.number, first_job.part, [], model)
            tally.count([])
        elif first_job:
            _try_out(classifier, chosen_level, batch_size, top_k)
            with connected(cluster, run, pickled) as client:
                run_jobs(chain([first_job], jobs), client, options, folder, tally)
        _check_no_shards_left_over(folder, tally.parts)
        summary = _write_summary(folder, tally, model, time.monotonic() - start)
    return summary._replace(output=_where(output))


def _where(output: Path | str) -> Path | str:
    """Return where the answers are: an address of fsspec as it was written, or a path."""
    return storage_address(output) or local_path(output)


def _chosen_level(
    classifier: object,
    level: LevelLike | None,
    match_logos: bool | None,
    read_names: bool | None,
) -> Level | None:
    """Return the level to predict at, or None to leave the choice to the classifier."""
    if level is match_logos is read_names is None:
        return None
    default = getattr(classifier, "level", None)
    return as_level(level, match_logos, read_names, default=default)


def _unfinished(jobs: Iterable[Job], tally: Tally) -> Iterator[Job]:
    """Yield the jobs with something to do, and count the others."""
    for job in jobs:
        if job.done:
            tally.keep(job.answers)  # type: ignore[arg-type]
        else:
            yield job


def _try_out(classifier: Any, level: Level | None, batch_size: int, top_k: int) -> None:
    """Raise the error of a wrong classifier or option now, instead of once in every row."""
    # A LogoClassifier checks its options without a picture, which is faster.
    grey = [] if isinstance(classifier, LogoClassifier) else [np.full((64, 64, 3), 128, np.uint8)]
    classifier.predict(grey, level=level, batch_size=batch_size, top_k=top_k)


def _check_no_shards_left_over(folder: Path, parts: int) -> None:
    extra = extra_shards(folder, parts)
    if extra:
        raise ValueError(
            f"{extra[0]} has answers for rows beyond the end of the input: the input has become "
            "shorter. Choose another output folder."
        )


def _write_summary(folder: Path, tally: Tally, model: str, seconds: float) -> BulkSummary:
    """Write the counts of a run into its folder, and return them."""
    counts = {
        "rows": tally.statuses.total(),
        "statuses": dict(tally.statuses.most_common()),
        "brands": dict(tally.brands.most_common()),
        "model": model,
    }
    write_text(folder / SUMMARY, json.dumps(counts, indent=1) + "\n")
    return BulkSummary(folder, **counts, seconds=seconds)  # type: ignore[arg-type]
