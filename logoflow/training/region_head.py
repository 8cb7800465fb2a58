"""Fit the output layer of a network to the features of regions, before any fine-tuning."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from mxnet import gluon, nd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from logoflow.images.boxes import intersections_over_unions, overlaps
from logoflow.images.decode import load_image
from logoflow.inference.region_grid import region_boxes, window_regions
from logoflow.utils.progress import bar

if TYPE_CHECKING:
    from logoflow.inference.regions import RegionNet

Boxes = Sequence[Sequence[float]]
PhotoWithBoxes = tuple[Path, int, Boxes]
"""Path, label, and boxes (x, y, width, height) in pixels of the photo file."""

MIN_LOGO_OVERLAP = 0.4
"""A region shows a logo if it shares this much of its union with the logo's box."""

MAX_BACKGROUND_OVERLAP = 0.1
"""Background regions overlap every box by less than this share (`logoflow.images.boxes`)."""

REGIONS_PER_LOGO = 5
LOGOS_PER_PHOTO = 6
BACKGROUNDS_PER_PHOTO = 5
REGIONS_PER_NO_LOGO_PHOTO = 20

MAX_GRID_EXAMPLES = 30_000
"""Regions from photos without boxes, about. Of many photos, each gives fewer regions."""

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
"""Values of scikit-learn's `C` that cross-validation chooses from."""

FOLDS = 5

MAX_ITERATIONS = 100

WEIGHT_SCALE = 1000.0
"""Total weight of the examples, so that `STRENGTHS` mean the same for few and for many photos."""


class Examples(NamedTuple):
    """Regions with their labels.

    Parameters
    ----------
    features : ndarray
        (examples, features), the input of the output layer.
    labels : ndarray of int
        (examples,).
    weights : ndarray
        (examples,). The examples of a label in a photo have a total weight of 1.
    photos : ndarray of int
        (examples,), position of the photo that each region is a part of.
    regions : ndarray of int
        (examples,), position of the region in `logoflow.inference.region_grid.region_boxes`.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    photos: np.ndarray
    regions: np.ndarray

    def subset(self, chosen: np.ndarray) -> "Examples":
        """Choose examples by position or by a mask."""
        return Examples(*(values[chosen] for values in self))


def region_examples(
    net: "RegionNet", photos: Sequence[PhotoWithBoxes], no_logo: int | None, seed: int
) -> Examples:
    """Choose the regions of photos that an output layer learns from, and compute their features.

    In a photo with boxes, the regions that fit a box best show the brand, and some of those away
    from all boxes show no logo. In a photo without boxes, nobody knows where the logo is: the
    regions of the level ``"grid"`` all get the label of the photo. If some photos have boxes,
    random regions of the no-logo photos show no logo.

    Parameters
    ----------
    net : RegionNet
    photos : sequence of PhotoWithBoxes
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    seed : int
        Seed of the choice of regions without a logo.

    Returns
    -------
    Examples
    """
    generator, parts = np.random.default_rng(seed), []
    any_boxes = any(boxes for _, _, boxes in photos)
    for number, (path, label, boxes) in enumerate(bar(photos, "regions")):
        image = load_image(path)
        height, width = image.shape[:2]
        if label == no_logo and any_boxes:
            count = len(region_boxes(width, height))
            chosen = [(generator.choice(count, REGIONS_PER_NO_LOGO_PHOTO), label)]
        elif boxes:
            all_regions = region_boxes(width, height)
            chosen = _regions_by_boxes(all_regions, boxes, label, no_logo, generator)
        else:
            on_grid = _on_grid(width, height, MAX_GRID_EXAMPLES // len(photos), generator)
            chosen = [(on_grid, label)]
        features = net.features(image)
        parts += [
            Examples(
                features[regions],
                np.full(len(regions), part_label),
                np.full(len(regions), 1 / len(regions)),
                np.full(len(regions), number),
                regions,
            )
            for regions, part_label in chosen
        ]
    return Examples(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _on_grid(width: int, height: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Choose regions of the level "grid": the whole photo, and others up to `count`, at least 8."""
    regions, count = window_regions(width, height), max(8, count)
    if len(regions) <= count:
        return regions
    others = 1 + np.sort(generator.choice(len(regions) - 1, count - 1, replace=False))
    return regions[[0, *others]]


def _regions_by_boxes(
    regions: np.ndarray,
    boxes: Boxes,
    label: int,
    no_logo: int | None,
    generator: np.random.Generator,
) -> list[tuple[np.ndarray, int]]:
    """Choose the regions of a photo that show its logos, and regions of its background."""
    logos = []
    for box in boxes[:LOGOS_PER_PHOTO]:
        likeness = intersections_over_unions(box, regions)
        best = np.argsort(-likeness)[:REGIONS_PER_LOGO]
        fitting = best[likeness[best] > MIN_LOGO_OVERLAP]
        logos.append(fitting if len(fitting) else best[:1])
    chosen = [(np.concatenate(logos), label)]
    is_background = np.all([overlaps(box, regions) < MAX_BACKGROUND_OVERLAP for box in boxes], 0)
    background = np.flatnonzero(is_background)
    if no_logo is not None and len(background):
        chosen.append((generator.choice(background, BACKGROUNDS_PER_PHOTO), no_logo))
    return chosen


def focus_on_logos(examples: Examples, strength: float, folds: int) -> Examples:
    """Give weight to the regions that show their label most clearly, for photos without boxes.

    Which region of a photo carries the brand is decided by a model that was fitted without the
    photo. A region's weight is proportional to the probability that this model gives the photo's
    label. So the background, which all classes share, loses its weight.

    Parameters
    ----------
    examples : Examples
        Regions of the level ``"grid"``.
    strength : float
        scikit-learn's `C`.
    folds : int
        Number of parts that the photos are divided into, at least 2.

    Returns
    -------
    Examples
        With new weights. They add up to 1 for each photo.

    Notes
    -----
    This is multiple-instance learning, with soft weights in place of the choice of one instance
    (Andrews, Tsochantaridis and Hofmann, NIPS 2002).
    """
    shares = left_out_probabilities(examples, None, strength, folds)
    right = shares[np.arange(len(shares)), examples.labels]
    totals = np.bincount(examples.photos, right)
    return examples._replace(weights=right / totals[examples.photos])


def fit_output(output: gluon.nn.Dense, model: LogisticRegression) -> None:
    """Copy a logistic regression into an output layer.

    Parameters
    ----------
    output : Dense
        One output per class. Classes that the model does not know get a low bias, so that they
        are never the answer.
    model : LogisticRegression
        Its classes are labels.
    """
    weight = np.zeros(output.weight.shape, np.float32)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    bias = np.full(len(weight), intercepts.min() - 10, np.float32)
    weight[model.classes_], bias[model.classes_] = coefficients, intercepts
    output.weight.set_data(nd.array(weight))
    output.bias.set_data(nd.array(bias))


def possible_folds(examples: Examples) -> int:
    """Number of folds for a cross-validation over photos, at most 5. Below 2 it is impossible."""
    photos_per_class = [
        len(np.unique(examples.photos[examples.labels == label]))
        for label in np.unique(examples.labels)
    ]
    return min(FOLDS, *photos_per_class) if len(photos_per_class) > 1 else 0


def choose_strength(examples: Examples, no_logo: int | None, folds: int) -> float:
    """Choose the regularisation by cross-validation over photos.

    Parameters
    ----------
    examples : Examples
    no_logo : int or None
        Label of no-logo.
    folds : int
        See `possible_folds`.

    Returns
    -------
    float
        The value of `STRENGTHS` with the lowest log loss on photos that were left out. The middle
        one if there are less than two folds.
    """
    if folds < 2:
        return STRENGTHS[len(STRENGTHS) // 2]
    losses = {
        strength: photo_log_loss(
            examples, left_out_probabilities(examples, no_logo, strength, folds)
        )
        for strength in STRENGTHS
    }
    return min(losses, key=losses.__getitem__)


def left_out_probabilities(
    examples: Examples, no_logo: int | None, strength: float, folds: int
) -> np.ndarray:
    """Answer for each photo's regions by a model that was fitted without this photo.

    Parameters
    ----------
    examples : Examples
    no_logo : int or None
        Label of no-logo.
    strength : float
        scikit-learn's `C`.
    folds : int
        Number of parts that the photos are divided into, at least 2.

    Returns
    -------
    ndarray
        (examples, classes), 0 to 1, for the labels 0 to the largest.
    """
    shares = np.full((len(examples.labels), examples.labels.max() + 1), 1e-6)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for train, test in splitter.split(examples.features, examples.labels, examples.photos):
        model = fit_regression(examples.subset(train), no_logo, strength)
        shares[np.ix_(test, model.classes_)] = model.predict_proba(examples.features[test])
    return shares


def photo_log_loss(examples: Examples, shares: np.ndarray) -> float:
    """Compute the mean log loss of photos, whose probabilities are the mean over their regions."""
    right = shares[np.arange(len(shares)), examples.labels]
    pairs = np.stack([examples.photos, examples.labels])
    _, position = np.unique(pairs, axis=1, return_inverse=True)
    position = position.ravel()
    means = np.bincount(position, right) / np.bincount(position)
    return float(-np.log(np.maximum(means, 1e-6)).mean())


def fit_regression(examples: Examples, no_logo: int | None, strength: float) -> LogisticRegression:
    """Fit a logistic regression.

    Parameters
    ----------
    examples : Examples
    no_logo : int or None
        Label of no-logo. It counts at most as much as all brands together.
    strength : float
        scikit-learn's `C`.

    Returns
    -------
    LogisticRegression
    """
    weights = examples.weights.copy()
    is_no_logo = examples.labels == (-1 if no_logo is None else no_logo)
    if 0 < weights[~is_no_logo].sum() < weights[is_no_logo].sum():
        weights[is_no_logo] *= weights[~is_no_logo].sum() / weights[is_no_logo].sum()
    weights *= WEIGHT_SCALE / weights.sum()
    model = LogisticRegression(C=strength, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings():
        # More iterations change the answers for no photo, and take much longer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(examples.features, examples.labels, sample_weight=weights)
