"""What a threshold on the logo score finds and what it costs.

At a threshold, a photo whose logo score (`logoflow.logo_scores`) reaches it is answered with its
likeliest brand, any other with no-logo.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from logoflow.metrics.scores import brand_is_right, logo_scores, two_kinds


def threshold_at(
    scores_of_no_logo: Sequence[float] | np.ndarray, false_positive_rate: float
) -> float:
    """Find the lowest threshold that lets no more than a share of the no-logo photos through.

    Parameters
    ----------
    scores_of_no_logo : sequence of float
        (photos,): logo scores of photos without a logo, 0 to 1.
    false_positive_rate : float
        0 to 1. Of n photos, the whole part of n * rate may reach the threshold; where scores
        tie, all of them do or none, so it may be fewer.

    Returns
    -------
    float
        The next number above the highest score that must stay out, in the scores' own
        precision; 0 where every photo may pass.

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
    scores = np.sort(np.asarray(scores_of_no_logo))[::-1]
    if len(scores) == 0:
        raise ValueError("There are no photos without a logo to choose a threshold on.")
    if not 0 <= false_positive_rate <= 1:
        raise ValueError(f"A false-positive rate of {false_positive_rate}: give 0 to 1.")
    # 0.29 * 100 is 28.999999999999996: without the grain, 28 photos would pass instead of 29.
    allowed = math.floor(false_positive_rate * len(scores) + 1e-9)
    if allowed >= len(scores):
        return 0.0
    highest_out = scores[allowed]
    return float(np.nextafter(highest_out, np.array(np.inf, dtype=scores.dtype)))


def recall_at(
    truth: Sequence[int] | np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    false_positive_rate: float = 0.02,
) -> float:
    """Share of brand photos found with the right brand while few no-logo photos pass.

    The threshold is chosen on these very no-logo photos (`threshold_at`), so this measures the
    probabilities, not a threshold that was chosen beforehand.

    Parameters
    ----------
    truth, probabilities, classes
        See `logoflow.metrics.scores.brand_top1`.
    false_positive_rate : float
        0 to 1: at 0.02, 2 of 135 no-logo photos may pass.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        As `logoflow.metrics.scores.auroc`, or if the rate is out of range.

    Examples
    --------
    >>> recall_at([0, 1], np.array([[0.9, 0.1], [0.3, 0.7]]), ["bmw", "no-logo"])
    1.0
    """
    is_brand = two_kinds(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    passes = scores >= threshold_at(scores[~is_brand], false_positive_rate)
    return float((passes & brand_is_right(truth, probabilities, classes))[is_brand].mean())


def threshold_curve(
    truth: Sequence[int] | np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Follow what every threshold finds and what it costs.

    Parameters
    ----------
    truth, probabilities, classes
        See `logoflow.metrics.scores.brand_top1`.

    Returns
    -------
    DataFrame
        ``threshold`` rising through all scores to just above the highest; ``recall``, the share
        of brand photos answered with the right brand; ``false_alarms``, the share of no-logo
        photos answered with a brand; ``accuracy`` over all classes. Shares are 0 to 1.

    Raises
    ------
    ValueError
        As `logoflow.metrics.scores.auroc`.

    Examples
    --------
    >>> frame = threshold_curve(truth, probabilities, classes)
    >>> frame.loc[frame["accuracy"].idxmax(), "threshold"]
    """
    is_brand = two_kinds(truth, probabilities, classes)
    scores = logo_scores(probabilities, classes)
    levels = np.unique(scores)
    levels = np.append(levels, np.nextafter(levels[-1], np.array(np.inf, dtype=levels.dtype)))
    found = _reaching(scores[is_brand & brand_is_right(truth, probabilities, classes)], levels)
    alarms = _reaching(scores[~is_brand], levels)
    none = np.count_nonzero(~is_brand)
    return pd.DataFrame(
        {
            "threshold": levels,
            "recall": found / np.count_nonzero(is_brand),
            "false_alarms": alarms / none,
            "accuracy": (found + none - alarms) / len(scores),
        }
    )


def _reaching(scores: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """How many scores reach each level."""
    return len(scores) - np.searchsorted(np.sort(scores), levels, side="left")
