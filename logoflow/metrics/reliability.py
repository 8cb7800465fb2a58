"""Whether a net that says 80 % is right eight times out of ten."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def calibration_error(
    confidence: Sequence[float] | np.ndarray, correct: Sequence[bool] | np.ndarray, bins: int = 15
) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, bin by bin.

    Parameters
    ----------
    confidence : sequence of float
        (photos,): the probability of each answer, 0 to 1.
    correct : sequence of bool
        (photos,): whether the answer is right.
    bins : int
        Bins of equal width; each counts by its photos.

    Returns
    -------
    float
        0 (says what it is worth) to 1.

    Raises
    ------
    ValueError
        As `reliability_bins`.

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
    """Confidence and accuracy of the answers, in bins of equal width by confidence.

    Parameters
    ----------
    confidence, correct, bins
        See `calibration_error`.

    Returns
    -------
    DataFrame
        A row per bin, above ``low`` up to and with ``high`` (0 is in the first): ``photos``,
        their mean ``confidence`` and ``accuracy``, 0 to 1, NaN where there are no photos.

    Raises
    ------
    ValueError
        If there are no photos, the two lists differ in length, a confidence is not within 0 to
        1, or there is no bin.

    Examples
    --------
    >>> reliability_bins([0.9, 0.7], [True, False], bins=2)["photos"].tolist()
    [0, 2]
    """
    confidence, correct = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if len(confidence) == 0 or len(confidence) != len(correct) or bins < 1:
        raise ValueError(
            "Reliability needs one confidence per answer and a bin: "
            f"{len(confidence)} confidences, {len(correct)} answers, {bins} bins."
        )
    if not np.all((confidence >= 0) & (confidence <= 1)):
        raise ValueError("A confidence is not within 0 to 1: give probabilities, not logits.")
    edges = np.linspace(0, 1, bins + 1)
    place = np.digitize(confidence, edges[1:-1], right=True)
    photos = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(place, values, bins) / photos for values in (confidence, correct)]
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "photos": photos,
            "confidence": means[0],
            "accuracy": means[1],
        }
    )
