"""Answer for the pictures of many requests: whole photos one per core, closer looks in batches."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.failures import without_advice
from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import decode_image, image_size
from logoflow.inference.answer_rows import WITH_ERRORS, answer_row, error_row, json_row
from logoflow.inference.judge import Judgement
from logoflow.inference.judge_pictures import judgements_of
from logoflow.inference.levels import Level
from logoflow.utils.threads import physical_cores
from logoflow.web.service.limits import Limits

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.exported_model import ExportedModel

WHOLE = Level()

BATCH_SIZE = 16
"""Pictures of a batch, at most. The network takes twice as long for one picture as for one of
eight in a batch."""

MOMENT = 0.005
"""Seconds to wait for the next picture, if the last batch had more."""

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
    """A picture that waits for its answer."""

    sent: Sent
    level: Level
    top_k: int
    row: "Future[Row]"


class Answerer:
    """Answers for the pictures of many requests.

    Parameters
    ----------
    classifier : LogoClassifier
    limits : Limits
    exported : ExportedModel, optional
        The same classifier in ONNX Runtime.

    Notes
    -----
    At the level ``"whole"``, a thread for each core decodes a picture and runs the network in ONNX
    Runtime.

    At the other levels, or without ONNX Runtime, one thread takes the pictures that wait, has them
    decoded by others, and runs the network in MXNet. The network and the decoders take turns: they
    would slow one another down on the same cores. What arrives while the network runs makes the
    next batch. Its pictures have at most as many pixels as two of the largest pictures.

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

    def __init__(
        self,
        classifier: "LogoClassifier",
        limits: Limits,
        exported: "ExportedModel | None" = None,
    ):
        self._classifier, self._limits, self._exported = classifier, limits, exported
        self._cores = ThreadPoolExecutor(physical_cores(), "whole-photo")
        self._decoders = ThreadPoolExecutor(DECODERS, "decode")
        self._fetchers = ThreadPoolExecutor(FETCHERS, "fetch")
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._answer_all, name="network", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Answerer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer what was submitted, then stop the threads."""
        self._fetchers.shutdown()
        self._cores.shutdown()
        self._queue.put(None)
        self._thread.join()
        self._decoders.shutdown()

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
        waiting = Waiting(sent, level, top_k, Future())
        waiting.row.set_running_or_notify_cancel()  # a client that gives up cannot cancel it
        if sent.url is None:
            self._answer(waiting)
        else:
            self._fetchers.submit(self._fetch, waiting, sent.url)
        return waiting.row

    def _fetch(self, waiting: Waiting, url: str) -> None:
        try:
            fetched = fetch_image(
                url,
                self._limits.allow_private,
                max_bytes=self._limits.max_bytes,
                max_pixels=self._limits.max_pixels,
                decode=False,
                **FETCH_OPTIONS,  # type: ignore[arg-type]
            )
        except FetchError as error:
            waiting.row.set_result(
                _failed(waiting.sent, without_advice(error)) | {"status": error.kind}
            )
        except Exception as error:
            waiting.row.set_exception(error)
        else:
            sent = waiting.sent._replace(content=fetched.content)
            self._answer(waiting._replace(sent=sent))

    def _answer(self, waiting: Waiting) -> None:
        if self._exported is not None and waiting.level == WHOLE:
            self._cores.submit(self._answer_whole, waiting)
        else:
            self._queue.put(waiting)

    def _answer_whole(self, waiting: Waiting) -> None:
        """Answer for a picture at the level "whole"."""
        assert self._exported is not None
        image = self._decode(waiting)
        if image is not None:
            try:
                self._finish(waiting, self._exported.judge(image))
            except Exception as error:
                waiting.row.set_exception(error)

    def _answer_all(self) -> None:
        """Answer batches until None arrives."""
        is_open, answered = True, 0
        while is_open:
            # A client that has its answer may send the next picture at once.
            expected = answered + self._queue.qsize()
            first = self._queue.get()
            is_open = first is not None
            if first is not None:
                batch, is_open = self._decoded_batch(first, expected)
                answered = len(batch)
                for _, same in groupby(batch, key=lambda one: (one[0].level, one[0].top_k)):
                    self._classify(list(same))

    def _decoded_batch(
        self, first: Waiting, expected: int
    ) -> tuple[list[tuple[Waiting, np.ndarray]], bool]:
        """Decode the pictures that wait and that arrive meanwhile; tell whether more can come.

        While there are fewer pictures than expected, the function waits a moment for the next.
        """
        batch: list[tuple[Waiting, np.ndarray]] = []
        pixels, arrived, is_open = 0, [first], True
        while arrived:
            decoding = [(one, self._decoders.submit(self._decode, one)) for one in arrived]
            decoded = [(one, future.result()) for one, future in decoding]
            batch += [(one, image) for one, image in decoded if image is not None]
            pixels = sum(image.size // 3 for _, image in batch)
            arrived = []
            while len(batch) + len(arrived) < BATCH_SIZE and pixels < self._limits.max_pixels:
                is_short = len(batch) + len(arrived) < expected
                try:
                    following = self._queue.get(timeout=MOMENT if is_short else 0)
                except queue.Empty:
                    break
                if following is None:
                    is_open = False
                    break
                pixels += _pixels_of(following)
                arrived.append(following)
        batch.sort(key=lambda one: (str(one[0].level), one[0].top_k))
        return batch, is_open

    def _decode(self, waiting: Waiting) -> np.ndarray | None:
        """Decode a picture. None if it cannot be read: then its row says why."""
        sent = waiting.sent
        source = sent.path or sent.url or "The picture"
        try:
            max_pixels = self._limits.max_pixels
            return decode_image(sent.content or b"", max_pixels=max_pixels, source=source)
        except ImageError as error:
            waiting.row.set_result(_failed(sent, error))
        except Exception as error:
            waiting.row.set_exception(error)
        return None

    def _classify(self, batch: Sequence[tuple[Waiting, np.ndarray]]) -> None:
        """Answer for decoded pictures at one level."""
        level = batch[0][0].level
        try:
            pictures = [image for _, image in batch]
            judgements = judgements_of(self._classifier, pictures, level, BATCH_SIZE)
        except Exception as error:
            if len(batch) == 1:
                batch[0][0].row.set_exception(error)
                return
            for one in batch:  # a picture that breaks the classifier affects no other
                self._classify([one])
            return
        for (waiting, _), judgement in zip(batch, judgements, strict=True):
            self._finish(waiting, judgement)

    def _finish(self, waiting: Waiting, judgement: Judgement) -> None:
        classes, no_logo = self._classifier.classes, self._classifier.no_logo
        values = answer_row(None, judgement, classes, no_logo, waiting.top_k)
        waiting.row.set_result(_named(waiting.sent, values))


def _pixels_of(waiting: Waiting) -> int:
    """Read the number of pixels from the header; 0 if it cannot be read."""
    try:
        width, height = image_size(waiting.sent.content or b"")
    except ImageError:
        return 0
    return width * height


def _failed(sent: Sent, error: Exception) -> Row:
    return _named(sent, error_row(None, error))


def _named(sent: Sent, values: tuple) -> Row:
    """Make the row of a picture, which begins with where the picture came from."""
    row = json_row(dict(zip(WITH_ERRORS, values, strict=True)))
    where = {"path": sent.path} if sent.url is None else {"url": sent.url}
    return where | {name: value for name, value in row.items() if name != "path"}
