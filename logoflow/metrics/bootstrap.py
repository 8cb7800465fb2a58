"""Confidence intervals of a metric that was measured on few photos."""

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
    """Compute a confidence interval of a metric with the percentile bootstrap.

    The photos are resampled with replacement, the same photos in all arrays. To compare two models
    on the same photos, let `statistic` return the difference of their metrics: the interval is
    then the paired one.

    Parameters
    ----------
    statistic : callable
        The metric. Takes the resampled arrays and returns a number.
    *arrays : ndarray
        Arrays of shape (photos, ...): labels, answers, probabilities.
    samples : int
        Number of resamples.
    level : float
        Confidence level, above 0 and below 1.
    seed : int
        Seed of the resampling.
    strata : sequence, optional
        (photos,): the stratum of each photo. Every resample has as many photos of each stratum
        as the data. Use it to keep the share of no-logo photos constant, for example.
    around : float, optional
        Value of the metric on all photos, for a biased metric such as the calibration error,
        which is larger on resamples. The interval is shifted so that the mean of the resamples
        is at this value.

    Returns
    -------
    (float, float)
        Lower and upper end of the interval. Resamples whose metric is NaN are ignored; if all
        are NaN, so are both ends.

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
    groups = _indices_by_stratum(arrays, strata)
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: give a number above 0 and below 1.")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(samples):
        resample = np.concatenate([rng.choice(group, len(group)) for group in groups])
        values.append(statistic(*(array[resample] for array in arrays)))
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    if around is not None:
        values += around - values.mean()
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _indices_by_stratum(
    arrays: tuple[np.ndarray, ...], strata: Sequence | np.ndarray | None
) -> list[np.ndarray]:
    """List the indices of the photos in each stratum."""
    lengths = {len(array) for array in arrays} | ({len(strata)} if strata is not None else set())
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            f"The bootstrap needs arrays of the same photos, but the lengths are {sorted(lengths)}."
        )
    if strata is None:
        return [np.arange(len(arrays[0]))]
    strata = np.asarray(strata)
    return [np.flatnonzero(strata == value) for value in np.unique(strata)]
