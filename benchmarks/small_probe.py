"""A logistic regression on frozen features of eleven crops of a photo: a rival of `fit`.

The crops are the whole photo, nine overlapping crops of half its width and height, and the middle
three quarters. Each is squashed to a square. Every crop of a training photo is a training example.
The probabilities of a photo are the mean of those of its crops.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from backbones import pooled_features

from logoflow.images.decode import read_image
from logoflow.models.backbones.registry import pretrained_net
from logoflow.utils.files import atomic_path, sha256_of

SIZE = 160  # side of a crop, in pixels
CROPS = (
    (0.0, 0.0, 1.0, 1.0),
    *((x, y, 0.5, 0.5) for y in (0.0, 0.25, 0.5) for x in (0.0, 0.25, 0.5)),
    (0.125, 0.125, 0.75, 0.75),
)
"""Left, top, width and height of each crop, in widths and heights of the photo."""

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # scikit-learn's C, for features of length 1
DEFAULT_STRENGTH = 30.0  # with one photo per class, nothing can be left out to choose on
FOLDS = 5
ITERATIONS = 300


class PhotoFeatures(NamedTuple):
    """Features of photos.

    Parameters
    ----------
    features : ndarray
        (photos, crops, features).
    seconds : ndarray
        (photos,): the time it took to read each photo and to compute its features.
    """

    features: np.ndarray
    seconds: np.ndarray


class ProbeAnswers(NamedTuple):
    """What a probe answered.

    Parameters
    ----------
    classes : list of str
        Names of the columns.
    probabilities : ndarray
        (photos, classes).
    seconds : float
        Time of the features of the training photos and of the training.
    answer_seconds : float
        Time of the features of the test photos and of the answers.
    strength : float
        scikit-learn's C.
    """

    classes: list[str]
    probabilities: np.ndarray
    seconds: float
    answer_seconds: float
    strength: float


def crops_of(photo: np.ndarray, size: int = SIZE) -> np.ndarray:
    """Cut the crops of a photo, (crops, size, size, 3)."""
    height, width = photo.shape[:2]
    parts = [
        photo[int(y * height) : int((y + h) * height), int(x * width) : int((x + w) * width)]
        for x, y, w, h in CROPS
    ]
    return np.stack(
        [cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA) for part in parts]
    )


def compute_features(paths: Sequence[Path], backbone: str, folder: Path) -> PhotoFeatures:
    """Compute the pooled features of the crops of photos, or read them from an earlier call.

    Parameters
    ----------
    paths : sequence of Path
        Photos.
    backbone : str
        A pretrained backbone.
    folder : Path
        Folder to keep the features in. Their file names come from the content of the photos.

    Returns
    -------
    PhotoFeatures
    """
    net, features, seconds = None, [], []
    for path in paths:
        file = folder / backbone / f"{sha256_of(path)[:20]}.npz"
        if not file.is_file():
            if net is None:
                net = pretrained_net(backbone)
                pooled_features(net, crops_of(read_image(path)))  # the first call compiles
            start = time.monotonic()
            computed = pooled_features(net, crops_of(read_image(path)))
            with atomic_path(file) as tmp, open(tmp, "wb") as stream:
                np.savez(stream, features=computed, seconds=time.monotonic() - start)
        with np.load(file) as stored:
            features.append(stored["features"])
            seconds.append(float(stored["seconds"]))
    return PhotoFeatures(np.stack(features), np.array(seconds))


def embed(photos: PhotoFeatures) -> PhotoFeatures:
    """Turn the features of `logo_lite0` into its embeddings."""
    weight = pretrained_net("logo_lite0").embedding.weight.data().asnumpy()
    return photos._replace(features=photos.features @ weight.T)


def probe(
    train: PhotoFeatures, labels: Sequence[str], test: PhotoFeatures, seed: int = 0
) -> ProbeAnswers:
    """Train a probe and ask it about the test photos.

    Parameters
    ----------
    train : PhotoFeatures
        Training photos.
    labels : sequence of str
        Classes of the training photos.
    test : PhotoFeatures
        Test photos.
    seed : int
        Seed of the cross-validation that chooses the strength of the regularisation.

    Returns
    -------
    ProbeAnswers
    """
    start = time.monotonic()
    labels = np.asarray(labels)
    strength = choose_strength(train.features, labels, seed)
    (head,) = train_heads(train.features, labels, [strength])
    trained = time.monotonic()
    answers = photo_probabilities(head, test.features)
    return ProbeAnswers(
        head.classes_.tolist(),
        answers,
        float(train.seconds.sum()) + trained - start,
        float(test.seconds.sum()) + time.monotonic() - trained,
        strength,
    )


def choose_strength(features: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Choose C by cross-validation over photos: the most right answers, then the lowest log loss.

    Parameters
    ----------
    features : ndarray
        (photos, crops, features).
    labels : ndarray of str
        (photos,).
    seed : int
        Seed of the folds.

    Returns
    -------
    float
    """
    from sklearn.model_selection import StratifiedKFold

    folds = min(FOLDS, np.unique(labels, return_counts=True)[1].min())
    if folds < 2:
        return DEFAULT_STRENGTH
    right, losses = np.zeros(len(STRENGTHS)), np.zeros(len(STRENGTHS))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for rest, held_out in splitter.split(features, labels):
        for index, head in enumerate(train_heads(features[rest], labels[rest], STRENGTHS)):
            shares = photo_probabilities(head, features[held_out])
            truth = np.searchsorted(head.classes_, labels[held_out])
            right[index] += (shares.argmax(axis=1) == truth).sum()
            losses[index] -= np.log(shares[np.arange(len(truth)), truth].clip(1e-15)).sum()
    return STRENGTHS[np.lexsort((losses, -right))[0]]


def train_heads(features: np.ndarray, labels: np.ndarray, strengths: Sequence[float]):
    """Yield a logistic regression for each C, in the given order; each starts from the last."""
    from sklearn.linear_model import LogisticRegression

    rows, classes = unit_rows(features), np.repeat(labels, features.shape[1])
    head = LogisticRegression(max_iter=ITERATIONS, warm_start=True)
    for strength in strengths:
        yield head.set_params(C=strength).fit(rows, classes)


def photo_probabilities(head, features: np.ndarray) -> np.ndarray:
    """Average the probabilities of each photo's crops, (photos, classes)."""
    shares = head.predict_proba(unit_rows(features))
    return shares.reshape(*features.shape[:2], -1).mean(axis=1)


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Features of all crops, (photos * crops, features), each of length 1."""
    rows = features.reshape(-1, features.shape[2])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
