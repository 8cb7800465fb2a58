"""Find the photos of an assessment that are worth a look."""

import numpy as np

from logoflow.evaluation.assessment import Assessment


def confident_mistakes(assessment: Assessment, count: int) -> np.ndarray:
    """Find the wrong answers with the highest probabilities.

    Parameters
    ----------
    assessment : Assessment
    count : int
        Number of photos at most.

    Returns
    -------
    ndarray of int
        Positions of photos, the most confident mistake first.

    Examples
    --------
    >>> from pathlib import Path
    >>> shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> paths, truth = tuple(map(Path, "abc")), np.array([0, 0, 0])
    >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, shares, shares.argmax(axis=1))
    >>> confident_mistakes(assessment, 5)
    array([2, 1])
    """
    wrong = np.flatnonzero(assessment.answers != assessment.truth)
    return wrong[np.argsort(-assessment.confidence[wrong], kind="stable")][:count]


def uncertain_answers(assessment: Assessment, count: int) -> np.ndarray:
    """Find the right answers that were nearly wrong.

    Parameters
    ----------
    assessment : Assessment
    count : int
        Number of photos at most.

    Returns
    -------
    ndarray of int
        Positions of photos whose right answer has the lowest probability, the lowest first.

    Examples
    --------
    >>> from pathlib import Path
    >>> shares = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> paths, truth = tuple(map(Path, "abc")), np.array([0, 0, 0])
    >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, shares, shares.argmax(axis=1))
    >>> uncertain_answers(assessment, 5)
    array([1, 0])
    """
    right = np.flatnonzero(assessment.answers == assessment.truth)
    return right[np.argsort(assessment.confidence[right], kind="stable")][:count]


def confused_pairs(assessment: Assessment, count: int) -> list[tuple[int, int, np.ndarray]]:
    """Find the pairs of classes that are confused most often.

    Parameters
    ----------
    assessment : Assessment
    count : int
        Number of pairs at most.

    Returns
    -------
    list of (int, int, ndarray)
        True label, answered label, and the positions of the photos. The most frequent pair comes
        first.

    Examples
    --------
    >>> from pathlib import Path
    >>> shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> paths, truth = tuple(map(Path, "abc")), np.array([0, 0, 0])
    >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, shares, shares.argmax(axis=1))
    >>> confused_pairs(assessment, 5)
    [(0, 1, array([1, 2]))]
    """
    confusion = assessment.report.confusion.copy()
    np.fill_diagonal(confusion, 0)
    pairs = []
    for cell in np.argsort(-confusion, axis=None, kind="stable")[:count]:
        truth, answer = np.unravel_index(cell, confusion.shape)
        if confusion[truth, answer]:
            shown = (assessment.truth == truth) & (assessment.answers == answer)
            pairs.append((int(truth), int(answer), np.flatnonzero(shown)))
    return pairs
