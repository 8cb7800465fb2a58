"""From scores to an answer: calibrated probabilities, and when a photo shows no logo."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from logoflow.labels import no_logo_index
from logoflow.metrics.scores import against_no_logo
from logoflow.metrics.thresholds import threshold_at

TEMPERATURES = (0.05, 20.0)
"""The fitted temperature's range: a few photos, all answered right, would drive it to 0."""


@dataclass(frozen=True)
class Decision:
    """How scores become probabilities and these an answer; plain numbers, for a JSON file.

    Parameters
    ----------
    temperature : float
        Scores are divided by it: above 1 it makes a net less sure of itself.
    no_logo_bias : float
        Added to no-logo's divided score.
    threshold : float, optional
        Least logo score (`logoflow.logo_scores`), 0 to 1, for the likeliest brand to be the
        answer; a little above 1 no brand passes. None: the likeliest class is the answer.
    false_positive_rate : float, optional
        Share of the photos without a logo that `threshold` was chosen to let through, 0 to 1.
    photos, no_logo_photos : int
        How many it was fitted on, and how many of them show no logo.

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
        (photos, classes), each row as `logoflow.inference.scoring.combine` gives it.
    decision : Decision
        Its temperature and bias are used.
    no_logo : int or None
        Class number of no-logo; None where there is no such class.

    Returns
    -------
    ndarray
        (photos, classes), float64, 0 to 1, rows adding up to 1.

    Examples
    --------
    >>> probabilities(np.log([[0.8, 0.2]]), Decision(temperature=2), no_logo=1).round(2)
    array([[0.67, 0.33]])
    """
    return softmax(_adjusted(scores, 1 / decision.temperature, decision.no_logo_bias, no_logo), 1)


def _adjusted(scores: np.ndarray, scale: float, bias: float, no_logo: int | None) -> np.ndarray:
    adjusted = np.asarray(scores, dtype=np.float64) * scale
    if no_logo is not None:
        adjusted[:, no_logo] += bias
    return adjusted


def answers(probabilities: np.ndarray, decision: Decision, no_logo: int | None) -> np.ndarray:
    """Decide on a class per photo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    decision : Decision
        With a threshold, the likeliest brand is the answer where its probability against
        no-logo's reaches it (`logoflow.logo_scores`), else no-logo, whatever is likeliest;
        without one, the likeliest class.
    no_logo : int or None
        Class number of no-logo; None where there is no such class, and so no rejection.

    Returns
    -------
    ndarray of int
        (photos,), class numbers.

    Examples
    --------
    >>> answers(np.array([[0.4, 0.3, 0.3]]), Decision(threshold=0.5), no_logo=2)
    array([2])
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

    It serves a net that learnt no-logo as a class, with or without weights, and one that never
    saw a photo without a logo: its no-logo logit has then learnt nothing, and the bias and
    threshold turn the highest brand's score into a rejection.

    Parameters
    ----------
    scores : ndarray
        (photos, classes), finite, of photos that the net was not trained on.
    truth : sequence of int
        (photos,), their class numbers.
    classes : sequence of str
        Names in label order.
    false_positive_rate : float
        Share of the photos without a logo that may be given a brand, above 0 and below 1.

    Returns
    -------
    Decision
        Without a no-logo class, or without photos of it, there is no threshold and no bias.

    Raises
    ------
    ValueError
        If there are no photos, the lengths differ, a score is not finite, a class number is
        none of the classes', or the rate is out of range.

    Notes
    -----
    The temperature is that of Guo et al., On Calibration of Modern Neural Networks (ICML 2017).

    Examples
    --------
    >>> decision = fit_decision(classifier.scores(paths), truth, classes)
    >>> answers(probabilities(scores, decision, no_logo), decision, no_logo)
    array([3, 27, 27, 11])
    """
    scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=int)
    _check(scores, truth, len(classes), false_positive_rate)
    no_logo = no_logo_index(classes)
    rejects = truth == (-1 if no_logo is None else no_logo)
    # Photos with logos alone would push the bias down without end, and those without up.
    with_bias = 0 < rejects.sum() < len(truth)
    temperature, bias = _fit_probabilities(scores, truth, no_logo, with_bias)
    fitted = Decision(temperature, bias, photos=len(truth), no_logo_photos=int(rejects.sum()))
    if not rejects.any():
        return fitted
    logo_scores = against_no_logo(probabilities(scores, fitted, no_logo), no_logo)
    threshold = _threshold(logo_scores, rejects, false_positive_rate)
    return replace(fitted, threshold=threshold, false_positive_rate=float(false_positive_rate))


def decision_for(decisions: Mapping[int, Decision], views: int) -> Decision:
    """Give the decision fitted for a number of views; a plain one where there is none at all.

    Raises
    ------
    ValueError
        If there are decisions, but none for so many views.
    """
    if decisions and views not in decisions:
        fitted = ", ".join(map(str, sorted(decisions)))
        raise ValueError(
            f"Calibrated for views {fitted}, not {views}: "
            f"call calibrate(images, truth, views=({views},)) on validation photos first."
        )
    return decisions.get(views, Decision())


def describe_decisions(decisions: Mapping[int, Decision]) -> dict[str, dict]:
    """Write decisions by views as plain data, for a model's JSON file."""
    return {str(views): asdict(decision) for views, decision in decisions.items()}


def read_decisions(described: Mapping[str, dict]) -> dict[int, Decision]:
    """Read what `describe_decisions` wrote.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        return {int(views): Decision(**fields) for views, fields in described.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"Not decisions by views: {described} ({error}).") from error


def check_rate(false_positive_rate: float) -> None:
    """Refuse what no threshold can be fitted for.

    Raises
    ------
    ValueError
        If it is not between 0 and 1.
    """
    if not 0 < false_positive_rate < 1:
        raise ValueError(f"false_positive_rate is {false_positive_rate}, not between 0 and 1.")


def _fit_probabilities(
    scores: np.ndarray, truth: np.ndarray, no_logo: int | None, with_bias: bool
) -> tuple[float, float]:
    """Temperature and no-logo bias of the lowest negative log-likelihood.

    It is convex in 1 / temperature and the bias, which scores and probabilities' logarithms
    are linear and concave in: whatever the start, there is one lowest point.
    """
    rows = np.arange(len(truth))

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        logs = log_softmax(_adjusted(scores, *point, no_logo), axis=1)  # type: ignore[call-arg]
        excess = np.exp(logs)
        excess[rows, truth] -= 1
        by_bias = excess[:, no_logo].sum() if with_bias else 0.0
        gradient = np.array([np.sum(excess * scores), by_bias])
        return -logs[rows, truth].mean(), gradient / len(truth)

    start = np.array([1.0, 0.0])
    limits = [(1 / TEMPERATURES[1], 1 / TEMPERATURES[0]), (None, None) if with_bias else (0, 0)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits)
    scale, bias = min(found.x, start, key=lambda point: loss(point)[0])
    return float(1 / scale), float(bias)


def _threshold(scores: np.ndarray, rejects: np.ndarray, rate: float) -> float:
    """Least logo score that a brand needs for at most a share `rate` of the rejects to get one.

    It lies midway between the least that does (`logoflow.threshold_at`) and the next score of
    any photo: right beside the photo refused last, another batch size's rounding would let it in.
    """
    least = threshold_at(scores[rejects], rate)
    above = scores[scores >= least].min(initial=1.0)
    return max(least, float(least + above) / 2)


def _check(scores: np.ndarray, truth: np.ndarray, classes: int, rate: float) -> None:
    if scores.shape != (len(truth), classes) or len(truth) == 0:
        raise ValueError(
            f"A decision needs photos, and a class number and {classes} scores of each: "
            f"{len(truth)} class numbers, scores of shape {scores.shape}."
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.sum(~np.isfinite(scores))} scores are NaN or infinite.")
    if truth.min() < 0 or truth.max() >= classes:
        raise ValueError(f"Class numbers {truth.min()} to {truth.max()}, of {classes} classes.")
    check_rate(rate)
