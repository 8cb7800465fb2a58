"""Turn scores into an answer: calibrated probabilities, and the reasons not to name a brand.

`logoflow.inference.calibration` fits the temperature, the bias and the threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logoflow.inference.auto import Stages
from logoflow.inference.familiarity import FamiliarityTest, familiarity
from logoflow.inference.levels import Level, quoted
from logoflow.metrics.logo_score import against_no_logo
from logoflow.utils.softmax import softmax

NO_LOGO_SHOWN = "no logo"
UNKNOWN_BRAND = "unknown brand"
TWO_BRANDS = "two brands"
REASONS = (NO_LOGO_SHOWN, UNKNOWN_BRAND, TWO_BRANDS)
"""The reasons not to name a brand. The photo shows no logo. Or it shows a logo, but probably of a
brand that the classifier was not taught. Or two brands are about equally probable."""


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
    min_lead : float
        A brand is named only if it is this many times as probable as the next one. Decisions of
        earlier versions have 1: they always name the likeliest brand.
    familiarity : FamiliarityTest, optional
        Rejects photos that show a logo of an unknown brand. None: there is no such test.
    stages : Stages, optional
        The two looks of the level ``"auto"``. None for the other levels.

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
    min_lead: float = 1.0
    familiarity: FamiliarityTest | None = None
    stages: Stages | None = None


def probabilities(scores: np.ndarray, decision: Decision, no_logo: int | None) -> np.ndarray:
    """Turn scores into calibrated probabilities.

    Parameters
    ----------
    scores : ndarray
        (photos, classes), each row as `logoflow.inference.pooling.pool_logits` returns it.
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
    return softmax(adjusted(scores, 1 / decision.temperature, decision.no_logo_bias, no_logo), 1)


def adjusted(scores: np.ndarray, scale: float, bias: float, no_logo: int | None) -> np.ndarray:
    """Multiply scores by a factor, and add a bias to the score of no-logo.

    Parameters
    ----------
    scores : ndarray
        (photos, classes).
    scale : float
        1 / temperature.
    bias : float
        Added after the multiplication.
    no_logo : int or None
        Label of no-logo. None if there is no such class: nothing is added then.

    Returns
    -------
    ndarray
        (photos, classes), float64.

    Examples
    --------
    >>> adjusted(np.array([[4.0, 2.0]]), 0.5, 0.25, no_logo=1)
    array([[2.  , 1.25]])
    """
    adjusted = np.asarray(scores, dtype=np.float64) * scale
    if no_logo is not None:
        adjusted[:, no_logo] += bias
    return adjusted


def decide(
    probabilities: np.ndarray,
    decision: Decision,
    no_logo: int | None,
    features: np.ndarray | None = None,
) -> np.ndarray:
    """Choose the answer for each photo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    decision : Decision
        How to choose (`reasons_against`).
    no_logo : int or None
        Label of no-logo. None if there is no such class: every photo then gets its likeliest brand.
    features : ndarray, optional
        (photos, features), see `logoflow.inference.familiarity.familiarity_features`.

    Returns
    -------
    ndarray of int
        (photos,), labels: the likeliest brand, or no-logo if there is a reason not to name a brand.

    Examples
    --------
    >>> shares = np.array([[0.6, 0.1, 0.3], [0.4, 0.1, 0.5]])
    >>> decide(shares, Decision(threshold=0.5), no_logo=2)
    array([0, 2])
    """
    brands = likeliest_brands(probabilities, no_logo)
    if no_logo is None:
        return brands
    reasons = reasons_against(probabilities, decision, no_logo, features)
    return np.where([reason is None for reason in reasons], brands, no_logo)


def likeliest_brands(probabilities: np.ndarray, no_logo: int | None) -> np.ndarray:
    """Choose the likeliest brand of each photo.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    no_logo : int or None
        Label of no-logo, which is no brand. None if there is no such class.

    Returns
    -------
    ndarray of int
        (photos,), labels.

    Examples
    --------
    >>> likeliest_brands(np.array([[0.3, 0.1, 0.6]]), no_logo=2)
    array([0])
    """
    brands = np.array(probabilities)
    if no_logo is not None:
        brands[:, no_logo] = -1
    return brands.argmax(axis=1)


def reasons_against(
    probabilities: np.ndarray,
    decision: Decision,
    no_logo: int | None,
    features: np.ndarray | None = None,
) -> list[str | None]:
    """Find the reasons not to name the likeliest brand of photos.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    decision : Decision
        With a threshold, a photo shows no logo if its logo score (`logoflow.logo_scores`) is below
        the threshold. Without a threshold, it shows no logo if no-logo is the likeliest class. A
        decision can also have a test for unknown brands, and a least lead of the likeliest brand
        over the next one.
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    features : ndarray, optional
        (photos, features), for the test of the decision. Without them, the test is left out.

    Returns
    -------
    list of str or None
        (photos,), one of `REASONS`. None if the brand can be named.

    Examples
    --------
    >>> shares = np.array([[0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]])
    >>> reasons_against(shares, Decision(threshold=0.5, min_lead=2.0), no_logo=2)
    [None, 'two brands', 'no logo']
    """
    shares = np.asarray(probabilities, dtype=np.float64)
    brands = shares if no_logo is None else np.delete(shares, no_logo, axis=1)
    reasons: np.ndarray = np.full(len(shares), None, dtype=object)
    if brands.shape[1] > 1:
        second, best = np.sort(brands, axis=1)[:, -2:].T
        reasons[best < decision.min_lead * second] = TWO_BRANDS
    if decision.familiarity is not None and features is not None:
        is_known = familiarity(features, decision.familiarity) >= decision.familiarity.threshold
        reasons[~is_known] = UNKNOWN_BRAND
    reasons[_shows_no_logo(shares, decision, no_logo)] = NO_LOGO_SHOWN
    return reasons.tolist()


def _shows_no_logo(shares: np.ndarray, decision: Decision, no_logo: int | None) -> np.ndarray:
    if no_logo is None:
        return np.zeros(len(shares), dtype=bool)
    if decision.threshold is None:
        return shares.argmax(axis=1) == no_logo
    return against_no_logo(shares, no_logo) < decision.threshold


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


def check_rate(false_positive_rate: float) -> None:
    """Raise an error if a threshold cannot be fitted for a rate.

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
        raise ValueError(
            f"false_positive_rate is {false_positive_rate}: give a number between 0 and 1."
        )
