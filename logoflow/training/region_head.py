"""Fit the output layer of a network to the features of regions, before any fine-tuning."""

import warnings
from typing import NamedTuple

import numpy as np
from mxnet import gluon, nd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from logoflow.inference.prototypes import Prototypes
from logoflow.training.region_examples import Examples

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
"""Values of scikit-learn's `C` that cross-validation chooses from."""

FOLDS = 5

MAX_ITERATIONS = 100

WEIGHT_SCALE = 1000.0
"""Total weight of the examples, so that `STRENGTHS` mean the same for few and for many photos."""


class RegionHead(NamedTuple):
    """The examples and the result of the fit of an output layer.

    Parameters
    ----------
    examples : Examples
        Regions of the training photos.
    strength : float
        Regularisation that cross-validation chose, scikit-learn's `C`.
    folds : int
        Folds of the cross-validation. Below 2 there was none.
    prototypes : Prototypes or None
        Regions that a classifier compares new photos with.
    composed : Examples or None
        Further examples, from artwork.
    """

    examples: Examples
    strength: float
    folds: int
    prototypes: Prototypes | None
    composed: Examples | None = None


def focus_on_logos(
    examples: Examples, strength: float, folds: int, composed: Examples | None = None
) -> Examples:
    """Give weight to the regions that show their label most clearly, for photos without boxes.

    A model that was fitted without a photo scores the regions of this photo. The weight of a region
    is multiplied by the probability that the model gives the photo's label. So the background,
    which all classes share, loses its weight.

    Parameters
    ----------
    examples : Examples
        Regions of the level ``"grid"``.
    strength : float
        scikit-learn's `C`.
    folds : int
        Number of parts that the photos are divided into, at least 2.
    composed : Examples, optional
        See `left_out_probabilities`.

    Returns
    -------
    Examples
        With new weights. They add up to 1 for each photo.

    Notes
    -----
    This is multiple-instance learning, with soft weights in place of the choice of one instance
    (Andrews, Tsochantaridis and Hofmann, NIPS 2002).
    """
    shares = left_out_probabilities(examples, None, strength, folds, composed)
    weights = examples.weights * shares[np.arange(len(shares)), examples.labels]
    totals = np.bincount(examples.photos, weights)
    return examples._replace(weights=weights / totals[examples.photos])


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
    """Count the folds for a cross-validation over photos, at most 5. It needs 2 or more."""
    photos_per_class = [
        len(np.unique(examples.photos[examples.labels == label]))
        for label in np.unique(examples.labels)
    ]
    return min(FOLDS, *photos_per_class) if len(photos_per_class) > 1 else 0


def choose_strength(
    examples: Examples, no_logo: int | None, folds: int, composed: Examples | None = None
) -> float:
    """Choose the regularisation by cross-validation over photos.

    Parameters
    ----------
    examples : Examples
    no_logo : int or None
        Label of no-logo.
    folds : int
        See `possible_folds`.
    composed : Examples, optional
        See `left_out_probabilities`.

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
            examples, left_out_probabilities(examples, no_logo, strength, folds, composed)
        )
        for strength in STRENGTHS
    }
    return min(losses, key=losses.__getitem__)


def left_out_probabilities(
    examples: Examples,
    no_logo: int | None,
    strength: float,
    folds: int,
    composed: Examples | None = None,
) -> np.ndarray:
    """Compute out-of-fold probabilities: each photo is scored by a model fitted without it.

    Parameters
    ----------
    examples : Examples
    no_logo : int or None
        Label of no-logo.
    strength : float
        scikit-learn's `C`.
    folds : int
        Number of parts that the photos are divided into, at least 2.
    composed : Examples, optional
        Further examples, from artwork. Every model is fitted to them.

    Returns
    -------
    ndarray
        (examples, classes), 0 to 1, for the labels 0 to the largest.
    """
    shares = np.full((len(examples.labels), examples.labels.max() + 1), 1e-6)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for train, test in splitter.split(examples.features, examples.labels, examples.photos):
        model = fit_regression(examples.subset(train).with_others(composed), no_logo, strength)
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
