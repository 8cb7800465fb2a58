"""What a worker does: fetch the pictures of some URLs by threads, classify them in batches."""

import hashlib
import math
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
from distributed import secede

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import decode_image
from logoflow.inference.levels import Level
from logoflow.web.bulk.shards import Answer

MAX_PIXELS = 50_000_000
_FULL = 50_000_000  # pixels waiting for the net that make a batch, however few pictures they are
_LEAST = 500_000  # that a picture counts for, so that small ones are not gathered by the thousand
_REMEMBERED = 10_000  # answers by picture; each takes about 1 KB


class Options(NamedTuple):
    """How to fetch and classify; see `logoflow.classify_urls`. `run` finds the classifier."""

    run: str
    model: str
    level: Level | None
    top_k: int
    batch_size: int
    threads: int
    per_host: int
    allow_private: bool


class Picture(NamedTuple):
    """A picture that waits for its answer; without pixels where it was answered before."""

    number: int
    pixels: np.ndarray | None
    facts: Answer
    weight: int = 0


class Budget:
    """Lets threads decode while few enough pixels wait, so that memory has a limit.

    A batch is due with `_FULL` pixels, and the largest picture fits beside that: so whoever waits
    here gets through.
    """

    def __init__(self, pixels: int) -> None:
        self._left: float = pixels
        self._changed = threading.Condition()

    def take(self, pixels: int) -> None:
        """Wait until so many are left."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= pixels)
            self._left -= pixels

    def give(self, pixels: float) -> None:
        """Hand them back."""
        with self._changed:
            self._left += pixels
            self._changed.notify_all()


_shipped: dict[str, str] = {}  # from runs to classifiers, by the hash of their bytes
_pickled: dict[str, bytes] = {}
_net_thread = ThreadPoolExecutor(1)
_known: OrderedDict[tuple, Answer] = OrderedDict()


def ship(run: str, pickled: bytes) -> None:
    """Put a classifier within this process's reach; it is unpickled when first needed."""
    _shipped[run] = hashlib.sha256(pickled).hexdigest()
    _pickled[_shipped[run]] = pickled


def unship(run: str) -> None:
    """Let go of a classifier's bytes; the last ones stay ready for a run that has them again."""
    _shipped.pop(run, None)
    for digest in set(_pickled) - set(_shipped.values()):
        del _pickled[digest]


def answer_urls(urls: Sequence[str | None], options: Options) -> list[Answer]:
    """Answer URLs, in their order. Nothing that is wrong with one of them harms another.

    Fetching and decoding go on in threads while the net is at work. Once the last URL has been
    taken up, a Dask worker may begin its next task, so that the net need not wait for that.
    """
    answers: list[Answer | None] = [None] * len(urls)
    budget, waiting = Budget(_FULL + MAX_PIXELS), []
    with ThreadPoolExecutor(options.threads) as pool, _nobody_left_waiting(pool, budget):
        pending = [pool.submit(_take_up, n, url, options, budget) for n, url in enumerate(urls)]
        for picture in _as_they_come(pending):
            if picture.pixels is None:
                answers[picture.number] = picture.facts
                continue
            waiting.append(picture)
            full = sum(one.weight for one in waiting) >= _FULL
            if full or len(waiting) == options.batch_size:
                _answer(waiting, answers, options, budget)
        _answer(waiting, answers, options, budget)
    return answers  # type: ignore[return-value]


@contextmanager
def _nobody_left_waiting(pool: ThreadPoolExecutor, budget: Budget) -> Iterator[None]:
    """If the task ends early, let those through who wait for pixels that nobody will give back."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        budget.give(math.inf)
        raise


def _as_they_come(pending: list[Future]) -> Iterator[Picture]:
    """Results in the order that they are there, and no longer: a future holds its pixels."""
    if not pending:
        return
    last, coming = pending[-1], as_completed(set(pending))
    pending.clear()
    next_may_begin = False
    for future in coming:
        if not next_may_begin and (last.running() or last.done()):
            next_may_begin = True
            _let_next_begin()
        yield future.result()
        del future


def _let_next_begin() -> None:
    """Tell a Dask worker, if this is one, that this task's thread is free for another task."""
    with suppress(ValueError, AttributeError):  # called without Dask
        secede()


def _take_up(number: int, url: str | None, options: Options, budget: Budget) -> Picture:
    """Fetch and decode a URL's picture, or say what is wrong with it."""
    start = time.perf_counter()
    pixels, weight = None, 0
    try:
        pixels, facts, weight = _fetch(url, options, budget)
    except FetchError as error:
        facts = Answer(error.kind, error.reason)
    except ImageError as error:
        facts = Answer("not_an_image", str(error))
    except Exception as error:  # a bug of ours costs a row, not the run
        facts = Answer("failed", f"{type(error).__name__}: {error}")
    return Picture(number, pixels, facts._replace(seconds=time.perf_counter() - start), weight)


def _fetch(
    url: str | None, options: Options, budget: Budget
) -> tuple[np.ndarray | None, Answer, int]:
    """A picture's pixels, what is known of it, and what it took of the budget.

    There are no pixels if its bytes are answered already.
    """
    if not url:
        return None, Answer("refused", "there is no URL in this row"), 0
    fetched = fetch_image(
        url,
        options.allow_private,
        per_host=options.per_host,
        max_pixels=MAX_PIXELS,
        cache=False,
        decode=False,
    )
    facts = Answer(
        "ok",
        width=fetched.width,
        height=fetched.height,
        sha256=fetched.sha256,
        final_url=fetched.url,
    )
    known = _known.get((*_kind_of(options), fetched.sha256))
    if known:
        return None, _with_brand(facts, known), 0
    weight = max(_LEAST, fetched.width * fetched.height)
    budget.take(weight)
    try:
        pixels = decode_image(fetched.content, max_pixels=MAX_PIXELS, source="the answer")
    except BaseException:
        budget.give(weight)
        raise
    return pixels, facts, weight


def _answer(
    waiting: list[Picture], answers: list[Answer | None], options: Options, budget: Budget
) -> None:
    """Classify the pictures that wait, and let go of their pixels."""
    # In one thread for all tasks: MXNet's compiled graphs are for one at a time, and it would
    # prepare itself again in each new one, which takes as long as a batch.
    found = _net_thread.submit(_classify, waiting, options).result()
    for one in waiting:
        answers[one.number] = _with_brand(one.facts, found[one.facts.sha256])  # type: ignore[index]
        budget.give(one.weight)
    waiting.clear()


def _classify(waiting: list[Picture], options: Options) -> dict[str, Answer]:
    """Answers by picture; equal ones are classified once, in this batch and later ones."""
    name = _kind_of(options)
    new = {one.facts.sha256: one.pixels for one in waiting}
    found = {sha256: _known[(*name, sha256)] for sha256 in new if (*name, sha256) in _known}
    new = {sha256: pixels for sha256, pixels in new.items() if sha256 not in found}
    found |= zip(new, _predict(list(new.values()), options), strict=True)  # type: ignore[arg-type]
    for sha256 in new:
        if found[sha256].status == "ok":
            _known[(*name, sha256)] = found[sha256]
    while len(_known) > _REMEMBERED:
        _known.popitem(last=False)
    return found  # type: ignore[return-value]


def _kind_of(options: Options) -> tuple:
    """What equal bytes get equal answers by."""
    return _shipped.get(options.run), options.level, options.top_k


def _predict(pictures: list[np.ndarray], options: Options) -> list[Answer]:
    """Classify a batch; if that fails, one by one, so that only the culprit is without answer."""
    if not pictures:
        return []
    classifier = classifier_of(options.run)  # if it is missing, that is no picture's fault
    try:
        frame = classifier.predict(
            pictures, level=options.level, batch_size=options.batch_size, top_k=options.top_k
        )
        rows = list(zip(frame.brand, frame.probability, frame.top_k, strict=True))
        if len(rows) != len(pictures):
            raise ValueError(f"{len(rows)} answers for {len(pictures)} pictures")
        return [Answer("ok", None, str(b), float(p), _top(top)) for b, p, top in rows]
    except Exception as error:
        if len(pictures) > 1:
            return [answer for one in pictures for answer in _predict([one], options)]
        return [Answer("failed", f"classifying: {type(error).__name__}: {error}")]


def _top(pairs: Sequence[tuple[str, float]]) -> list[dict]:
    return [{"brand": str(brand), "probability": float(p)} for brand, p in pairs]


def _with_brand(facts: Answer, found: Answer) -> Answer:
    """What is known of a picture, with what was found in equal bytes."""
    return facts._replace(
        status=found.status,
        error=found.error,
        brand=found.brand,
        probability=found.probability,
        top_k=found.top_k,
    )


def classifier_of(run: str) -> Any:
    """The classifier that was shipped for a run, made once per process."""
    if run not in _shipped:
        raise RuntimeError(
            f"The worker on {socket.gethostname()} was not given the classifier: its log says why, "
            "another version of logoflow perhaps. Stop it, and make the same call again."
        )
    return _unpickled(_shipped[run])


@lru_cache(maxsize=2)  # a long-lived worker sees many models
def _unpickled(digest: str) -> Any:
    return cloudpickle.loads(_pickled[digest])
