"""Tell logos of known brands from logos of brands that the classifier was not taught.

A network has no class for brands that it has never seen, so it answers with the known brand that
they are most like. Three features tell such photos apart. They are the evidence that the photo
shows a logo, the lead of the likeliest brand, and its similarity to remembered regions.
"""

from dataclasses import dataclass

import numpy as np

from logoflow.inference.pooling import TOP_REGIONS, Compare, regions_by_odds
from logoflow.utils.softmax import sigmoid


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
    return sigmoid(features @ np.asarray(test.weights) + test.offset)


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
