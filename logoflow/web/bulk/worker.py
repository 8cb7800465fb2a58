"""The work of a Dask worker: fetch pictures in threads and classify them in batches."""

import math
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
from distributed import secede

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.fetch_image import MAX_BYTES, Fetched, fetch_image
from logoflow.images.decode import decode_image
from logoflow.inference.levels import Level
from logoflow.web.bulk.classifiers import classifier_of, digest_of
from logoflow.web.bulk.picture_files import is_url, read_picture_file
from logoflow.web.bulk.pixel_budget import PixelBudget
from logoflow.web.bulk.shards import Answer

MAX_PIXELS = 50_000_000
_BATCH_PIXELS = 50_000_000  # this many waiting pixels make a batch, even of few pictures
_MIN_PICTURE_PIXELS = 500_000  # a smaller picture counts as this many: thousands must not pile up
_MAX_CACHED_ANSWERS = 10_000  # each takes about 1 KB


class Options(NamedTuple):
    """How a worker fetches and classifies; see `logoflow.classify_urls`.

    Attributes
    ----------
    run : str
        Key under which the run's classifier is registered.
    model : str
        Name of the model, which every shard holds.
    folder : str or None
        Folder at which relative paths of files begin. None: only URLs are read.
    """

    run: str
    model: str
    level: Level | None
    top_k: int
    batch_size: int
    threads: int
    per_host: int
    allow_private: bool
    fetch_options: dict[str, Any] = {}
    folder: str | None = None


class Picture(NamedTuple):
    """The result of fetching one URL.

    Attributes
    ----------
    row : int
        Index of the URL in the task.
    pixels : ndarray or None
        The decoded picture, which still has to be classified. None if the answer is complete.
    answer : Answer
        All that is known so far. It has no brand until the pixels are classified.
    reserved : int
        Pixels that the picture takes from the budget.
    """

    row: int
    pixels: np.ndarray | None
    answer: Answer
    reserved: int = 0


_predict_thread = ThreadPoolExecutor(1)
_answer_cache: OrderedDict[tuple, Answer] = OrderedDict()


def answer_urls(urls: Sequence[str | None], options: Options) -> list[Answer]:
    """Fetch and classify the pictures at some URLs.

    Threads fetch and decode pictures while the network classifies others. A URL that fails does
    not affect the other URLs. Once the last URL is being fetched, a Dask worker may start its next
    task, so that the network does not have to wait for the last pictures.

    Parameters
    ----------
    urls : sequence of str or None
        Addresses, or files if the options allow them. An empty one gets the status ``refused``.
    options : Options
        A classifier must be registered for its `run` (`register_classifier`).

    Returns
    -------
    list of Answer
        One per URL, in the order of `urls`.

    Raises
    ------
    RuntimeError
        If no classifier is registered for the run.
    """
    answers: list[Answer | None] = [None] * len(urls)
    budget, batch = PixelBudget(_BATCH_PIXELS + MAX_PIXELS), []
    with ThreadPoolExecutor(options.threads) as pool, _released_on_error(pool, budget):
        pending = [
            pool.submit(_fetch_and_decode, row, url, options, budget)
            for row, url in enumerate(urls)
        ]
        for picture in _pictures_as_completed(pending):
            if picture.pixels is None:
                answers[picture.row] = picture.answer
                continue
            batch.append(picture)
            if _is_full(batch, options.batch_size):
                _answer_batch(batch, answers, options, budget)
        _answer_batch(batch, answers, options, budget)
    return answers  # type: ignore[return-value]


@contextmanager
def _released_on_error(pool: ThreadPoolExecutor, budget: PixelBudget) -> Iterator[None]:
    """Release the threads that wait for the pixel budget when the task fails."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        budget.release(math.inf)
        raise


def _pictures_as_completed(pending: list[Future]) -> Iterator[Picture]:
    """Yield each picture when it is ready, and keep no reference to it: pixels take memory."""
    if not pending:
        return
    last, futures = pending[-1], as_completed(set(pending))
    pending.clear()
    may_next_task_start = False
    for future in futures:
        if not may_next_task_start and (last.running() or last.done()):
            may_next_task_start = True
            _let_next_task_start()
        yield future.result()
        del future


def _let_next_task_start() -> None:
    """Tell the Dask worker that this task's thread is free for another task."""
    with suppress(ValueError, AttributeError):  # called without Dask
        secede()


def _is_full(batch: list[Picture], batch_size: int) -> bool:
    pixels = sum(picture.reserved for picture in batch)
    return pixels >= _BATCH_PIXELS or len(batch) == batch_size


def _fetch_and_decode(row: int, url: str | None, options: Options, budget: PixelBudget) -> Picture:
    """Fetch and decode the picture at a URL. Every error becomes an answer."""
    start = time.perf_counter()
    try:
        picture = _load(row, url, options, budget)
    except FetchError as error:
        picture = Picture(row, None, Answer(error.kind, error.reason))
    except ImageError as error:
        picture = Picture(row, None, Answer("not_an_image", str(error)))
    except Exception as error:  # a bug of ours costs one row, not the run
        picture = Picture(row, None, Answer("failed", f"{type(error).__name__}: {error}"))
    seconds = time.perf_counter() - start
    return picture._replace(answer=picture.answer._replace(seconds=seconds))


def _load(row: int, url: str | None, options: Options, budget: PixelBudget) -> Picture:
    """Fetch a picture, and decode it unless equal bytes have been classified already."""
    if not url:
        return Picture(row, None, Answer("refused", "there is no URL in this row"))
    fetched = _fetch(url, options)
    answer = Answer(
        "ok",
        width=fetched.width,
        height=fetched.height,
        sha256=fetched.sha256,
        final_url=fetched.url,
    )
    cached = _answer_cache.get((*_cache_prefix(options), fetched.sha256))
    if cached:
        return Picture(row, None, _with_brand(answer, cached))
    pixels, reserved = _decode(fetched, budget, "the answer" if is_url(url) else "the file")
    return Picture(row, pixels, answer, reserved)


def _fetch(url: str, options: Options) -> Fetched:
    """Fetch a picture, or read its file if the options allow files."""
    if not is_url(url):
        max_bytes = options.fetch_options.get("max_bytes", MAX_BYTES)
        return read_picture_file(url, options.folder, max_bytes=max_bytes, max_pixels=MAX_PIXELS)
    return fetch_image(
        url,
        options.allow_private,
        per_host=options.per_host,
        max_pixels=MAX_PIXELS,
        cache=False,
        decode=False,
        **options.fetch_options,
    )


def _decode(fetched: Fetched, budget: PixelBudget, source: str) -> tuple[np.ndarray, int]:
    """Decode a picture once the budget allows it; also return the pixels taken of the budget."""
    reserved = max(_MIN_PICTURE_PIXELS, fetched.width * fetched.height)
    budget.acquire(reserved)
    try:
        pixels = decode_image(fetched.content, max_pixels=MAX_PIXELS, source=source)
    except BaseException:
        budget.release(reserved)
        raise
    return pixels, reserved


def _answer_batch(
    batch: list[Picture], answers: list[Answer | None], options: Options, budget: PixelBudget
) -> None:
    """Classify a batch, store its answers and free its pixels."""
    # All tasks of a process share one thread here. MXNet's compiled graphs are for one thread at a
    # time, and MXNet prepares itself again in each new thread, which takes as long as a batch.
    answer_of = _predict_thread.submit(_answers_by_hash, batch, options).result()
    for picture in batch:
        prediction = answer_of[picture.answer.sha256]  # type: ignore[index]
        answers[picture.row] = _with_brand(picture.answer, prediction)
        budget.release(picture.reserved)
    batch.clear()


def _answers_by_hash(batch: list[Picture], options: Options) -> dict[str, Answer]:
    """Classify each different picture of a batch once, and none that is in the cache."""
    prefix = _cache_prefix(options)
    pixels_of: dict[Any, Any] = {picture.answer.sha256: picture.pixels for picture in batch}
    answer_of = {
        sha256: _answer_cache[(*prefix, sha256)]
        for sha256 in pixels_of
        if (*prefix, sha256) in _answer_cache
    }
    new = [sha256 for sha256 in pixels_of if sha256 not in answer_of]
    predictions = _predict([pixels_of[sha256] for sha256 in new], options)
    for sha256, answer in zip(new, predictions, strict=True):
        answer_of[sha256] = answer
        if answer.status == "ok":
            _answer_cache[(*prefix, sha256)] = answer
    while len(_answer_cache) > _MAX_CACHED_ANSWERS:
        _answer_cache.popitem(last=False)
    return answer_of


def _cache_prefix(options: Options) -> tuple:
    """Return the first part of a key of the cache: the classifier and its options.

    Together with a hash of a picture's bytes, they decide the answer.
    """
    return digest_of(options.run), options.level, options.top_k


def _predict(pictures: list[np.ndarray], options: Options) -> list[Answer]:
    """Classify pictures; if a batch fails, one by one, so that only the faulty ones fail."""
    if not pictures:
        return []
    classifier = classifier_of(options.run)  # if it is missing, no picture is to blame
    try:
        frame = classifier.predict(
            pictures, level=options.level, batch_size=options.batch_size, top_k=options.top_k
        )
        reasons = frame.get("reason", [None] * len(frame))  # other classifiers may give none
        rows = list(zip(frame.brand, frame.probability, frame.top_k, reasons, strict=True))
        if len(rows) != len(pictures):
            raise ValueError(f"{len(rows)} answers for {len(pictures)} pictures")
        return [_to_answer(*row) for row in rows]
    except Exception as error:
        if len(pictures) > 1:
            return [answer for picture in pictures for answer in _predict([picture], options)]
        return [Answer("failed", f"classifying: {type(error).__name__}: {error}")]


def _to_answer(
    brand: str, probability: float, top_k: Sequence[tuple[str, float]], reason: object
) -> Answer:
    pairs = [{"brand": str(name), "probability": float(value)} for name, value in top_k]
    why = reason if isinstance(reason, str) else None  # pandas may turn None into NaN
    return Answer("ok", None, str(brand), float(probability), pairs, why)


def _with_brand(answer: Answer, prediction: Answer) -> Answer:
    """Add the prediction for a picture's bytes to the answer for its URL."""
    return answer._replace(
        status=prediction.status,
        error=prediction.error,
        brand=prediction.brand,
        probability=prediction.probability,
        top_k=prediction.top_k,
        reason=prediction.reason,
    )
