"""How far a figure measured on few photos can be trusted."""

from collections.abc import Callable, Sequence

import numpy as np


def bootstrap(
    statistic: Callable[..., float],
    *arrays: np.ndarray,
    samples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    strata: Sequence | np.ndarray | None = None,
    around: float | None = None,
) -> tuple[float, float]:
    """Give the percentile bootstrap interval of a figure, photos drawn with replacement.

    All arrays are drawn with the same indices, so the difference of two models on the same
    photos is a statistic like any other, and its interval is the paired one.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as are given and returns a number.
    *arrays : ndarray
        (photos, ...) each: truth, answers, probabilities.
    samples : int
        How often to draw.
    level : float
        Share of the drawn figures inside the interval, above 0 and below 1.
    seed : int
        Decides the draws.
    strata : sequence, optional
        (photos,): as many photos of each value are drawn as there are, so that, say, the
        share of no-logo photos stays what it is.
    around : float, optional
        The figure itself, for one that chance makes larger, such as a calibration error: the
        draws have more of that than the photos, and are moved so that their mean is here.

    Returns
    -------
    (float, float)
        Low and high end. Draws whose figure is NaN are left out; (NaN, NaN) if all are.

    Raises
    ------
    ValueError
        If there are no photos, the arrays differ in length, or `level` is out of range.

    Notes
    -----
    B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Examples
    --------
    >>> truth, ours, theirs = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 0]])
    >>> bootstrap(lambda t, a, b: np.mean(a == t) - np.mean(b == t), truth, ours, theirs)
    (0.0, 0.75)
    """
    arrays = tuple(np.asarray(array) for array in arrays)
    groups = _groups(arrays, strata)
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: give a share above 0 and below 1.")
    rng = np.random.default_rng(seed)
    figures = []
    for _ in range(samples):
        drawn = np.concatenate([rng.choice(group, len(group)) for group in groups])
        figures.append(statistic(*(array[drawn] for array in arrays)))
    figures = np.asarray(figures, dtype=float)
    figures = figures[~np.isnan(figures)]
    if not len(figures):
        return float("nan"), float("nan")
    if around is not None:
        figures += around - figures.mean()
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _groups(
    arrays: tuple[np.ndarray, ...], strata: Sequence | np.ndarray | None
) -> list[np.ndarray]:
    """Numbers of the photos in each stratum."""
    lengths = {len(array) for array in arrays} | ({len(strata)} if strata is not None else set())
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"A bootstrap needs arrays of the same photos: lengths {sorted(lengths)}.")
    if strata is None:
        return [np.arange(len(arrays[0]))]
    strata = np.asarray(strata)
    return [np.flatnonzero(strata == value) for value in np.unique(strata)]
