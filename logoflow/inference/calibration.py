"""Fit a decision to scores: calibrated probabilities, and the threshold for no-logo."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from logoflow.inference.decision import Decision, adjusted, check_rate, probabilities
from logoflow.labels import no_logo_index
from logoflow.metrics.logo_score import against_no_logo
from logoflow.metrics.thresholds import cautious_rate, threshold_at
from logoflow.utils.softmax import log_softmax

TEMPERATURES = (0.05, 20.0)
"""Range of the fitted temperature. A few photos that are all answered right would drive it to 0."""

MIN_LEAD = 2.0
"""A brand is named only if it is this many times as probable as the next one."""

BIAS_SPREAD = 5.0
"""Standard deviation of the prior of the bias. That of the logarithm of the temperature is 1."""


def fit_decision(
    scores: np.ndarray,
    truth: Sequence[int] | np.ndarray,
    classes: Sequence[str],
    false_positive_rate: float = 0.02,
    background: np.ndarray | None = None,
) -> Decision:
    """Fit a decision to validation photos: first the probabilities, then the threshold.

    This also works for a network that never saw a no-logo photo in training. Its no-logo logit
    has learnt nothing, but the bias and the threshold reject photos by their highest brand score.

    Parameters
    ----------
    scores : ndarray
        (photos, classes), finite, of photos that the network was not trained on.
    truth : sequence of int
        (photos,), labels.
    classes : sequence of str
        Names in label order.
    false_positive_rate : float
        Share of the no-logo photos that may be given a brand, above 0 and below 1.
    background : ndarray, optional
        (backgrounds, classes), scores of the background of photos with a logo. They count as
        no-logo photos.

    Returns
    -------
    Decision
        Without a no-logo class, or without no-logo photos, it has no threshold and no bias.

    Raises
    ------
    ValueError
        If there are no photos, the lengths differ, a score is not finite, a label has no class,
        or the rate is out of range.

    Notes
    -----
    Temperature scaling is from Guo et al., On Calibration of Modern Neural Networks (ICML 2017).
    The prior of temperature and bias is logoflow's own.

    Examples
    --------
    >>> from logoflow.inference.decision import decide
    >>> scores = np.log([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.6, 0.4]])
    >>> decision = fit_decision(scores, [0, 0, 1, 1], ["bmw", "no-logo"], 0.4)
    >>> decide(probabilities(scores, decision, no_logo=1), decision, no_logo=1)
    array([0, 0, 1, 1])
    """
    scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=int)
    _check_arguments(scores, truth, len(classes), false_positive_rate)
    no_logo, photos = no_logo_index(classes), len(truth)
    if background is not None:
        scores = np.concatenate([scores, background])
        truth = np.concatenate([truth, np.full(len(background), no_logo, dtype=int)])
    is_no_logo = truth == (-1 if no_logo is None else no_logo)
    # If all photos show a logo, or none does, the bias has no finite optimum.
    with_bias = 0 < is_no_logo.sum() < len(truth)
    temperature, bias = _fit_probabilities(scores, truth, no_logo, with_bias)
    fitted = Decision(
        temperature,
        bias,
        photos=len(truth),
        no_logo_photos=int(is_no_logo.sum()),
        min_lead=MIN_LEAD,
    )
    if not is_no_logo.any():
        return fitted
    logo_scores = against_no_logo(probabilities(scores, fitted, no_logo), no_logo)
    is_photo = np.arange(len(truth)) < photos
    threshold = _threshold(logo_scores, is_no_logo, is_photo, false_positive_rate)
    return replace(fitted, threshold=threshold, false_positive_rate=float(false_positive_rate))


def _fit_probabilities(
    scores: np.ndarray, truth: np.ndarray, no_logo: int | None, with_bias: bool
) -> tuple[float, float]:
    """Find the temperature and the no-logo bias that are most probable, given the photos.

    A prior keeps the temperature near 1 and the bias near 0 if there are few photos. Without it,
    the temperature of a few photos that are all answered correctly goes to 0, and later wrong
    answers get a probability near 1. With hundreds of photos the prior changes hardly anything.
    """
    rows = np.arange(len(truth))

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = point
        log_probabilities = log_softmax(adjusted(scores, scale, bias, no_logo), axis=1)
        by_score = np.exp(log_probabilities)  # gradients with respect to the adjusted scores
        by_score[rows, truth] -= 1
        by_bias = by_score[:, no_logo].sum() if with_bias else 0.0
        gradient = np.array([np.sum(by_score * scores), by_bias])
        log_scale, unit_bias = math.log(scale), bias / BIAS_SPREAD
        prior = (log_scale**2 + unit_bias**2) / 2
        gradient += [log_scale / scale, unit_bias / BIAS_SPREAD if with_bias else 0.0]
        return (prior - log_probabilities[rows, truth].sum()) / len(truth), gradient / len(truth)

    start = np.array([1.0, 0.0])  # temperature 1, no bias
    scale_bounds = (1 / TEMPERATURES[1], 1 / TEMPERATURES[0])
    bias_bounds = (None, None) if with_bias else (0, 0)
    bounds = [scale_bounds, bias_bounds]
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    scale, bias = min(fitted.x, start, key=lambda point: loss(point)[0])
    return float(1 / scale), float(bias)


def _threshold(
    scores: np.ndarray, is_no_logo: np.ndarray, is_photo: np.ndarray, rate: float
) -> float:
    """Find a threshold that probably at most a share `rate` of photos without a logo pass.

    The threshold is chosen on the photos without a logo, with a margin (`cautious_rate`). If the
    background of other photos counts too, there is no margin, because the background may show a
    logo that nobody marked. The higher threshold is taken.

    The lowest such threshold (`logoflow.metrics.thresholds.threshold_at`) lies right above the
    score of a rejected photo. With another batch size, rounding could let that photo pass. The
    threshold is therefore midway between the lowest one and the next score of any photo.
    """
    lowest = threshold_at(scores[is_no_logo], rate)
    photos = scores[is_no_logo & is_photo]
    if len(photos):
        lowest = max(lowest, threshold_at(photos, cautious_rate(len(photos), rate)))
    next_score = scores[scores >= lowest].min(initial=1.0)
    return max(lowest, float(lowest + next_score) / 2)


def _check_arguments(scores: np.ndarray, truth: np.ndarray, classes: int, rate: float) -> None:
    if scores.shape != (len(truth), classes) or len(truth) == 0:
        raise ValueError(
            f"A decision needs photos, and a label and {classes} scores for each of them. There "
            f"are {len(truth)} labels, and the scores have shape {scores.shape}."
        )
    if not np.isfinite(scores).all():
        raise ValueError(
            f"{np.sum(~np.isfinite(scores))} scores are NaN or infinite: did training diverge?"
        )
    if truth.min() < 0 or truth.max() >= classes:
        raise ValueError(
            f"The labels go from {truth.min()} to {truth.max()}: give 0 to {classes - 1}, "
            f"the labels of {classes} classes."
        )
    check_rate(rate)
