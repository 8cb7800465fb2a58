"""Find photos whose label is probably wrong, by confident learning."""

import numpy as np
import pandas as pd


def suspected_labels(probabilities: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Find the photos that a model gives another class with confidence.

    The model is confident that a photo has a class if the probability reaches the mean probability
    of that class among the photos with its label. The threshold of each class is therefore its own,
    and a class that is hard to tell apart needs less.

    Parameters
    ----------
    probabilities : ndarray
        (photos, classes), from models that did not see the photo. A row of NaN is not judged.
    labels : ndarray of int
        (photos,), the given labels.

    Returns
    -------
    DataFrame
        A row for each suspected photo, the most certain first: its position ``row``, the labels
        ``label`` and ``suggested``, and the probability of each, ``probability_of_label`` and
        ``probability_of_suggested``.

    Notes
    -----
    C. Northcutt et al., Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 2021.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]])
    >>> suspected_labels(probabilities, np.array([0, 0, 1, 1, 1]))[["row", "suggested"]]
       row  suggested
    0    4          0
    """
    probabilities, labels = np.asarray(probabilities, float), np.asarray(labels, int)
    judged = np.isfinite(probabilities).all(axis=1)
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(labels[judged]):
        thresholds[label] = probabilities[judged & (labels == label), label].mean()
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    suggested = confident.argmax(axis=1)
    has_one = judged & (confident.max(axis=1) >= 0)
    rows = np.flatnonzero(has_one & (suggested != labels))
    frame = pd.DataFrame(
        {
            "row": rows,
            "label": labels[rows],
            "suggested": suggested[rows],
            "probability_of_label": probabilities[rows, labels[rows]],
            "probability_of_suggested": probabilities[rows, suggested[rows]],
        }
    )
    margin = frame["probability_of_suggested"] - frame["probability_of_label"]
    order = np.argsort(-margin.to_numpy(), kind="stable")
    return frame.iloc[order].reset_index(drop=True)
