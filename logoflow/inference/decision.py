"""Turn scores into an answer: calibrated probabilities, and a threshold for no-logo."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from logoflow.inference.levels import Level, quoted
from logoflow.labels import no_logo_index
from logoflow.metrics.scores import against_no_logo
from logoflow.metrics.thresholds import threshold_at

TEMPERATURES = (0.05, 20.0)
"""Range of the fitted temperature. A few photos, all classified correctly, would drive it to 0."""


@dataclass(frozen=True)
class Decision:
    """How scores become probabilities, and probabilities an answer.

    Parameters
    ----------
    temperature : float
        Scores are divided by it. Above 1 it lowers the network's confidence.
    no_logo_bias : float
        Added to the score of no-logo after the division.
    threshold : float, optional
        The logo score (`logoflow.logo_scores`), 0 to 1, that the likeliest brand needs to be the
        answer. A threshold slightly above 1 rejects every brand. None: the likeliest class is
        the answer.
    false_positive_rate : float, optional
        Share of the no-logo photos that `threshold` was chosen to let through, 0 to 1.
    photos, no_logo_photos : int
        Number of photos that the decision was fitted on, and how many of them show no logo.

    Examples
    --------
    >>> Decision(temperature=1.4, no_logo_bias=-0.3).threshold is None
    True
    """

    temperature: float = 1.0
    no_logo_bias: float = 0.0
    threshold: float | None = None
    false_positive_rate: float | None = None
    photos: int = 0
    no_logo_photos: int = 0


def probabilities(scores: np.ndarray, decision: Decision, no_logo: int | None) -> np.ndarray:
    """Turn scores into calibrated probabilities.

    Parameters
    ----------
    scores : ndarray
        (photos, classes), each row as `logoflow.inference.scoring.pool_windows` returns it.
    decision : Decision
        Its temperature and bias are used.
    no_logo : int or None
        Label of no-logo. None if there is no such class.

    Returns
    -------
    ndarray
        (photos, classes), float64, 0 to 1. Each row adds up to 1.

    Examples
    --------
    >>> probabilities(np.log([[0.8, 0.2]]), Decision(temperature=2), no_logo=1).round(2)
    array([[0.67, 0.33]])
    """
    return softmax(_adjusted(scores, 1 / decision.temperature, decision.no_logo_bias, no_logo), 1)


def _adjusted(scores: np.ndarray, scale: float, bias: float, no_logo: int | None) -> np.ndarray:
    """Multiply scores by 1 / temperature, and add the bias to the score of no-logo."""
    adjusted = np.asarray(scores, dtype=np.float64) * scale
    if no_logo is not None:
        adjusted[:, no_logo] += bias
    return adjusted


def decide(probabilities: np.ndarray, decision: Decision, no_logo: int | None) -> np.ndarray:
    """Choose the answer for each photo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    decision : Decision
        With a threshold, the answer is the likeliest brand if its logo score
        (`logoflow.logo_scores`) reaches the threshold, and no-logo otherwise. Without a
        threshold, the answer is the likeliest class.
    no_logo : int or None
        Label of no-logo. None if there is no such class: nothing is rejected then.

    Returns
    -------
    ndarray of int
        (photos,), labels.

    Examples
    --------
    >>> shares = np.array([[0.4, 0.3, 0.3], [0.4, 0.1, 0.5]])
    >>> decide(shares, Decision(threshold=0.5), no_logo=2)
    array([0, 2])
    """
    if no_logo is None or decision.threshold is None:
        return np.argmax(probabilities, axis=1)
    brands = np.array(probabilities, dtype=np.float64)
    brands[:, no_logo] = -1.0
    accepted = against_no_logo(probabilities, no_logo) >= decision.threshold
    return np.where(accepted, brands.argmax(axis=1), no_logo)


def fit_decision(
    scores: np.ndarray,
    truth: Sequence[int] | np.ndarray,
    classes: Sequence[str],
    false_positive_rate: float = 0.02,
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

    Examples
    --------
    >>> scores = np.log([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.6, 0.4]])
    >>> decision = fit_decision(scores, [0, 0, 1, 1], ["bmw", "no-logo"], 0.4)
    >>> decide(probabilities(scores, decision, no_logo=1), decision, no_logo=1)
    array([0, 0, 1, 1])
    """
    scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=int)
    _check_arguments(scores, truth, len(classes), false_positive_rate)
    no_logo = no_logo_index(classes)
    is_no_logo = truth == (-1 if no_logo is None else no_logo)
    # If all photos show a logo, or none does, the bias has no finite optimum.
    with_bias = 0 < is_no_logo.sum() < len(truth)
    temperature, bias = _fit_probabilities(scores, truth, no_logo, with_bias)
    fitted = Decision(temperature, bias, photos=len(truth), no_logo_photos=int(is_no_logo.sum()))
    if not is_no_logo.any():
        return fitted
    logo_scores = against_no_logo(probabilities(scores, fitted, no_logo), no_logo)
    threshold = _threshold(logo_scores, is_no_logo, false_positive_rate)
    return replace(fitted, threshold=threshold, false_positive_rate=float(false_positive_rate))


def decision_for(decisions: Mapping[Level, Decision], level: Level) -> Decision:
    """Look up the decision for a level.

    Parameters
    ----------
    decisions : mapping of Level to Decision
        The decisions of a classifier. Empty if it is not calibrated.
    level : Level
        The level that the classifier predicts at.

    Returns
    -------
    Decision
        Without any decisions, one whose answer is the likeliest class.

    Raises
    ------
    ValueError
        If there are decisions, but none for this level.

    Examples
    --------
    >>> decision_for({}, Level("windows")).threshold is None
    True
    """
    if decisions and level not in decisions:
        raise ValueError(
            f"This classifier has no decision for level {quoted([level])}, only for "
            f"{quoted(decisions)}. Fit one to validation photos: "
            f"classifier.calibrate(images, truth, levels=({quoted([level])},))."
        )
    return decisions.get(level, Decision())


def decisions_to_json(decisions: Mapping[Level, Decision]) -> dict[str, dict]:
    """Convert decisions to plain data for a JSON file.

    Parameters
    ----------
    decisions : mapping of Level to Decision

    Returns
    -------
    dict of str to dict
        Fields of each decision, by the text form of its level.

    Examples
    --------
    >>> list(decisions_to_json({Level("windows", match_logos=True): Decision()}))
    ['windows, match_logos']
    """
    return {str(level): asdict(decision) for level, decision in decisions.items()}


def decisions_from_json(stored: Mapping[str, dict]) -> dict[Level, Decision]:
    """Read the decisions that `decisions_to_json` converted.

    Parameters
    ----------
    stored : mapping of str to dict
        Fields of each decision, by the text form of its level.

    Returns
    -------
    dict of Level to Decision

    Raises
    ------
    ValueError
        If `stored` has another form.

    Examples
    --------
    >>> decisions_from_json({"windows": {"temperature": 2.0}})[Level("windows")].temperature
    2.0
    """
    try:
        return {Level.from_text(text): Decision(**fields) for text, fields in stored.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"These are not decisions by level: {stored} ({error}).") from error


def check_rate(false_positive_rate: float) -> None:
    """Refuse a rate that no threshold can be fitted for.

    Parameters
    ----------
    false_positive_rate : float
        Share of the no-logo photos that may be given a brand.

    Raises
    ------
    ValueError
        If it is not between 0 and 1.

    Examples
    --------
    >>> check_rate(0.02)
    """
    if not 0 < false_positive_rate < 1:
        raise ValueError(f"false_positive_rate is {false_positive_rate}, not between 0 and 1.")


def _fit_probabilities(
    scores: np.ndarray, truth: np.ndarray, no_logo: int | None, with_bias: bool
) -> tuple[float, float]:
    """Find the temperature and the no-logo bias with the lowest negative log-likelihood.

    The adjusted scores are linear in 1 / temperature and the bias, and log-probabilities are
    concave in the scores. So the loss is convex, and there is one minimum for any start.
    """
    rows = np.arange(len(truth))

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = point
        log_probabilities = log_softmax(_adjusted(scores, scale, bias, no_logo), axis=1)
        by_score = np.exp(log_probabilities)  # gradients with respect to the adjusted scores
        by_score[rows, truth] -= 1
        by_bias = by_score[:, no_logo].sum() if with_bias else 0.0
        gradient = np.array([np.sum(by_score * scores), by_bias])
        return -log_probabilities[rows, truth].mean(), gradient / len(truth)

    start = np.array([1.0, 0.0])  # temperature 1, no bias
    scale_bounds = (1 / TEMPERATURES[1], 1 / TEMPERATURES[0])
    bias_bounds = (None, None) if with_bias else (0, 0)
    bounds = [scale_bounds, bias_bounds]
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    scale, bias = min(fitted.x, start, key=lambda point: loss(point)[0])
    return float(1 / scale), float(bias)


def _threshold(scores: np.ndarray, is_no_logo: np.ndarray, rate: float) -> float:
    """Find a threshold on the logo score that at most a share `rate` of the no-logo photos pass.

    The lowest such threshold (`logoflow.metrics.thresholds.threshold_at`) lies right above the
    score of a rejected photo. With another batch size, rounding could let that photo pass. The
    threshold is therefore midway between the lowest one and the next score of any photo.
    """
    lowest = threshold_at(scores[is_no_logo], rate)
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
