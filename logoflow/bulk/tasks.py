"""What a worker does: fetch the pictures of some URLs by threads, classify them in batches."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import cloudpickle
import numpy as np
from distributed import secede

from logoflow.bulk.shards import Answer
from logoflow.fetching import FetchError, fetch_image
from logoflow.images import ImageError, decode_image

MAX_PIXELS = 50_000_000
_FULL = 50_000_000  # pixels waiting for the net that make a batch, however few pictures they are
_LEAST = 500_000  # that a picture counts for, so that small ones are not gathered by the thousand
_REMEMBERED = 10_000  # answers by picture; each takes about 1 KB


class Options(NamedTuple):
    """How to fetch and classify; see `logoflow.classify_urls`. `run` finds the classifier."""

    run: str
    model: str
    views: int | None
    top_k: int
    batch_size: int
    threads: int
    per_host: int
    allow_private: bool


class Picture(NamedTuple):
    """A picture that waits for its answer; without pixels where it was answered before."""

    number: int
    pixels: np.ndarray
    facts: Answer


class Budget:
    """Lets threads decode while few enough pixels wait, so that memory has a limit.

    A batch is due with `_FULL` pixels, and the largest picture fits beside that: so whoever waits
    here gets through.
    """

    def __init__(self, pixels: int) -> None:
        self._left = pixels
        self._changed = threading.Condition()

    def take(self, pixels: int) -> None:
        """Wait until so many are left."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= pixels)
            self._left -= pixels

    def give(self, pixels: int) -> None:
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
    with ThreadPoolExecutor(options.threads) as pool:
        pending = [pool.submit(_take_up, n, url, options, budget) for n, url in enumerate(urls)]
        for picture in _as_they_come(pending):
            if picture.pixels is None:
                answers[picture.number] = picture.facts
                continue
            waiting.append(picture)
            full = sum(_weight(one.pixels) for one in waiting) >= _FULL
            if full or len(waiting) == options.batch_size:
                _answer(waiting, answers, options, budget)
        _answer(waiting, answers, options, budget)
    return answers


def _as_they_come(pending: list[Future]) -> Iterator[Picture]:
    """Results in the order that they are there."""
    next_may_begin = False
    for future in as_completed(pending):
        if not next_may_begin and (pending[-1].running() or pending[-1].done()):
            next_may_begin = True
            _let_next_begin()
        yield future.result()


def _let_next_begin() -> None:
    """Tell a Dask worker, if this is one, that this task's thread is free for another task."""
    with suppress(ValueError, AttributeError):  # called without Dask
        secede()


def _take_up(number: int, url: str | None, options: Options, budget: Budget) -> Picture:
    """Fetch and decode a URL's picture, or say what is wrong with it."""
    start = time.perf_counter()
    pixels = None
    try:
        pixels, facts = _fetch(url, options, budget)
    except FetchError as error:
        facts = Answer(error.kind, error.reason)
    except ImageError as error:
        facts = Answer("not_an_image", str(error))
    except Exception as error:  # a bug of ours costs a row, not the run
        facts = Answer("failed", f"{type(error).__name__}: {error}")
    return Picture(number, pixels, facts._replace(seconds=time.perf_counter() - start))


def _fetch(url: str | None, options: Options, budget: Budget) -> tuple[np.ndarray | None, Answer]:
    """A picture's pixels and what is known of it; no pixels if its bytes are answered already."""
    if not url:
        return None, Answer("refused", "there is no URL in this row")
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
    known = _known.get((options.model, options.views, options.top_k, fetched.sha256))
    if known:
        return None, _with_brand(facts, known)
    weight = max(_LEAST, fetched.width * fetched.height)
    budget.take(weight)
    try:
        pixels = decode_image(fetched.content, max_pixels=MAX_PIXELS, source="the answer")
    except BaseException:
        budget.give(weight)
        raise
    return pixels, facts


def _weight(pixels: np.ndarray) -> int:
    return max(_LEAST, pixels.shape[0] * pixels.shape[1])


def _answer(
    waiting: list[Picture], answers: list[Answer | None], options: Options, budget: Budget
) -> None:
    """Classify the pictures that wait, and let go of their pixels."""
    # In one thread for all tasks: MXNet's compiled graphs are for one at a time, and it would
    # prepare itself again in each new one, which takes as long as a batch.
    found = _net_thread.submit(_classify, waiting, options).result()
    for one in waiting:
        answers[one.number] = _with_brand(one.facts, found[one.facts.sha256])
        budget.give(_weight(one.pixels))
    waiting.clear()


def _classify(waiting: list[Picture], options: Options) -> dict[str, Answer]:
    """Answers by picture; equal ones are classified once, in this batch and later ones."""
    name = (options.model, options.views, options.top_k)
    new = {one.facts.sha256: one.pixels for one in waiting}
    found = {sha256: _known[(*name, sha256)] for sha256 in new if (*name, sha256) in _known}
    new = {sha256: pixels for sha256, pixels in new.items() if sha256 not in found}
    found |= zip(new, _predict(list(new.values()), options), strict=True)
    for sha256 in new:
        if found[sha256].status == "ok":
            _known[(*name, sha256)] = found[sha256]
    while len(_known) > _REMEMBERED:
        _known.popitem(last=False)
    return found


def _predict(pictures: list[np.ndarray], options: Options) -> list[Answer]:
    """Classify a batch; if that fails, one by one, so that only the culprit is without answer."""
    if not pictures:
        return []
    try:
        frame = classifier_of(options.run).predict(
            pictures, views=options.views, batch_size=options.batch_size, top_k=options.top_k
        )
    except Exception as error:
        if len(pictures) > 1:
            return [answer for one in pictures for answer in _predict([one], options)]
        return [Answer("failed", f"classifying: {type(error).__name__}: {error}")]
    rows = zip(frame.brand, frame.probability, frame.top_k, strict=True)
    return [Answer("ok", None, str(b), float(p), _top(top)) for b, p, top in rows]


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


def classifier_of(run: str) -> object:
    """The classifier that was shipped for a run, made once per process."""
    return _unpickled(_shipped[run])


@lru_cache(maxsize=2)  # a long-lived worker sees many models
def _unpickled(digest: str) -> object:
    return cloudpickle.loads(_pickled[digest])
