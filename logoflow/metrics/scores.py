"""Figures from probabilities: how well logos stand out, and their brands among each other.

A photo's logo score sets its likeliest brand against no-logo, the other brands left out: a net
that hesitates between two brands is still sure of a logo. `classes` names the columns of
`probabilities`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from logoflow.labels import NO_LOGO


def logo_scores(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Likeliest brand of each photo against no-logo: how sure the net is of a logo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Names in label order.

    Returns
    -------
    ndarray
        (photos,), 0 to 1: of the highest brand's and no-logo's probability together, the brand's
        share. Where there is no no-logo class, the highest brand's probability.

    Raises
    ------
    ValueError
        If the columns do not match the classes, or there is no brand among them.

    Examples
    --------
    >>> logo_scores(np.array([[0.2, 0.5, 0.3]]), ["bmw", "no-logo", "ups"])
    array([0.375])
    """
    _brand_probabilities(probabilities, classes)
    no_logo = list(classes).index(NO_LOGO) if NO_LOGO in classes else None
    return against_no_logo(probabilities, no_logo)


def against_no_logo(probabilities: np.ndarray, no_logo: int | None) -> np.ndarray:
    """Logo scores by no-logo's class number, None where there is no such class: `logo_scores`."""
    if no_logo is None:
        return np.max(probabilities, axis=1)
    brand = np.delete(probabilities, no_logo, axis=1).max(axis=1)
    return brand / (brand + np.asarray(probabilities)[:, no_logo])


def brand_top1(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float:
    """Share of brand photos whose highest brand is right, no-logo's probability left out.

    Parameters
    ----------
    truth : sequence of int
        (photos,): class numbers.
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
    is_brand = shows_brand(truth, probabilities, classes)
    if not is_brand.any():
        raise ValueError("There are no photos of a brand to measure on.")
    return float(brand_is_right(truth, probabilities, classes)[is_brand].mean())


def auroc(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float:
    """Area under the ROC curve, logo against no-logo: how well the logo scores part the two.

    Parameters
    ----------
    truth, probabilities, classes
        See `brand_top1`.

    Returns
    -------
    float
        Chance that a brand photo scores above a no-logo photo: 0.5 by chance, 1 at best.

    Raises
    ------
    ValueError
        If there are no brand photos or no no-logo photos, or the arrays do not match.

    Examples
    --------
    >>> auroc([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
    1.0
    """
    is_brand = two_kinds(truth, probabilities, classes)
    return float(roc_auc_score(is_brand, logo_scores(probabilities, classes)))


def roc(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Trace the ROC curve, logo against no-logo.

    Parameters
    ----------
    truth, probabilities, classes
        See `brand_top1`.

    Returns
    -------
    DataFrame
        ``threshold`` from infinity down, and the shares of no-logo photos
        (``false_positive_rate``) and of brand photos (``true_positive_rate``) that reach it.

    Raises
    ------
    ValueError
        As `auroc`.

    Examples
    --------
    >>> frame = roc(truth, probabilities, classes)
    >>> frame.loc[frame["false_positive_rate"] <= 0.02, "true_positive_rate"].max()
    """
    is_brand = two_kinds(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    false, true, thresholds = roc_curve(is_brand, scores, drop_intermediate=False)
    return pd.DataFrame(
        {"threshold": thresholds, "false_positive_rate": false, "true_positive_rate": true}
    )


def precision_recall(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Trace precision against recall, logo against no-logo.

    Parameters
    ----------
    truth, probabilities, classes
        See `brand_top1`.

    Returns
    -------
    DataFrame
        ``threshold`` up to infinity, ``recall`` (share of brand photos that reach it) and
        ``precision`` (share of brand photos among all that reach it; 1 where none does).

    Raises
    ------
    ValueError
        As `auroc`.

    Examples
    --------
    >>> precision_recall([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
    """
    is_brand = two_kinds(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    precision, recall, thresholds = precision_recall_curve(is_brand, scores)
    thresholds = np.append(thresholds, np.inf)
    return pd.DataFrame({"threshold": thresholds, "recall": recall, "precision": precision})


def _brand_probabilities(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Probabilities without no-logo's column."""
    probabilities, brands = np.asarray(probabilities), _brand_columns(classes)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(classes) or len(brands) == 0:
        raise ValueError(
            f"Probabilities of shape {probabilities.shape} for {len(classes)} classes, "
            f"{len(brands)} of them brands: give (photos, classes) with a brand at least."
        )
    return probabilities[:, brands]


def _brand_columns(classes: Sequence[str]) -> np.ndarray:
    return np.flatnonzero(np.asarray(classes) != NO_LOGO)


def brand_is_right(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Whether the highest brand is the true one; never for a no-logo photo."""
    highest = _brand_probabilities(probabilities, classes).argmax(axis=1)
    return _brand_columns(classes)[highest] == np.asarray(truth)


def shows_brand(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Which photos are of a brand."""
    truth = np.asarray(truth, dtype=int)
    if len(truth) != len(probabilities):
        raise ValueError(f"{len(truth)} photos, but probabilities of {len(probabilities)}.")
    if not np.isin(truth, np.arange(len(classes))).all():
        raise ValueError(f"A class number is beyond the list of {len(classes)} classes.")
    return np.isin(truth, _brand_columns(classes))


def two_kinds(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Which photos show a brand, where there are photos with and without."""
    is_brand = shows_brand(truth, probabilities, classes)
    if is_brand.all() or not is_brand.any():
        missing = "without a logo" if is_brand.any() else "of a brand"
        raise ValueError(f"There are no photos {missing} to measure on.")
    return is_brand
