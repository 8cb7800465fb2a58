"""Calibration: whether answers with a confidence of 80 % are right in 80 % of cases."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def calibration_error(
    confidence: Sequence[float] | np.ndarray, correct: Sequence[bool] | np.ndarray, bins: int = 15
) -> float:
    """Compute the expected calibration error: the mean gap between confidence and accuracy.

    Parameters
    ----------
    confidence : sequence of float
        (photos,): the predicted probability of each answer, 0 to 1.
    correct : sequence of bool
        (photos,): whether the answer is right.
    bins : int
        Number of bins of equal width. Each bin is weighted by its number of photos.

    Returns
    -------
    float
        From 0, perfectly calibrated, to 1.

    Raises
    ------
    ValueError
        See `reliability_bins`.

    Notes
    -----
    C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3.

    Examples
    --------
    >>> round(calibration_error([0.9, 0.9, 0.6, 0.6], [True, True, True, False]), 2)
    0.1
    """
    frame = reliability_bins(confidence, correct, bins)
    gaps = (frame["accuracy"] - frame["confidence"]).abs()
    return float((gaps * frame["photos"]).sum() / frame["photos"].sum())


def reliability_bins(
    confidence: Sequence[float] | np.ndarray, correct: Sequence[bool] | np.ndarray, bins: int = 15
) -> pd.DataFrame:
    """Compare the confidence and the accuracy of answers, in bins of equal width.

    Parameters
    ----------
    confidence : sequence of float
        (photos,): the predicted probability of each answer, 0 to 1.
    correct : sequence of bool
        (photos,): whether the answer is right.
    bins : int
        Number of bins of equal width.

    Returns
    -------
    DataFrame
        One row per bin. A bin contains the confidences above ``low`` up to and including ``high``;
        the first bin also contains 0. The other columns are ``photos``, their number, and
        ``confidence`` and ``accuracy``, the means, 0 to 1, NaN for an empty bin.

    Raises
    ------
    ValueError
        If there are no photos, the two lists differ in length, a confidence is not between 0 and
        1, or `bins` is below 1.

    Examples
    --------
    >>> reliability_bins([0.9, 0.7], [True, False], bins=2)["photos"].tolist()
    [0, 2]
    """
    confidence, correct = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if len(confidence) == 0 or len(confidence) != len(correct) or bins < 1:
        raise ValueError(
            "Reliability needs one confidence per answer and at least one bin, but there are "
            f"{len(confidence)} confidences, {len(correct)} answers and {bins} bins."
        )
    if not np.all((confidence >= 0) & (confidence <= 1)):
        raise ValueError("A confidence is not between 0 and 1: give probabilities, not logits.")
    edges = np.linspace(0, 1, bins + 1)
    bin_numbers = np.digitize(confidence, edges[1:-1], right=True)
    photos = np.bincount(bin_numbers, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bin_numbers, confidence, bins) / photos
        accuracy = np.bincount(bin_numbers, correct, bins) / photos
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "photos": photos,
            "confidence": mean_confidence,
            "accuracy": accuracy,
        }
    )
