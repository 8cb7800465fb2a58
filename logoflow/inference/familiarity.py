"""Tell logos of known brands from logos of brands that the classifier was not taught.

A network has no class for brands that it has never seen, so it answers with the known brand that
they are most like. Three features tell such photos apart. They are the evidence that the photo
shows a logo, the lead of the likeliest brand, and its similarity to remembered regions.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from logoflow.inference.pooling import TOP_REGIONS, Compare, regions_by_odds
from logoflow.metrics.thresholds import cautious_rate, photos_needed, threshold_at

MIN_BRANDS = 3
"""A stranger needs two known brands to choose from after its own brand is left out."""


@dataclass(frozen=True)
class FamiliarityTest:
    """How familiar a photo must look, so that its likeliest brand is named.

    Parameters
    ----------
    weights : tuple of float
        Weight of each feature (`familiarity_features`).
    offset : float
        Added to the weighted sum.
    threshold : float
        The familiarity, 0 to 1, that a photo needs. Below it, the photo shows no known brand.
    unknown_acceptance_rate : float
        Share of the strangers that `threshold` was chosen to let through, 0 to 1. Strangers are
        photos with a logo of an unknown brand.
    strangers : int
        Number of strangers that the test was fitted on.

    Examples
    --------
    >>> test = FamiliarityTest((1.0, 1.0), -4.0, 0.5, 0.1, 50)
    >>> familiarity(np.array([[3.0, 2.0], [2.0, 1.0]]), test).round(2)
    array([0.73, 0.27])
    """

    weights: tuple[float, ...]
    offset: float
    threshold: float
    unknown_acceptance_rate: float
    strangers: int


def familiarity(features: np.ndarray, test: FamiliarityTest) -> np.ndarray:
    """Compute how familiar photos look.

    Parameters
    ----------
    features : ndarray
        (photos, features), see `familiarity_features`.
    test : FamiliarityTest

    Returns
    -------
    ndarray
        (photos,), 0 to 1.
    """
    return expit(features @ np.asarray(test.weights) + test.offset)


def familiarity_features(
    scores: np.ndarray, logits: np.ndarray, no_logo: int | None, compare: Compare | None = None
) -> np.ndarray:
    """Describe how a photo's likeliest brand stands out.

    Parameters
    ----------
    scores : ndarray
        (classes,): the photo's log-scores
        (`logoflow.inference.pooling.pool_part`).
    logits : ndarray
        (parts, classes), of the windows or regions that the scores come from.
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    compare : function, optional
        It compares regions with known regions.

    Returns
    -------
    ndarray
        (2,) or, with `compare`, (3,): the log-odds of the likeliest brand against no-logo, its lead
        over the next brand, and the mean similarity of its five most similar regions to remembered
        regions of this brand.

    Examples
    --------
    >>> scores = np.log([0.6, 0.1, 0.3])
    >>> familiarity_features(scores, scores[None], no_logo=2).round(2)
    array([0.69, 1.79])
    """
    brands = scores.astype(float)
    if no_logo is not None:
        brands[no_logo] = -np.inf
    best, ranked = int(np.argmax(brands)), np.sort(brands)
    odds = ranked[-1] - (0.0 if no_logo is None else scores[no_logo])
    lead = ranked[-1] - ranked[-2] if len(ranked) > 1 else np.inf
    if compare is None:
        return np.array([odds, lead])
    similarities = compare(regions_by_odds(logits, best, no_logo))[:, best]
    return np.array([odds, lead, np.sort(similarities)[-TOP_REGIONS:].mean()])


def fit_familiarity(
    known: np.ndarray,
    strangers: np.ndarray,
    could_pass: np.ndarray,
    unknown_acceptance_rate: float,
) -> FamiliarityTest | None:
    """Fit a test to photos of known brands and to strangers.

    Parameters
    ----------
    known : ndarray
        (photos, features) of photos that were given their right brand.
    strangers : ndarray
        (strangers, features).
    could_pass : ndarray of bool
        (strangers,), whether a stranger would be given a brand without the test. The others do not
        count as accepted.
    unknown_acceptance_rate : float
        Share of the strangers that may be accepted, above 0 and below 1.

    Returns
    -------
    FamiliarityTest or None
        None if there are no known photos, or fewer strangers than it takes to show such a rate.

    Examples
    --------
    >>> known, strangers = np.full((20, 2), 5.0), np.full((20, 2), 1.0)
    >>> test = fit_familiarity(known, strangers, np.full(20, True), 0.1)
    >>> familiarity(np.array([[5.0, 5.0], [1.0, 1.0]]), test) >= test.threshold
    array([ True, False])
    """
    if len(known) == 0 or len(strangers) < photos_needed(unknown_acceptance_rate):
        return None
    features = np.concatenate([known, strangers])
    is_known = np.arange(len(features)) < len(known)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    model = LogisticRegression(class_weight="balanced")
    model.fit((features - mean) / spread, is_known)
    weights = model.coef_[0] / spread
    offset = float(model.intercept_[0] - weights @ mean)
    test = FamiliarityTest(
        tuple(weights.tolist()), offset, 0.0, float(unknown_acceptance_rate), len(strangers)
    )
    accepted = np.where(could_pass, familiarity(strangers, test), 0.0)
    threshold = threshold_at(accepted, cautious_rate(len(accepted), unknown_acceptance_rate))
    return FamiliarityTest(
        test.weights, offset, threshold, test.unknown_acceptance_rate, test.strangers
    )


def check_unknown_rate(unknown_acceptance_rate: float | None) -> None:
    """Refuse a rate that no test can be fitted for.

    Parameters
    ----------
    unknown_acceptance_rate : float or None
        Share of the strangers that may be given a brand. None: there is no test.

    Raises
    ------
    ValueError
        If it is not between 0 and 1.

    Examples
    --------
    >>> check_unknown_rate(0.1)
    """
    if unknown_acceptance_rate is not None and not 0 < unknown_acceptance_rate < 1:
        raise ValueError(
            f"unknown_acceptance_rate is {unknown_acceptance_rate}: give a number between 0 and 1, "
            "or None to accept every brand."
        )
