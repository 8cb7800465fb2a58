"""Answer for the pictures of many requests: decode them in threads, classify them in batches."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import MAX_PIXELS, decode_image, image_size
from logoflow.inference.answer_rows import WITH_ERRORS, answer_row, error_row, json_row
from logoflow.web.pixel_budget import PixelBudget
from logoflow.web.service.limits import Limits

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.levels import Level

BATCH_SIZE = 16
"""Pictures of a batch, at most."""

GRACE, MOMENT = 0.005, 0.05
"""Seconds to wait for the next pictures of clients that were just answered: for the request, and
for the picture to be decoded. The network takes twice as long for one picture as for one of eight
in a batch."""

DECODERS = 2
FETCHERS = 8
FETCH_OPTIONS = {"connect_timeout": 5.0, "total_timeout": 15.0, "retries": 0, "cache": False}

Row = dict[str, object]


class Sent(NamedTuple):
    """A picture of a request.

    Parameters
    ----------
    content : bytes or None
        The encoded picture. None for a URL.
    path : str or None
        The file name that the client gave.
    url : str or None
        Where to fetch the picture.
    """

    content: bytes | None
    path: str | None = None
    url: str | None = None


class Waiting(NamedTuple):
    """A decoded picture that waits for the network."""

    pixels: np.ndarray
    level: "Level"
    top_k: int
    row: Future


class Answerer:
    """Answers for the pictures of many requests.

    Parameters
    ----------
    classifier : LogoClassifier
    limits : Limits

    Notes
    -----
    Threads decode pictures while one thread runs the network. It takes all pictures that wait for
    the same level, because the network is faster for several pictures than for one after another.
    A single client never waits for others.
    Pictures that wait have at most twice as many pixels as the largest picture.

    Examples
    --------
    >>> import io
    >>> import logoflow as lf
    >>> from PIL import Image
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (300, 300)).save(file, "PNG")
    >>> classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> with Answerer(classifier, Limits()) as answerer:
    ...     row = answerer.submit(Sent(file.getvalue(), "a.png"), lf.Level(), top_k=1).result()
    >>> row["path"], row["status"]
    ('a.png', 'ok')
    """

    def __init__(self, classifier: "LogoClassifier", limits: Limits):
        self._classifier, self._limits = classifier, limits
        self._budget = PixelBudget(2 * max(limits.max_pixels, MAX_PIXELS))
        self._decoders = ThreadPoolExecutor(DECODERS, "decode")
        self._fetchers = ThreadPoolExecutor(FETCHERS, "fetch")
        self._decoding: set[Future] = set()
        self._arrived: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._answer_all, name="network", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Answerer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer what was submitted, then stop the threads."""
        self._fetchers.shutdown()
        self._decoders.shutdown()
        self._arrived.put(None)
        self._thread.join()

    def submit(self, sent: Sent, level: "Level", top_k: int) -> "Future[Row]":
        """Answer for a picture.

        Parameters
        ----------
        sent : Sent
        level : Level
        top_k : int
            Number of the likeliest classes to list.

        Returns
        -------
        Future of dict
            The row of docs/bulk.md, as JSON can hold it. It has ``url`` in place of ``path`` if the
            picture was fetched. If the picture cannot be read, ``status`` and ``error`` say why.
        """
        row: Future[Row] = Future()
        row.set_running_or_notify_cancel()  # a client that gives up cannot cancel it
        if sent.url is None:
            self._decoding.add(row)
            row.add_done_callback(self._decoding.discard)
            self._decoders.submit(_or_exception, row, self._decode, sent, level, top_k, row)
        else:
            self._fetchers.submit(_or_exception, row, self._fetch, sent, level, top_k, row)
        return row

    def _fetch(self, sent: Sent, level: "Level", top_k: int, row: Future) -> None:
        limits = self._limits
        try:
            fetched = fetch_image(
                sent.url or "",
                limits.allow_private,
                max_bytes=limits.max_bytes,
                max_pixels=limits.max_pixels,
                decode=False,
                **FETCH_OPTIONS,  # type: ignore[arg-type]
            )
        except FetchError as error:
            row.set_result(_failed(sent, error, error.kind))
            return
        self._decode(sent._replace(content=fetched.content), level, top_k, row)

    def _decode(self, sent: Sent, level: "Level", top_k: int, row: Future) -> None:
        content, source = sent.content or b"", sent.path or sent.url or "The picture"
        try:
            width, height = image_size(content, source=source)
            reserved = min(width * height, self._limits.max_pixels)  # a larger one is refused
            self._budget.acquire(reserved)
            row.add_done_callback(lambda _: self._budget.release(reserved))
            pixels = decode_image(content, max_pixels=self._limits.max_pixels, source=source)
        except ImageError as error:
            row.set_result(_failed(sent, error))
            return
        named: Future = Future()
        named.add_done_callback(lambda done: _hand_on(done, sent, row))
        self._arrived.put(Waiting(pixels, level, top_k, named))
        self._decoding.discard(row)

    def _answer_all(self) -> None:
        """Answer batches until None arrives."""
        waiting: deque[Waiting] = deque()
        answered, is_open = 0, True
        while is_open or waiting:
            expected = answered + self._arrived.qsize() + len(waiting)
            is_open = is_open and self._collect(waiting, expected)
            batch = _take_batch(waiting)
            self._answer_batch(batch)
            answered = len(batch)

    def _collect(self, waiting: deque[Waiting], expected: int) -> bool:
        """Take pictures as they arrive; return whether more can come."""
        start = time.monotonic()
        while len(waiting) < BATCH_SIZE:
            left = start + self._patience(expected - len(waiting)) - time.monotonic()
            try:
                arrived = self._arrived.get(timeout=max(0.0, left) if waiting else None)
            except queue.Empty:
                return True
            if arrived is None:
                return False
            waiting.append(arrived)
        return True

    def _patience(self, missing: int) -> float:
        """Give the seconds to wait for pictures that are missing from a batch.

        The clients that were just answered probably ask again. Once they have, their pictures are
        being decoded, and will arrive.
        """
        if missing <= 0:
            return 0.0
        return MOMENT if self._decoding else GRACE

    def _answer_batch(self, batch: list[Waiting]) -> None:
        if not batch:
            return
        try:
            rows = self._rows(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].row.set_exception(error)
                return
            for waiting in batch:  # a picture that breaks the classifier affects no other
                self._answer_batch([waiting])
            return
        for waiting, row in zip(batch, rows, strict=True):
            waiting.row.set_result(row)

    def _rows(self, batch: Sequence[Waiting]) -> list[Row]:
        level, top_k = batch[0].level, batch[0].top_k
        pictures = [waiting.pixels for waiting in batch]
        judgements = self._classifier.judgements(pictures, level, BATCH_SIZE)
        classes, no_logo = self._classifier.classes, self._classifier.no_logo
        return [_row(answer_row(None, one, classes, no_logo, top_k)) for one in judgements]


def _take_batch(waiting: deque[Waiting]) -> list[Waiting]:
    """Take the pictures that wait for the same as the first one, up to a full batch."""
    if not waiting:
        return []
    first = waiting[0]
    same = [one for one in waiting if (one.level, one.top_k) == (first.level, first.top_k)]
    batch = same[:BATCH_SIZE]
    taken = set(map(id, batch))
    others = [one for one in waiting if id(one) not in taken]
    waiting.clear()
    waiting.extend(others)
    return batch


def _or_exception(row: Future, function: Callable[..., None], *arguments: object) -> None:
    """Call a function that sets the row; an unexpected error becomes the row's."""
    try:
        function(*arguments)
    except Exception as error:
        row.set_exception(error)


def _hand_on(done: Future, sent: Sent, row: Future) -> None:
    """Put the name of the picture into its row."""
    error = done.exception()
    if error is not None:
        row.set_exception(error)
    else:
        row.set_result(_named(sent, done.result()))


def _failed(sent: Sent, error: Exception, status: str | None = None) -> Row:
    row = _row(error_row(None, error))
    return _named(sent, row if status is None else {**row, "status": status})


def _row(values: tuple) -> Row:
    return json_row(dict(zip(WITH_ERRORS, values, strict=True)))


def _named(sent: Sent, row: Row) -> Row:
    where = {"path": sent.path} if sent.url is None else {"url": sent.url}
    return where | {name: value for name, value in row.items() if name != "path"}
