"""What is left to do: per part of the input, the URLs that no earlier run or row has answered."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from logoflow.web.bulk.seen_urls import SeenUrls
from logoflow.web.bulk.shards import Answer, answers_of, kept_answers, read_shard, shard_path


class Job(NamedTuple):
    """A part of the input and what to do for it.

    Attributes
    ----------
    number : int
        Of the part and its shard.
    part : pyarrow.Table
        Its rows.
    answers : list
        One per row; None where it is to be found.
    ask : list of str
        URLs to fetch, each once.
    elsewhere : dict
        From other URLs to the shard, an earlier one, that answers them.
    done : bool
        Whether the shard on disk has all answers already.
    """

    number: int
    part: pa.Table
    answers: list[Answer | None]
    ask: list[str]
    elsewhere: dict[str, int]
    done: bool


def plan(
    parts: Iterable[pa.Table], folder: Path, seen: SeenUrls, retry_failed: bool
) -> Iterator[Job]:
    """Give a job per part, in order."""
    for number, part in enumerate(parts):
        urls = urls_of(part)
        kept = kept_answers(folder, number, part)
        answers = [
            None if retry_failed and answer.status != "ok" else answer for answer in kept
        ] + [None] * (len(urls) - len(kept))
        done = None not in answers
        known = {url: answer for url, answer in zip(urls, answers, strict=True) if answer}
        answers = [answer or known.get(url) for url, answer in zip(urls, answers, strict=True)]
        homes = seen.homes(urls, number)
        open_rows = [
            (url, home)
            for url, home, answer in zip(urls, homes, answers, strict=True)
            if answer is None
        ]
        ask = list(dict.fromkeys(url for url, home in open_rows if home == number))
        elsewhere = {url: home for url, home in open_rows if home != number}
        yield Job(number, part, answers, ask, elsewhere, done)


def completed(job: Job, found: Sequence[Answer], folder: Path) -> list[Answer]:
    """All answers of a job's rows, given those of the URLs it asked for.

    The shards it looks into must have been written.
    """
    by_url = dict(zip(job.ask, found, strict=True))
    for url, home in sorted(job.elsewhere.items(), key=itemgetter(1)):
        path = shard_path(folder, home)
        by_url[url] = _answers_by_url(path, path.stat().st_mtime_ns)[url]
    rows = zip(urls_of(job.part), job.answers, strict=True)
    return [answer or by_url[url] for url, answer in rows]


def urls_of(part: pa.Table) -> list[str]:
    """A part's URLs without blanks around them, empty where there is none."""
    return [(url or "").strip() for url in part["url"].to_pylist()]


@lru_cache(maxsize=8)
def _answers_by_url(path: Path, _written: int) -> dict[str, Answer]:
    """What a shard says; read again if it was written again."""
    table = read_shard(path)
    return dict(zip(urls_of(table), answers_of(table), strict=True))
