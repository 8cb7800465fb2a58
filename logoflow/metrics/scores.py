"""Metrics of probabilities: how well logos are detected, and how well brands are distinguished.

The logo score of a photo compares its most likely brand with no-logo and ignores the other brands:
a network that hesitates between two brands can still be sure that there is a logo. In all
functions, `classes` names the columns of `probabilities`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from logoflow.labels import NO_LOGO, no_logo_index
from logoflow.metrics.logo_score import against_no_logo


def logo_scores(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Compute the logo score of each photo: how sure the network is that there is a logo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    ndarray
        (photos,), 0 to 1: the highest brand probability, divided by the sum of itself and the
        no-logo probability. Without a no-logo class, the highest brand probability.

    Raises
    ------
    ValueError
        If the columns do not match the classes, or no class is a brand.

    Examples
    --------
    >>> logo_scores(np.array([[0.2, 0.5, 0.3]]), ["bmw", "no-logo", "ups"])
    array([0.375])
    """
    _brand_probabilities(probabilities, classes)
    return against_no_logo(probabilities, no_logo_index(classes))


def brand_top1(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float:
    """Compute the share of brand photos whose most likely brand is right, no-logo ignored.

    Parameters
    ----------
    truth : sequence of int
        (photos,): labels.
    probabilities, classes
        See `logo_scores`.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        If there are no brand photos, or the arrays do not match.

    Examples
    --------
    >>> brand_top1([2], np.array([[0.2, 0.5, 0.3]]), ["bmw", "no-logo", "ups"])
    1.0
    """
    is_brand = brand_mask(truth, probabilities, classes)
    if not is_brand.any():
        raise ValueError("There are no photos of a brand to measure on.")
    return float(has_right_brand(truth, probabilities, classes)[is_brand].mean())


def auroc(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float:
    """Compute the area under the ROC curve of the logo scores, logo against no-logo.

    Parameters
    ----------
    truth : sequence of int
        (photos,): true labels.
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    float
        Probability that a brand photo has a higher logo score than a no-logo photo: 0.5 for a
        random score, 1 at best.

    Raises
    ------
    ValueError
        If there are no brand photos or no no-logo photos, or the arrays do not match.

    Examples
    --------
    >>> auroc([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
    1.0
    """
    is_brand = checked_brand_mask(truth, probabilities, classes)
    return float(roc_auc_score(is_brand, logo_scores(probabilities, classes)))


def roc(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Compute the ROC curve of the logo scores, logo against no-logo.

    Parameters
    ----------
    truth : sequence of int
        (photos,): true labels.
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    DataFrame
        One row per ``threshold``, in falling order from infinity. ``false_positive_rate`` and
        ``true_positive_rate`` are the shares of no-logo photos and of brand photos whose logo
        score reaches it.

    Raises
    ------
    ValueError
        See `auroc`.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    >>> roc([0, 0, 1], probabilities, ["bmw", "no-logo"])
       threshold  false_positive_rate  true_positive_rate
    0        inf                  0.0                 0.0
    1        0.9                  0.0                 0.5
    2        0.6                  0.0                 1.0
    3        0.3                  1.0                 1.0
    """
    is_brand = checked_brand_mask(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    false_positives, true_positives, thresholds = roc_curve(
        is_brand, scores, drop_intermediate=False
    )
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "false_positive_rate": false_positives,
            "true_positive_rate": true_positives,
        }
    )


def precision_recall(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Compute the precision-recall curve of the logo scores, logo against no-logo.

    Parameters
    ----------
    truth : sequence of int
        (photos,): true labels.
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    DataFrame
        One row per ``threshold``, in rising order to infinity. ``recall`` is the share of brand
        photos whose logo score reaches it; ``precision`` is the share of brand photos among all
        photos that reach it, 1 if none does.

    Raises
    ------
    ValueError
        See `auroc`.

    Examples
    --------
    >>> precision_recall([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
       threshold  recall  precision
    0        0.3     1.0        0.5
    1        0.9     1.0        1.0
    2        inf     0.0        1.0
    """
    is_brand = checked_brand_mask(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    precision, recall, thresholds = precision_recall_curve(is_brand, scores)
    thresholds = np.append(thresholds, np.inf)
    return pd.DataFrame({"threshold": thresholds, "recall": recall, "precision": precision})


def _brand_probabilities(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Check the shape and remove the no-logo column."""
    probabilities, brands = np.asarray(probabilities), _brand_columns(classes)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(classes) or len(brands) == 0:
        raise ValueError(
            f"The probabilities have shape {probabilities.shape} for {len(classes)} classes, "
            f"{len(brands)} of them brands: give shape (photos, classes) and at least one brand."
        )
    return probabilities[:, brands]


def _brand_columns(classes: Sequence[str]) -> np.ndarray:
    return np.flatnonzero(np.asarray(classes) != NO_LOGO)


def has_right_brand(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Mark the photos whose most likely brand is right, (photos,) bool; never a no-logo photo."""
    highest = _brand_probabilities(probabilities, classes).argmax(axis=1)
    return _brand_columns(classes)[highest] == np.asarray(truth)


def brand_mask(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Mark the photos of a brand, (photos,) bool, after checking the labels."""
    truth = np.asarray(truth, dtype=int)
    if len(truth) != len(probabilities):
        raise ValueError(
            f"There are {len(truth)} labels, but probabilities of {len(probabilities)} photos."
        )
    if not np.isin(truth, np.arange(len(classes))).all():
        raise ValueError(f"A label is out of range: there are {len(classes)} classes.")
    return np.isin(truth, _brand_columns(classes))


def checked_brand_mask(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Mark the photos of a brand; raise ValueError unless there are photos with and without."""
    is_brand = brand_mask(truth, probabilities, classes)
    if is_brand.all() or not is_brand.any():
        missing = "without a logo" if is_brand.any() else "of a brand"
        raise ValueError(f"There are no photos {missing} to measure on.")
    return is_brand
