"""The logo score: how sure a network is that a photo shows a logo. It needs NumPy only."""

import numpy as np


def against_no_logo(probabilities: np.ndarray, no_logo: int | None) -> np.ndarray:
    """Compute logo scores (`logoflow.logo_scores`) from the index of no-logo, not the class names.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), 0 to 1.
    no_logo : int or None
        Index of the no-logo class; None if there is no such class.

    Returns
    -------
    ndarray
        (photos,), 0 to 1.

    Examples
    --------
    >>> against_no_logo(np.array([[0.2, 0.5, 0.3]]), no_logo=1)
    array([0.375])
    """
    if no_logo is None:
        return np.max(probabilities, axis=1)
    highest_brand = np.delete(probabilities, no_logo, axis=1).max(axis=1)
    return highest_brand / (highest_brand + np.asarray(probabilities)[:, no_logo])
