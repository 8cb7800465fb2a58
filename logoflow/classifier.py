"""A trained net that knows its classes and its preprocessing, saved as one folder."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import mxnet as mx
import numpy as np
import pandas as pd
from mxnet import gluon, nd

from logoflow.augment import Augs, describe_augs, read_augs, transform, val_test_augs
from logoflow.classes import check_classes, check_outputs
from logoflow.fetching import fetch_image
from logoflow.files import sha256_of, write_text
from logoflow.images import load_image, read_image
from logoflow.models import architecture_of, build_net
from logoflow.plots import show_images

FACTS = "classifier.json"
FORMAT = "logoflow-classifier-1"


class ClassifierError(ValueError):
    """A classifier folder that is incomplete, altered or not ours."""


class LogoClassifier:
    """A net, its class list, the preprocessing of its validation, and how it was trained.

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

    Raises
    ------
    ClassListError
        If the net has more or fewer outputs than there are classes.

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
    ):
        self.net, self.classes, self.augs = net, tuple(classes), list(augs)
        self.facts = dict(facts or {})
        check_outputs(net, self.classes)
        devices = next(iter(net.collect_params().values())).list_ctx()
        if ctx is not None and ctx not in devices:
            net.collect_params().reset_ctx(ctx)
        self.ctx = ctx or devices[0]

    def predict(self, images: object, *, batch_size: int = 32, top_k: int = 3) -> pd.DataFrame:
        """Tell the brand in each picture.

        Parameters
        ----------
        images : picture or iterable of pictures
            Each a path, the bytes of a file, or an array (height, width, 3) of RGB on 0 to 255.
        batch_size : int
            Pictures per pass through the net; memory does not grow with their number.
        top_k : int
            How many of the likeliest classes to list.

        Returns
        -------
        DataFrame
            A row per picture: ``brand`` (``"no-logo"`` where there is none), its
            ``probability`` (0 to 1), and ``top_k``, a list of ``(brand, probability)``.

        Raises
        ------
        ImageError
            If a picture cannot be decoded; it names which.
        """
        if isinstance(images, str | Path | bytes) or getattr(images, "ndim", 0) == 3:
            images = [images]
        rows = []
        for batch in _batches(images, batch_size):
            rows += [self._row(p, top_k) for p in self._probabilities(batch)]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])

    def preprocess(self, image: object) -> nd.NDArray:
        """Preprocess one picture as in validation: (3, height, width), float32."""
        return transform(load_image(image), -1, self.augs)[0]

    def _probabilities(self, batch: list) -> np.ndarray:
        data = nd.stack(*[self.preprocess(image) for image in batch]).as_in_context(self.ctx)
        return nd.softmax(self.net(data)).asnumpy()

    def _row(self, probabilities: np.ndarray, top_k: int) -> tuple:
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        top = [(self.classes[i], float(probabilities[i])) for i in order]
        return (*top[0], top)

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
        augs = read_augs(stored["preprocessing"])
        return cls(net, stored["classes"], augs, stored["facts"], ctx=ctx)

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


def _batches(images: Iterable, batch_size: int) -> Iterable[list]:
    batch = []
    for image in images:
        batch.append(image)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def get_image(url: str, show: bool = False, *, allow_private: bool = False) -> Path:
    """Fetch a picture by URL and keep it.

    Parameters
    ----------
    url : str
        http or https.
    show : bool
        Also show it.
    allow_private : bool
        Also from loopback and private addresses.

    Returns
    -------
    Path
        The cached file; each URL has its own.

    Raises
    ------
    FetchError
        Whatever went wrong, with its ``kind`` and the URL.
    """
    path = fetch_image(url, allow_private).path
    if show:
        show_images([read_image(path)], 1, 1, (4, 4))
    return path


def classify_logo(
    net: gluon.Block | LogoClassifier,
    url: str,
    classes: Sequence[str] | None = None,
    augs: Augs = val_test_augs,
    ctx: mx.Context | Sequence[mx.Context] | None = None,
    allow_private: bool = False,
) -> str:
    """Tell the brand in the picture at a URL, and show what was really classified.

    Parameters
    ----------
    net : Block or LogoClassifier
        A LogoClassifier brings its own classes, preprocessing and device.
    url : str
        http or https; local pictures go to `LogoClassifier.predict`.
    classes : sequence of str
        Names in label order; needed with a plain net.
    augs : list
        Preprocessing of a plain net; by default the Gluon article's.
    ctx : Context or sequence of Context, optional
        Device of a plain net; of several, the first.
    allow_private : bool
        Also fetch from loopback and private addresses.

    Returns
    -------
    str
        The article's sentence, such as ``With prob=0.983476, bmw``.

    Raises
    ------
    FetchError
        If the picture cannot be had.
    ValueError
        If `net` is a plain net and `classes` is missing.
    """
    if not isinstance(net, LogoClassifier):
        if classes is None:
            raise ValueError("Pass classes=read_classes(root) with a plain net.")
        device = ctx if ctx is None or isinstance(ctx, mx.Context) else ctx[0]
        net = LogoClassifier(net, classes, augs, ctx=device)
    path = get_image(url, allow_private=allow_private)
    answer = net.predict(path).iloc[0]
    alt = f"The picture as it was classified: {answer.brand}"
    show_images([_seen(path, net.augs)], 1, 1, (2.5, 2.5), alt=alt)
    return f"With prob={answer.probability:f}, {answer.brand}"


def _seen(path: Path, augs: Augs) -> np.ndarray:
    """Give the picture as the net sees it, but for the normalisation: (h, w, 3), 0 to 1."""
    visible = [aug for aug in augs if not isinstance(aug, mx.image.ColorNormalizeAug)]
    data, _ = transform(read_image(path), -1, visible)
    return data.transpose((1, 2, 0)).asnumpy() / 255
