"""A trained net that knows its classes and its preprocessing, saved as one folder."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import tee
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
import pandas as pd
from mxnet import gluon, nd

from logoflow.datasets.class_list import check_classes, check_outputs
from logoflow.images.decode import load_image
from logoflow.inference.calibration import fit_decisions, warn_of_weak
from logoflow.inference.decision import (
    Decision,
    answers,
    decision_for,
    describe_decisions,
    probabilities,
    read_decisions,
)
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.model_folder import read_model, write_model
from logoflow.inference.ocr import NameReader
from logoflow.inference.scoring import BESIDE, Beside, Boxes, Evidence, found_in, windows_beside
from logoflow.inference.windows import MATCHED, READ, as_pictures, look, window_count
from logoflow.labels import label_indices, no_logo_index
from logoflow.loading.augment import Augs, augs_from_json, augs_to_json, transform
from logoflow.models.build import architecture_of
from logoflow.models.graph import fused


class LogoClassifier:
    """A net, its class list and preprocessing, how it decides, and how it was trained.

    Parameters
    ----------
    net : Block
        Logits of shape (batch, classes).
    classes : sequence of str
        Names in label order.
    augs : list
        The validation augmentation that the net was measured with (`logoflow.make_augs`).
    facts : dict, optional
        Anything JSON holds that a reader of the model should know: data set, recipe, accuracy.
    ctx : Context, optional
        Device; by default the one that the net is on.
    decisions : dict, optional
        From a number of views to the `logoflow.inference.decision.Decision` that `calibrate` fitted
        for it. Without any, the likeliest class is the answer.
    views : int
        How closely photos are looked at by default, 1 to 6
        (`logoflow.inference.windows.windows`).
    matcher : LogoMatcher, optional
        Knows the training photos' logos; views 5 need it, views 6 use it if there is one.

    Raises
    ------
    ClassListError
        If the net has more or fewer outputs than there are classes.
    ValueError
        For another number of views.

    Examples
    --------
    >>> classifier = LogoClassifier(net, read_classes(root), val_augs)
    >>> classifier.predict(["cup.jpg", "street.jpg"])
           brand  probability  top_k
    0  starbucks         0.97  ...
    1    no-logo         0.88  ...
    """

    def __init__(
        self,
        net: gluon.Block,
        classes: Sequence[str],
        augs: Augs,
        facts: dict | None = None,
        *,
        ctx: mx.Context | None = None,
        decisions: Mapping[int, Decision] | None = None,
        views: int = 1,
        matcher: LogoMatcher | None = None,
    ):
        self.net, self.classes, self.augs = net, tuple(classes), list(augs)
        self.facts, self.decisions, self.views = dict(facts or {}), dict(decisions or {}), views
        self.no_logo, self.matcher = no_logo_index(self.classes), matcher
        self.reader = NameReader(self.classes)
        self._quick: Any = None  # compiled when the first picture comes
        self._check_views(views)
        check_outputs(net, self.classes)
        devices = next(iter(net.collect_params().values())).list_ctx()
        if ctx is not None and ctx not in devices:
            net.collect_params().reset_ctx(ctx)
        self.ctx = ctx or devices[0]

    def predict(
        self, images: object, *, views: int | None = None, batch_size: int = 32, top_k: int = 3
    ) -> pd.DataFrame:
        """Tell the brand in each picture.

        Parameters
        ----------
        images : picture or iterable of pictures
            Each a path, the bytes of a file, or an array (height, width, 3) of RGB on 0 to 255.
        views : int, optional
            1 to 6: more find smaller logos and take longer; by default the classifier's own.
        batch_size : int
            Windows per pass through the net; memory does not grow with their number.
        top_k : int
            How many of the likeliest classes to list.

        Returns
        -------
        DataFrame
            A row per picture: ``brand``, the answer (``"no-logo"`` where there is none), its
            ``probability`` (0 to 1), and ``top_k``, a list of ``(brand, probability)``. Where
            a threshold decided, the answer need not be the first of them.

        Raises
        ------
        ImageError
            If a picture cannot be decoded; it names which.
        ValueError
            If the classifier was calibrated, but not for so many views.
        """
        views = self.views if views is None else views
        decision, rows = decision_for(self.decisions, views), []
        for photo in self.evidence(images, views, batch_size):
            given = probabilities(photo.scores(views, self.no_logo), decision, self.no_logo)
            (answer,) = answers(given, decision, self.no_logo)
            rows.append(self._row(given[0], answer, top_k))
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])

    def scores(
        self, images: object, *, views: int | None = None, batch_size: int = 32
    ) -> np.ndarray:
        """Score each picture before any decision: (pictures, classes) log-scores.

        They are what `logoflow.inference.scoring.combine` gives; for the parameters see `predict`.
        """
        views = self.views if views is None else views
        photos = self.evidence(images, views, batch_size)
        found = [photo.scores(views, self.no_logo) for photo in photos]
        return np.concatenate([np.zeros((0, len(self.classes))), *found])

    def calibrate(
        self,
        images: Iterable,
        truth: Sequence[int | str],
        *,
        views: Sequence[int] = (1,),
        false_positive_rate: float = 0.02,
        boxes: Sequence[Boxes] | None = None,
    ) -> None:
        """Fit and keep a decision per number of views, the last of them the new default.

        Parameters
        ----------
        images : iterable of pictures
            Validation photos, see `predict`. They pass through the net once.
        truth : sequence of int or str
            Their class numbers or names.
        views : sequence of int
            Numbers of views, one at least, each 1 to 6.
        false_positive_rate : float
            Share of the photos without a logo that may be given a brand, above 0 and below 1.
        boxes : sequence of sequence of (x, y, width, height), optional
            Where the logos of each photo are, pixels. What is beside them counts as a further
            photo without a logo (`logoflow.inference.scoring.Beside`).

        Raises
        ------
        ValueError
            For an unknown class name, another number of views, or as `fit_decision` does.

        Warns
        -----
        UserWarning
            Where too few photos show no logo, or none.
        """
        images, truth = list(images), label_indices(truth, self.classes)
        most, beside = max(views), None
        if boxes is not None:
            most = max(most, BESIDE)
            about = zip(images, boxes, truth, strict=True)
            beside = [self._beside(image, own, brand, most) for image, own, brand in about]
        photos = self.evidence(images, most)
        of = (truth, self.classes, views, false_positive_rate)
        fitted = fit_decisions(photos, *of, beside)
        warn_of_weak(fitted)
        self.decisions |= fitted
        self.views = views[-1]

    def preprocess(self, image: Any) -> nd.NDArray:
        """Preprocess one picture as in validation: (3, height, width), float32."""
        return transform(load_image(image), -1, self.augs)[0]

    def window_logits(
        self, images: object, views: int, batch_size: int = 32
    ) -> Iterator[np.ndarray]:
        """Give each picture's logits, (windows, classes), in the order of `windows`."""

        def net(pictures: list) -> np.ndarray:
            data = nd.stack(*[self.preprocess(picture) for picture in pictures])
            data = data.as_in_context(self.ctx)
            if self._quick is None:
                self._quick = fused(self.net, data)
            return self._quick(data).asnumpy()

        return look(images, views, net, batch_size)

    def evidence(self, images: object, views: int, batch_size: int = 32) -> Iterator[Evidence]:
        """Give what is known of each picture: its windows' logits, its matches and its letters."""
        self._check_views(views)
        if views < MATCHED:
            yield from map(Evidence, self.window_logits(images, views, batch_size))
            return
        images, again = tee(as_pictures(images))
        for logits, image in zip(self.window_logits(images, views, batch_size), again, strict=True):
            yield Evidence(logits, *found_in(image, views, self.matcher, self.reader))

    def _beside(self, image: object, boxes: Boxes, brand: int, views: int) -> Beside:
        """What of a picture shows none of its logos."""
        found = found_in(image, views, self.matcher, self.reader, boxes) if boxes else ()
        return Beside(windows_beside(image, boxes, views), brand, *found)

    def _check_views(self, views: int) -> None:
        window_count(views)
        if views == MATCHED and self.matcher is None:
            raise ValueError(
                f"views={views} looks for the training photos' logos, and this classifier knows "
                f"none: train it with fit(..., views=(1, {MATCHED})) on photos with boxes, or "
                f"give 1 to {MATCHED - 1}, or {READ}."
            )

    def _row(self, probabilities: np.ndarray, answer: int, top_k: int) -> tuple:
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        top = [(self.classes[i], float(probabilities[i])) for i in order]
        return self.classes[answer], float(probabilities[answer]), top

    def save(self, folder: Path | str) -> Path:
        """Write the model to a folder: its weights, known logos, and one readable JSON file.

        Raises
        ------
        ValueError, TypeError
            If the net is not one that `logoflow` can build again, or `facts` holds what JSON
            cannot. What was in the folder is then untouched.
        """
        stored = {
            "architecture": architecture_of(self.net),
            "classes": list(self.classes),
            "preprocessing": augs_to_json(self.augs),
            "facts": self.facts,
            "views": self.views,
            "decisions": describe_decisions(self.decisions),
        }
        logos = self.matcher.index if self.matcher else None
        return write_model(folder, stored, self.net, logos)

    @classmethod
    def load(cls, folder: Path | str, *, ctx: mx.Context | None = None) -> "LogoClassifier":
        """Read a folder that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If the folder holds no model.
        ClassifierError
            If its weights are not those that were saved with it.
        ValueError
            If its preprocessing or decisions are not what `save` writes.
        """
        ctx = ctx or mx.cpu()
        stored, net, index = read_model(folder, ctx)
        # A folder from before there were decisions has neither of them.
        kept = {
            "decisions": read_decisions(stored.get("decisions", {})),
            "views": stored.get("views", 1),
            "matcher": index and LogoMatcher(index),
        }
        augs = augs_from_json(stored["preprocessing"])
        return cls(net, stored["classes"], augs, stored["facts"], ctx=ctx, **kept)

    def to_files(self) -> dict[str, bytes]:
        """Give what `save` writes, by file name."""
        with tempfile.TemporaryDirectory() as folder:
            return {path.name: path.read_bytes() for path in self.save(folder).iterdir()}

    def __reduce__(self) -> tuple:
        """Pickle as its files; it is unpickled on a GPU where there is one, INT8 ones excepted."""
        return _from_files, (self.to_files(),)

    def check_classes(self, classes: Sequence[str]) -> None:
        """Raise ClassListError unless `classes` is this model's class list, in order."""
        check_classes(classes, self.classes, "the data set")


def _from_files(files: dict[str, bytes]) -> LogoClassifier:
    int8 = any(name.startswith("graph-") for name in files)  # whose graph is for processors
    ctx = mx.gpu() if mx.context.num_gpus() and not int8 else mx.cpu()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return LogoClassifier.load(folder, ctx=ctx)
