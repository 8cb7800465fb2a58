"""Pool the evidence of all parts of a photo into one score per class."""

from collections.abc import Callable

import numpy as np

from logoflow.inference.levels import GRID, ONE_PASS, Level
from logoflow.utils.softmax import log_softmax, logsumexp

Compare = Callable[[np.ndarray], np.ndarray]
"""A function that takes positions of regions and returns their similarities to known regions,
(rows, classes)."""

TOP_REGIONS = 5
"""Number of regions with the highest odds of a brand that are averaged. It was chosen on validation
photos of FlickrLogos-27, where 1 and 20 do about as well."""

MATCH_WEIGHT = 1.0
"""Weight of the logarithm of matching features in a brand's score. It was chosen on validation
photos of FlickrLogos-27, where 0.5 and 2 do about as well."""

LETTER_WEIGHT = 1.0
"""Weight of each letter of a brand's name in the brand's score. It was chosen in the same way;
0.6 and 1.4 do about as well."""

GRID_SIMILARITY_WEIGHT = 20.0
"""At the level ``"grid"``, a region's odds grow by e^2 with each tenth of similarity to a brand. It
was chosen on the eight brands of FlickrLogos-27 that no seed of benchmarks/accuracy.py small draws;
10 and 40 do about as well."""

SIMILARITY_WEIGHT = 5.0
"""The same for the other levels of regions, whose networks are fine-tuned. It was chosen on
validation photos of FlickrLogos-27, where 2 and 10 do about as well."""

LEAST_SIMILAR = -1.0
"""Similarity to a class without known regions: that of opposite vectors."""

COMPARED_REGIONS = 20
"""Number of regions with the highest odds of each class that are compared with known regions."""


def pool_part(
    logits: np.ndarray,
    level: Level,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
    compare: Compare | None = None,
) -> np.ndarray:
    """Pool the evidence of windows or regions as a level does.

    Parameters
    ----------
    logits : ndarray
        (parts, classes), of at least one window or region.
    level : Level
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    matches, letters : ndarray, optional
        (classes,), see `pool_logits`.
    compare : function, optional
        It compares regions with known ones (`Compare`), for the levels that score regions. The
        log-probability of the similarities is added to that of the logits: for the level ``"grid"``
        once for the photo, for the others in each of the likely regions (`likely_regions`), and the
        other regions do not count.

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities (`pool_logits`, `pool_grid`).

    Examples
    --------
    >>> logits, similarities = np.zeros((1, 2)), np.array([[0.9, 0.8]])
    >>> scores = pool_part(logits, Level("grid"), 1, compare=lambda rows: similarities[rows])
    >>> np.exp(scores).round(2)
    array([0.88, 0.12])
    """
    if level.windows == GRID:
        scores = pool_grid(logits)
        if compare is not None:
            scores = scores + pool_grid(GRID_SIMILARITY_WEIGHT * compare(np.arange(len(logits))))
        return _with_evidence(scores, matches, letters)
    if compare is not None:
        rows = likely_regions(logits, no_logo)
        logits = log_softmax(logits[rows], axis=1) + SIMILARITY_WEIGHT * compare(rows)
    top = TOP_REGIONS if level.windows in ONE_PASS else 1
    return pool_logits(logits, no_logo, matches, letters, top=top)


def likely_regions(
    logits: np.ndarray, no_logo: int | None, count: int = COMPARED_REGIONS
) -> np.ndarray:
    """Find the regions that are among the likeliest of a class.

    Few of the thousands of regions can decide a photo's answer, and a comparison takes as long as
    the network.

    Parameters
    ----------
    logits : ndarray
        (regions, classes).
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    count : int
        Number of regions of each class.

    Returns
    -------
    ndarray of int
        (rows,), positions in ascending order, without repetitions.

    Examples
    --------
    >>> likely_regions(np.array([[3.0, 0.0], [0.0, 0.0], [0.0, 4.0]]), None, count=1)
    array([0, 2])
    """
    if len(logits) <= count:
        return np.arange(len(logits))
    odds = logits - _reference(logits, no_logo)[:, None]
    return np.unique(np.argpartition(odds, -count, axis=0)[-count:])


def regions_by_odds(
    logits: np.ndarray, label: int, no_logo: int | None, count: int = COMPARED_REGIONS
) -> np.ndarray:
    """Find the likeliest regions of one class.

    Parameters
    ----------
    logits : ndarray
        (regions, classes).
    label : int
        The class.
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    count : int
        Number of regions.

    Returns
    -------
    ndarray of int
        Up to (count,), positions from the likeliest region on.

    Examples
    --------
    >>> regions_by_odds(np.array([[0.0, 0.0], [3.0, 0.0], [1.0, 0.0]]), 0, no_logo=1, count=2)
    array([1, 2])
    """
    odds = logits[:, label] - _reference(logits, no_logo)
    return np.argsort(-odds, kind="stable")[:count]


def _reference(logits: np.ndarray, no_logo: int | None) -> np.ndarray:
    """Return what the logits of each region are compared with, (regions,)."""
    return logsumexp(logits, axis=1) if no_logo is None else logits[:, no_logo]


def pool_grid(logits: np.ndarray) -> np.ndarray:
    """Pool the logits of regions on a grid by the root of the mean squared probability.

    A network that was trained on photos without boxes has learnt from all parts of the photos,
    so its answer for each part is uncertain. Many parts together are more reliable than the best
    part. Squares give the parts with a certain answer more weight.

    Parameters
    ----------
    logits : ndarray
        (regions, classes).

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities.

    Examples
    --------
    >>> np.exp(pool_grid(np.log([[0.9, 0.1], [0.5, 0.5]]))).round(2)
    array([0.67, 0.33])
    """
    squares = 2 * log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    return log_softmax(logsumexp(squares, axis=0) / 2)


def pool_logits(
    logits: np.ndarray,
    no_logo: int | None,
    matches: np.ndarray | None = None,
    letters: np.ndarray | None = None,
    *,
    top: int = 1,
) -> np.ndarray:
    """Pool the logits of a photo's windows or regions into one score per class.

    A logo shows in few parts of a photo, so every brand gets its highest odds against no-logo over
    all windows. Of the regions, which overlap much more, it gets the mean of the highest. The
    highest probability would do worse: two windows that each show a part of the logo may both be
    sure that there is a logo and unsure which. In the mean over all windows, a small logo would
    hardly count.

    Parameters
    ----------
    logits : ndarray
        (parts, classes), of at least one window or region.
    no_logo : int or None
        Label of no-logo. None if there is no such class: every brand then gets its highest
        log-probability.
    matches : ndarray of int, optional
        (classes,), features that match each brand's known logos
        (`logoflow.inference.matching.LogoMatcher.count_inliers`). 4 features double a brand's
        odds, 10 multiply them by 8.
    letters : ndarray, optional
        (classes,), letters of each brand's name (`logoflow.BrandNameReader.matched_letters`).
        Each letter multiplies a brand's odds by e, five letters by 150.
    top : int
        Number of the highest log-odds of each class to average.

    Returns
    -------
    ndarray
        (classes,), float64 log-probabilities. They are not calibrated: more windows find more
        places that look like a logo. For one window they are the log-softmax of its logits.

    Examples
    --------
    >>> np.exp(pool_logits(np.log([[0.1, 0.9], [0.4, 0.6]]), no_logo=1)).round(2)
    array([0.4, 0.6])
    """
    scores = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    if no_logo is not None:
        scores = scores - scores[:, [no_logo]]
    top = min(top, len(scores))
    pooled = np.partition(scores, len(scores) - top, axis=0)[-top:].mean(axis=0)
    return _with_evidence(pooled, matches, letters)


def _with_evidence(
    scores: np.ndarray, matches: np.ndarray | None, letters: np.ndarray | None
) -> np.ndarray:
    """Add the evidence of matches and letters to log-scores, (classes,), and normalise them."""
    if matches is not None:
        scores = scores + MATCH_WEIGHT * np.log1p(np.maximum(0, matches - 3))
    if letters is not None:
        scores = scores + LETTER_WEIGHT * letters
    return log_softmax(scores)
