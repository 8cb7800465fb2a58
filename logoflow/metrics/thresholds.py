"""Compute thresholds for the logo score, and measure their effect.

A photo whose logo score (`logoflow.logo_scores`) reaches the threshold is answered with its most
likely brand, every other photo with no-logo. A classifier's own threshold is chosen in
`logoflow.inference.calibration` and applied in `logoflow.inference.decision`.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import beta

from logoflow.metrics.scores import checked_brand_mask, has_right_brand, logo_scores

CONFIDENCE = 0.8
"""Probability that a rate is within its limit on further photos of the same kind."""


def threshold_at(no_logo_scores: Sequence[float] | np.ndarray, false_positive_rate: float) -> float:
    """Find the lowest threshold that keeps the false-positive rate within a limit.

    Parameters
    ----------
    no_logo_scores : sequence of float
        (photos,): logo scores of photos without a logo, 0 to 1.
    false_positive_rate : float
        Share of the photos, 0 to 1, that may reach the threshold. Of n photos, n * rate may,
        rounded down. Tied scores reach it together or not at all, so fewer photos may.

    Returns
    -------
    float
        The next floating-point number above the highest score that must not reach the threshold,
        in the precision of the scores; 0 if every photo may reach it.

    Raises
    ------
    ValueError
        If there are no scores, or the rate is out of range.

    Examples
    --------
    >>> threshold = threshold_at([0.1, 0.2, 0.3, 0.4], 0.25)
    >>> 0.3 < threshold < 0.3000001
    True
    """
    scores = np.sort(np.asarray(no_logo_scores))[::-1]
    if len(scores) == 0:
        raise ValueError("Choosing a threshold needs photos: there are no photos without a logo.")
    if not 0 <= false_positive_rate <= 1:
        raise ValueError(f"false_positive_rate is {false_positive_rate}: give 0 to 1.")
    # 0.29 * 100 is 28.999999999999996 in floating point; without 1e-9, 28 photos instead of 29.
    allowed = math.floor(false_positive_rate * len(scores) + 1e-9)
    if allowed >= len(scores):
        return 0.0
    highest_rejected = scores[allowed]
    return float(np.nextafter(highest_rejected, np.array(np.inf, dtype=scores.dtype)))


def cautious_rate(photos: int, rate: float) -> float:
    """Compute the share of photos that may pass, so that the true rate probably keeps a limit.

    Of few photos, a smaller share than the limit may pass, because chance decides how many do. With
    50 photos and a limit of 0.1, two may pass instead of five.

    Parameters
    ----------
    photos : int
        Number of photos that a threshold is chosen on.
    rate : float
        Limit, 0 to 1, of the share of all such photos that pass.

    Returns
    -------
    float
        Share of the photos, 0 to 1: the largest for which the upper end of the one-sided interval
        of `CONFIDENCE` is within the limit. 0 if there are too few photos for such a limit.

    Notes
    -----
    The interval is that of Clopper and Pearson, The Use of Confidence or Fiducial Limits
    Illustrated in the Case of the Binomial (Biometrika, 1934).

    Examples
    --------
    >>> cautious_rate(50, 0.1), cautious_rate(5000, 0.1)
    (0.04, 0.0962)
    """
    passing = np.arange(photos)
    upper_ends = beta.ppf(CONFIDENCE, passing + 1, photos - passing)
    return max(0, int(np.count_nonzero(upper_ends <= rate)) - 1) / max(1, photos)


def upper_end(photos: int, rate: float, confidence: float = 0.95) -> float:
    """Compute how high the true rate may be if a share of photos within a limit passes.

    Parameters
    ----------
    photos : int
        Number of photos that a threshold was chosen on.
    rate : float
        The limit, 0 to 1.
    confidence : float
        Probability that the true rate is not higher than the result, 0 to 1.

    Returns
    -------
    float
        0 to 1. 1 without any photos.

    Examples
    --------
    >>> round(upper_end(20, 0.02), 3), round(upper_end(2000, 0.02), 3)
    (0.139, 0.026)
    """
    if not photos:
        return 1.0
    passing = math.floor(photos * rate + 1e-9)  # 1e-9: as in threshold_at
    return float(beta.ppf(confidence, passing + 1, photos - passing))


def photos_needed(rate: float) -> int:
    """Compute how many photos can show that a rate is within a limit, if none of them passes.

    Examples
    --------
    >>> photos_needed(0.02)
    80
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - rate))


def recall_at(
    truth: Sequence[int] | np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    false_positive_rate: float = 0.02,
) -> float:
    """Compute the recall of the brands at a fixed false-positive rate.

    The threshold is chosen on the same no-logo photos (`threshold_at`). The result therefore
    measures the probabilities, not a threshold that was chosen on other photos.

    Parameters
    ----------
    truth : sequence of int
        (photos,): true labels.
    probabilities : ndarray
        (photos, classes), 0 to 1.
    classes : sequence of str
        Class names in label order.
    false_positive_rate : float
        0 to 1. At 0.02, 2 of 135 no-logo photos may reach the threshold.

    Returns
    -------
    float
        Share of brand photos, 0 to 1, that reach the threshold and have the right brand.

    Raises
    ------
    ValueError
        See `logoflow.metrics.scores.auroc`; also if the rate is out of range.

    Examples
    --------
    >>> recall_at([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
    1.0
    """
    is_brand = checked_brand_mask(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    reaches_threshold = scores >= threshold_at(scores[~is_brand], false_positive_rate)
    is_found = reaches_threshold & has_right_brand(truth, probabilities, classes)
    return float(is_found[is_brand].mean())


def threshold_curve(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Compute recall, false alarms and accuracy at every threshold.

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
        One row per ``threshold``, in rising order from the lowest score to just above the
        highest. ``recall`` is the share of brand photos answered with the right brand,
        ``false_alarms`` the share of no-logo photos answered with a brand, ``accuracy`` the
        share of all photos with the right answer, each 0 to 1.

    Raises
    ------
    ValueError
        See `logoflow.metrics.scores.auroc`.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    >>> frame = threshold_curve([0, 0, 1], probabilities, ["bmw", "no-logo"])
    >>> frame.loc[frame["accuracy"].idxmax()]
    threshold       0.6
    recall          1.0
    false_alarms    0.0
    accuracy        1.0
    Name: 1, dtype: float64
    """
    is_brand = checked_brand_mask(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    thresholds = np.unique(scores)
    above_all = np.nextafter(thresholds[-1], np.array(np.inf, dtype=thresholds.dtype))
    thresholds = np.append(thresholds, above_all)
    is_right = is_brand & has_right_brand(truth, probabilities, classes)
    brands_found = _count_reaching(scores[is_right], thresholds)
    false_alarms = _count_reaching(scores[~is_brand], thresholds)
    no_logo_photos = np.count_nonzero(~is_brand)
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "recall": brands_found / np.count_nonzero(is_brand),
            "false_alarms": false_alarms / no_logo_photos,
            "accuracy": (brands_found + no_logo_photos - false_alarms) / len(scores),
        }
    )


def _count_reaching(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Count the scores that reach each threshold."""
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
