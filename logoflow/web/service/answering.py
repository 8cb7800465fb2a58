"""Answer for the pictures of many requests: decode them in threads, classify them in batches."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import MAX_PIXELS, decode_image, image_size
from logoflow.inference.answer_rows import WITH_ERRORS, error_row, json_row
from logoflow.web.pixel_budget import PixelBudget
from logoflow.web.service.limits import Limits

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.levels import Level

BATCH_SIZE = 16
"""Pictures of a batch. A batch takes what is waiting: no picture waits for others."""

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

    def _answer_all(self) -> None:
        """Answer batches until None arrives."""
        waiting: deque[Waiting] = deque()
        is_open = True
        while is_open or waiting:
            while is_open and (not waiting or not self._arrived.empty()):
                arrived = self._arrived.get()
                is_open = arrived is not None
                if arrived is not None:
                    waiting.append(arrived)
            if waiting:
                self._answer_batch(_take_batch(waiting))

    def _answer_batch(self, batch: list[Waiting]) -> None:
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
        answers = self._classifier.predict(
            [waiting.pixels for waiting in batch],
            level=batch[0].level,
            top_k=batch[0].top_k,
            batch_size=BATCH_SIZE,
            on_error="row",
        )
        return [json_row(row) for row in answers.to_dict("records")]


def _take_batch(waiting: deque[Waiting]) -> list[Waiting]:
    """Take the pictures that wait for the same as the first one, up to a full batch."""
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
    row = json_row(dict(zip(WITH_ERRORS, error_row(None, error), strict=True)))
    return _named(sent, row if status is None else {**row, "status": status})


def _named(sent: Sent, row: Row) -> Row:
    where = {"path": sent.path} if sent.url is None else {"url": sent.url}
    return where | {name: value for name, value in row.items() if name != "path"}
