"""Fit the test that tells logos of known brands from logos of other brands."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from logoflow.inference.familiarity import FamiliarityTest, familiarity
from logoflow.metrics.thresholds import cautious_rate, photos_needed, threshold_at

MIN_BRANDS = 3
"""A stranger needs two known brands to choose from after its own brand is left out."""


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
        None if there are no known photos, or too few strangers for the rate.

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
    """Raise an error if a test cannot be fitted for a rate.

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
