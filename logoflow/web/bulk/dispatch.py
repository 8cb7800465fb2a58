"""Send the parts of the input to workers and write their shards, a few parts at a time."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from logoflow.web.bulk.dask_cluster import SCHEDULER_GONE, count_workers, wait_for_any
from logoflow.web.bulk.jobs import Job, complete_answers
from logoflow.web.bulk.shards import Answer, write_shard
from logoflow.web.bulk.tally import Tally
from logoflow.web.bulk.worker import Options, answer_urls

_RESULT_TIMEOUT = 30  # seconds to transfer a task's answers; then the task is looked at again
_FEW_URLS = 64  # a piece of at most so many URLs that crashed workers is tried URL by URL
_JOBS_PER_WORKER = 3  # one to classify, one to fetch, and one while another waits for a slow server


class _Dispatcher:
    """Jobs that have begun and whose shards are not written yet.

    Attributes
    ----------
    at_workers : dict of Future to Job
        Jobs that workers have in hand.
    answered : dict of int to (Job, list of Answer)
        Jobs that workers have answered, by number. They may wait for the shard of another job.
    suspects : list of Job
        Jobs that crashed every worker that tried them.
    """

    def __init__(self, client: Client, options: Options, folder: Path, tally: Tally) -> None:
        self.client, self.options, self.folder, self.tally = client, options, folder, tally
        self.at_workers: dict[Future, Job] = {}
        self.answered: dict[int, tuple[Job, list[Answer]]] = {}
        self.suspects: list[Job] = []

    def send(self, job: Job) -> None:
        """Give a job to a worker, if it has anything to fetch."""
        if job.urls_to_fetch:
            self.at_workers[self.submit(job.urls_to_fetch)] = job
        else:
            self.answered[job.number] = (job, [])

    def submit(self, urls: list[str]) -> Future:
        """Start a task that answers URLs, at any worker."""
        return self.client.submit(answer_urls, urls, self.options, pure=False)

    def receive(self) -> None:
        """Wait until a worker has finished a job. A job that crashed its workers is set aside."""
        if self.at_workers:
            for future in wait_for_any(self.client, list(self.at_workers), self.tally.report):
                job = self.at_workers.pop(future)
                answers = _result(self.client, future)
                if answers is None:
                    self.suspects.append(job)
                else:
                    self.answered[job.number] = (job, answers)

    def retry_suspect(self) -> None:
        """Find the crashing URLs of a suspect, once no other job is at a worker."""
        if self.suspects and not self.at_workers:
            job = self.suspects.pop()
            self.answered[job.number] = (job, _answer_in_pieces(self, job.urls_to_fetch))

    def write(self) -> None:
        """Write the shards that need no answers of an unwritten shard."""
        for number in sorted(self.answered):
            job, fetched = self.answered[number]
            if not set(job.answered_in.values()) & self.unwritten():
                answers = complete_answers(job, fetched, self.folder)
                write_shard(self.folder, number, job.part, answers, self.options.model)
                del self.answered[number]
                self.tally.count(answers)

    def unwritten(self) -> set[int]:
        """Return the numbers of the jobs whose shards are still to be written."""
        at_workers = {job.number for job in self.at_workers.values()}
        return at_workers | set(self.answered) | {job.number for job in self.suspects}

    def has_room(self) -> bool:
        """Return whether another job may begin."""
        limit = _JOBS_PER_WORKER * max(1, count_workers(self.client))
        return not self.suspects and len(self.unwritten()) < limit


def run_jobs(
    jobs: Iterator[Job], client: Client, options: Options, folder: Path, tally: Tally
) -> None:
    """Do all jobs and write their shards.

    Parameters
    ----------
    jobs : iterator of Job
        Read as workers become free.
    client : distributed.Client
        Client of a cluster whose workers have the classifier.
    options : Options
    folder : Path
        Folder of shards.
    tally : Tally
        Counts the rows that are written.

    Raises
    ------
    Exception
        Whatever `jobs` raises. The jobs before it are written first.
    ConnectionError
        If the scheduler or all workers go away.
    OSError
        If a shard cannot be written.
    KeyboardInterrupt
        If the user stops the run. The message says how to continue.
    """
    dispatcher, has_more_jobs = _Dispatcher(client, options, folder, tally), True
    input_errors: list[Exception] = []
    try:
        while has_more_jobs or dispatcher.unwritten():
            while has_more_jobs and dispatcher.has_room():
                job = _next_job(jobs, input_errors)
                has_more_jobs = job is not None
                if job is not None:
                    dispatcher.send(job)
            dispatcher.receive()
            dispatcher.retry_suspect()
            dispatcher.write()
        if input_errors:
            raise input_errors[0]
    except KeyboardInterrupt:
        rows = tally.statuses.total()
        raise KeyboardInterrupt(
            f"Stopped. {rows} rows are answered in {folder}. Make the same call again: it "
            "continues from there."
        ) from None
    finally:
        with suppress(Exception):  # the scheduler may be gone
            client.cancel(list(dispatcher.at_workers))


def _next_job(jobs: Iterator[Job], errors: list[Exception]) -> Job | None:
    """Return the next job, or None at the end of the input or at an error, which is noted."""
    try:
        return next(jobs, None)
    except Exception as error:
        errors.append(error)
        return None


def _result(client: Client, future: Future) -> list[Answer] | None:
    """Return a task's answers, or None if every worker that tried the task crashed.

    A worker or the scheduler may go away at any line of this function.
    """
    while True:
        wait_for_any(client, [future])
        try:
            error = future.exception(timeout=_RESULT_TIMEOUT)
            answers = None if error else future.result(timeout=_RESULT_TIMEOUT)
        except TimeoutError:
            continue  # the worker went away before it sent the answers: another one has to do it
        except KilledWorker:  # every worker that tried the task crashed
            return None
        except (Exception, asyncio.CancelledError) as problem:
            # An error of the task itself is in `error`. This one is about the connection.
            if isinstance(problem, OSError) or future.cancelled():
                raise ConnectionError(SCHEDULER_GONE) from problem
            raise
        if isinstance(error, KilledWorker):
            return None
        if error:
            raise error
        return answers


def _answer_in_pieces(dispatcher: _Dispatcher, urls: list[str]) -> list[Answer]:
    """Answer URLs of which at least one crashes workers, in ever smaller pieces.

    Only one piece at a time is at a worker, so that no other job crashes with it. A crash takes
    seconds, much longer than a URL, so few URLs are tried one by one.
    """
    answers = []
    size = 1 if len(urls) <= _FEW_URLS else math.isqrt(len(urls)) + 1
    for start in range(0, len(urls), size):
        piece = urls[start : start + size]
        result = _result(dispatcher.client, dispatcher.submit(piece))
        if result is None and len(piece) == 1:
            result = [Answer("crashed", "took down each worker that tried it; left out")]
        answers += _answer_in_pieces(dispatcher, piece) if result is None else result
    return answers
