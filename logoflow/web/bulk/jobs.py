"""What is left to do: the URLs of each part of the input that have no answer yet."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from logoflow.web.bulk.seen_urls import SeenUrls
from logoflow.web.bulk.shards import Answer, answers_of, kept_answers, read_shard, shard_path


class Job(NamedTuple):
    """A part of the input and what is left to do for it.

    Attributes
    ----------
    number : int
        Number of the part and of its shard.
    part : pyarrow.Table
        The rows of the part.
    answers : list of Answer or None
        One per row; None where the answer is still missing.
    urls_to_fetch : list of str
        URLs that a worker has to fetch, each once.
    answered_in : dict of str to int
        For URLs that an earlier shard answers: the number of that shard.
    done : bool
        Whether the shard on disk already has all answers.
    """

    number: int
    part: pa.Table
    answers: list[Answer | None]
    urls_to_fetch: list[str]
    answered_in: dict[str, int]
    done: bool


def plan_jobs(
    parts: Iterable[pa.Table], folder: Path, seen: SeenUrls, retry_failed: bool
) -> Iterator[Job]:
    """Yield a job per part of the input.

    Parameters
    ----------
    parts : iterable of pyarrow.Table
        The input, as `read_parts` gives it.
    folder : Path
        Folder of shards. Answers that an earlier run left there are kept.
    seen : SeenUrls
        The URLs of all parts so far.
    retry_failed : bool
        Whether URLs that failed in an earlier run are fetched again.

    Yields
    ------
    Job
        In the order of the parts.

    Raises
    ------
    ValueError
        If a shard in the folder is damaged, or belongs to other rows.
    """
    for number, part in enumerate(parts):
        urls = urls_of(part)
        stored = _stored_answers(folder, number, part, retry_failed)
        answer_of = {url: answer for url, answer in zip(urls, stored, strict=True) if answer}
        answers = [answer or answer_of.get(url) for url, answer in zip(urls, stored, strict=True)]
        missing = {
            url: shard
            for url, shard, answer in zip(
                urls, seen.first_shard(urls, number), answers, strict=True
            )
            if answer is None
        }
        to_fetch = [url for url, shard in missing.items() if shard == number]
        answered_in = {url: shard for url, shard in missing.items() if shard != number}
        is_done = None not in stored and (part.num_rows > 0 or shard_path(folder, number).exists())
        yield Job(number, part, answers, to_fetch, answered_in, is_done)


def _stored_answers(
    folder: Path, number: int, part: pa.Table, retry_failed: bool
) -> list[Answer | None]:
    """Return the answers on disk, one per row of the part; None where an answer is missing."""
    kept = kept_answers(folder, number, part)
    usable = [None if retry_failed and answer.status != "ok" else answer for answer in kept]
    return usable + [None] * (part.num_rows - len(kept))


def complete_answers(job: Job, fetched: Sequence[Answer], folder: Path) -> list[Answer]:
    """Return the answers of all rows of a job.

    Parameters
    ----------
    job : Job
    fetched : sequence of Answer
        Answers for ``job.urls_to_fetch``, in that order.
    folder : Path
        Folder of shards. All shards in ``job.answered_in`` must have been written.

    Returns
    -------
    list of Answer
        One per row.
    """
    answer_of = dict(zip(job.urls_to_fetch, fetched, strict=True))
    for url, shard in sorted(job.answered_in.items(), key=itemgetter(1)):
        path = shard_path(folder, shard)
        answer_of[url] = _answers_by_url(path, path.stat().st_mtime_ns)[url]
    rows = zip(urls_of(job.part), job.answers, strict=True)
    return [answer or answer_of[url] for url, answer in rows]


def urls_of(part: pa.Table) -> list[str]:
    """Return a part's URLs, stripped; an empty string where there is none."""
    return [(url or "").strip() for url in part["url"].to_pylist()]


@lru_cache(maxsize=8)
def _answers_by_url(path: Path, _written: int) -> dict[str, Answer]:
    """Read a shard's answers; `_written` makes the cache forget a shard that was rewritten."""
    table = read_shard(path)
    return dict(zip(urls_of(table), answers_of(table), strict=True))
