"""Parts of the input out to workers, shards of answers in, a bounded number at a time."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from distributed import Client, Future
from distributed.scheduler import KilledWorker
from tqdm.auto import tqdm

from logoflow.utils.progress import watched
from logoflow.web.bulk.dask_cluster import GONE, count_workers, wait_for_one
from logoflow.web.bulk.jobs import Job, completed
from logoflow.web.bulk.shards import Answer, write_shard
from logoflow.web.bulk.worker import Options, answer_urls

_FETCH = 30  # seconds to bring a task's answers; then its state is asked for again


class Tally:
    """Counts rows by status and brand, and shows them where a person watches."""

    def __init__(self) -> None:
        self.parts = 0
        self.statuses: Counter[str] = Counter()
        self.brands: Counter[str | None] = Counter()
        self._bar = tqdm(desc="classify_urls", unit="row", disable=not watched())

    def count(self, answers: Sequence[Answer]) -> None:
        """Count a part's rows."""
        self.parts += 1
        self.statuses.update(answer.status for answer in answers)
        self.brands.update(answer.brand for answer in answers if answer.status == "ok")
        self._bar.set_postfix(dict(self.statuses.most_common(4)), refresh=False)
        self._bar.update(len(answers))

    def close(self) -> None:
        """Leave the counts on the screen."""
        self._bar.close()


class _Work:
    """What is under way: parts at workers, and answers that wait for an earlier shard's."""

    def __init__(self, client: Client, options: Options, folder: Path, tally: Tally) -> None:
        self.client, self.options, self.folder, self.tally = client, options, folder, tally
        self.out: dict[Future, Job] = {}
        self.back: dict[int, tuple[Job, list[Answer]]] = {}
        self.suspects: list[Job] = []

    def send(self, job: Job) -> None:
        """Give a job to some worker, if it needs one."""
        if job.ask:
            self.out[self.ask(job.ask)] = job
        else:
            self.back[job.number] = (job, [])

    def ask(self, urls: list[str]) -> Future:
        return self.client.submit(answer_urls, urls, self.options, pure=False)

    def receive(self) -> None:
        """Wait until a job is back; one that took workers down is put aside."""
        if self.out:
            for future in wait_for_one(self.client, list(self.out)):
                job = self.out.pop(future)
                answers = _result(self.client, future)
                if answers is None:
                    self.suspects.append(job)
                else:
                    self.back[job.number] = (job, answers)

    def write(self) -> None:
        """Write the shards that wait for no other."""
        for number in sorted(self.back):
            job, answers = self.back[number]
            if not set(job.elsewhere.values()) & self.under_way():
                rows = completed(job, answers, self.folder)
                write_shard(self.folder, number, job.part, rows, self.options.model)
                del self.back[number]
                self.tally.count(rows)

    def under_way(self) -> set[int]:
        """Numbers of the shards that are still to be written."""
        out = {job.number for job in self.out.values()}
        return out | set(self.back) | {job.number for job in self.suspects}

    def room(self) -> bool:
        """Whether there may be more under way.

        Three for each worker: one for its net, one to fetch for meanwhile, and one for when
        another waits for a server that does not answer.
        """
        workers = count_workers(self.client)
        return not self.suspects and len(self.under_way()) < 3 * max(1, workers)


def work_through(
    jobs: Iterator[Job], client: Client, options: Options, folder: Path, tally: Tally
) -> None:
    """Have all jobs done and written.

    Raises
    ------
    Exception
        Whatever `jobs` raises, once those before it are written.
    ConnectionError
        If the scheduler or all workers go away.
    OSError
        If a shard cannot be written.
    KeyboardInterrupt
        If it is stopped; it says how to go on.
    """
    work, more = _Work(client, options, folder, tally), True
    wrong: list[Exception] = []
    try:
        while more or work.under_way():
            while more and work.room():
                job = _next(jobs, wrong)
                more = job is not None
                if job is not None:
                    work.send(job)
            work.receive()
            if work.suspects and not work.out:
                job = work.suspects.pop()
                work.back[job.number] = (job, _alone(work, job.ask))
            work.write()
        if wrong:
            raise wrong[0]
    except KeyboardInterrupt:
        done = tally.statuses.total()
        raise KeyboardInterrupt(
            f"Stopped. {done} rows are answered in {folder}; the same call goes on from there."
        ) from None
    finally:
        with suppress(Exception):  # the scheduler may be gone
            client.cancel(list(work.out))


def _next(jobs: Iterator[Job], wrong: list[Exception]) -> Job | None:
    """The next job; None at the input's end, and where it goes wrong, which is told later."""
    try:
        return next(jobs, None)
    except Exception as error:
        wrong.append(error)
        return None


def _result(client: Client, future: Future) -> list[Answer] | None:
    """A task's answers; None if each worker that tried it went down.

    Workers and the scheduler may go away at any line of it.
    """
    while True:
        wait_for_one(client, [future])
        try:
            error = future.exception(timeout=_FETCH)
            answers = None if error else future.result(timeout=_FETCH)
        except TimeoutError:
            continue  # its worker went away before it gave the answers: another one has to come
        except (Exception, asyncio.CancelledError) as problem:
            # What the task itself raised is `error`: this is of the way to it.
            if isinstance(problem, OSError) or future.cancelled():
                raise ConnectionError(GONE) from problem
            raise
        if isinstance(error, KilledWorker):
            return None
        if error:
            raise error
        return answers


def _alone(work: _Work, urls: list[str]) -> list[Answer]:
    """Answer URLs one of which takes workers down: in smaller pieces, nothing beside them."""
    answers = []
    size = max(1, min(len(urls) - 1, math.isqrt(len(urls)) + 1))
    for start in range(0, len(urls), size):
        piece = urls[start : start + size]
        future = work.ask(piece)
        found = _result(work.client, future)
        if found is None and len(piece) == 1:
            found = [Answer("crashed", "took down each worker that tried it; left out")]
        answers += _alone(work, piece) if found is None else found
    return answers
