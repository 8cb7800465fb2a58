"""A trained net that knows its classes and its preprocessing, saved as one folder."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mxnet as mx
import numpy as np
import pandas as pd
from mxnet import gluon, nd

from logoflow.augment import Augs, describe_augs, read_augs, transform
from logoflow.calibration import fit_decisions, windows_beside
from logoflow.classes import check_classes, check_outputs
from logoflow.decision import (
    Decision,
    answers,
    class_numbers,
    decision_for,
    describe_decisions,
    no_logo_of,
    probabilities,
    read_decisions,
)
from logoflow.files import sha256_of, write_text
from logoflow.images import load_image
from logoflow.models import architecture_of, build_net
from logoflow.views import combine, look, window_count

FACTS = "classifier.json"
FORMAT = "logoflow-classifier-1"


class ClassifierError(ValueError):
    """A classifier folder that is incomplete, altered or not ours."""


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
        From a number of views to the `logoflow.decision.Decision` that `calibrate` fitted
        for it. Without any, the likeliest class is the answer.
    views : int
        How closely photos are looked at unless said otherwise, 1 to 4: `logoflow.views.windows`.

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
    ):
        self.net, self.classes, self.augs = net, tuple(classes), list(augs)
        self.facts, self.decisions, self.views = dict(facts or {}), dict(decisions or {}), views
        self.no_logo = no_logo_of(self.classes)
        window_count(views)
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
            1 to 4: more find smaller logos and take longer; by default the classifier's own.
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
        for logits in self.window_logits(images, views, batch_size):
            given = probabilities(self._combined(logits), decision, self.no_logo)
            (answer,) = answers(given, decision, self.no_logo)
            rows.append(self._row(given[0], answer, top_k))
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])

    def scores(
        self, images: object, *, views: int | None = None, batch_size: int = 32
    ) -> np.ndarray:
        """Score each picture before any decision: (pictures, classes) log-scores.

        They are what `logoflow.views.combine` gives; for the parameters see `predict`.
        """
        views = self.views if views is None else views
        found = [self._combined(logits) for logits in self.window_logits(images, views, batch_size)]
        return np.concatenate([np.zeros((0, len(self.classes))), *found])

    def calibrate(
        self,
        images: object,
        truth: Sequence[int | str],
        *,
        views: Sequence[int] = (1,),
        false_positive_rate: float = 0.02,
        boxes: Sequence[Sequence[Sequence[float]]] | None = None,
    ) -> None:
        """Fit and keep a decision per number of views, the last of them the new default.

        Parameters
        ----------
        images : iterable of pictures
            Validation photos, see `predict`. They pass through the net once.
        truth : sequence of int or str
            Their class numbers or names.
        views : sequence of int
            Numbers of views, one at least, each 1 to 4.
        false_positive_rate : float
            Share of the photos without a logo that may be given a brand, above 0 and below 1.
        boxes : sequence of sequence of (x, y, width, height), optional
            Where the logos of each photo are, pixels. What is beside them counts as a further
            photo without a logo (`logoflow.calibration`).

        Raises
        ------
        ValueError
            For an unknown class name, another number of views, or as `fit_decision` does.
        """
        images, truth = list(images), class_numbers(truth, self.classes)
        beside = None
        if boxes is not None:
            pairs = zip(images, boxes, strict=True)
            beside = [windows_beside(image, own, max(views)) for image, own in pairs]
        logits = self.window_logits(images, max(views))
        of = (truth, self.classes, views, false_positive_rate)
        self.decisions |= fit_decisions(logits, *of, beside)
        self.views = views[-1]

    def preprocess(self, image: object) -> nd.NDArray:
        """Preprocess one picture as in validation: (3, height, width), float32."""
        return transform(load_image(image), -1, self.augs)[0]

    def window_logits(
        self, images: object, views: int, batch_size: int = 32
    ) -> Iterator[np.ndarray]:
        """Give each picture's logits, (windows, classes): `logoflow.views.windows` in order."""

        def net(pictures: list) -> np.ndarray:
            data = nd.stack(*[self.preprocess(picture) for picture in pictures])
            return self.net(data.as_in_context(self.ctx)).asnumpy()

        return look(images, views, net, batch_size)

    def _combined(self, logits: np.ndarray) -> np.ndarray:
        """Scores of one picture from the logits of its windows: (1, classes)."""
        return combine(logits, np.zeros(len(logits), dtype=int), self.no_logo)

    def _row(self, probabilities: np.ndarray, answer: int, top_k: int) -> tuple:
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        top = [(self.classes[i], float(probabilities[i])) for i in order]
        return self.classes[answer], float(probabilities[answer]), top

    def save(self, folder: Path | str) -> Path:
        """Write the model to a folder: its weights and one readable JSON file.

        Raises
        ------
        ValueError, TypeError
            If the net is not one that `logoflow` can build again, or `facts` holds what JSON
            cannot. What was in the folder is then untouched.
        """
        folder = Path(folder)
        stored = {
            "format": FORMAT,
            "architecture": architecture_of(self.net),
            "classes": list(self.classes),
            "preprocessing": describe_augs(self.augs),
            "facts": self.facts,
            "views": self.views,
            "decisions": describe_decisions(self.decisions),
        }
        json.dumps(stored, allow_nan=False)  # fails before anything is written
        folder.mkdir(parents=True, exist_ok=True)
        before = set(folder.glob("model-*.params"))
        part = folder / ".model.params.part"
        self.net.save_parameters(str(part))
        stored["weights_sha256"] = sha256_of(part)
        weights = folder / f"model-{stored['weights_sha256'][:8]}.params"
        os.replace(part, weights)
        # The file of facts names its weights: a model that was here before is whole until now.
        stored["weights"] = weights.name
        write_text(folder / FACTS, json.dumps(stored, indent=1, allow_nan=False))
        for path in before - {weights}:
            path.unlink()
        return folder

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
        folder, ctx = Path(folder), ctx or mx.cpu()
        _require(folder / FACTS)
        stored = _read_facts(folder / FACTS)
        weights = folder / Path(stored["weights"]).name
        _require(weights)
        if sha256_of(weights) != stored["weights_sha256"]:
            raise ClassifierError(
                f"{weights} is not what was saved with {FACTS}: copy the whole folder again."
            )
        net = build_net(stored["architecture"], len(stored["classes"]))
        net.load_parameters(str(weights), ctx=ctx)
        # A folder from before there were decisions has neither of them.
        kept = {
            "decisions": read_decisions(stored.get("decisions", {})),
            "views": stored.get("views", 1),
        }
        augs = read_augs(stored["preprocessing"])
        return cls(net, stored["classes"], augs, stored["facts"], ctx=ctx, **kept)

    def check_classes(self, classes: Sequence[str]) -> None:
        """Raise ClassListError unless `classes` is this model's class list, in order."""
        check_classes(classes, self.classes, "the data set")


def _require(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path.name} in {path.parent}: give the folder that LogoClassifier.save wrote."
        )


def _read_facts(path: Path) -> dict:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        known = stored["format"] == FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ClassifierError(f"{path} is not a classifier's file ({error}).") from error
    if not known:
        raise ClassifierError(f"{path} has an unknown format {stored['format']!r}.")
    return stored
