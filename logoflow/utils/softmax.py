"""Softmax and its relatives. SciPy has them too, but importing it takes a tenth of the start."""

import numpy as np


def logsumexp(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Logarithm of the sum of exponentials, without overflow.

    Parameters
    ----------
    values : ndarray
        -inf stands for an exponential of 0.
    axis : int
        Axis of the sum.

    Returns
    -------
    ndarray
        Without `axis`.

    Examples
    --------
    >>> float(logsumexp(np.log([1.0, 3.0])).round(6)) == float(np.log(4).round(6))
    True
    """
    largest = _finite_max(values, axis)
    with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf
        total = np.log(np.exp(values - largest).sum(axis=axis, keepdims=True)) + largest
    return total.squeeze(axis)


def log_softmax(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Logarithm of `softmax`, exact for small probabilities too.

    Parameters
    ----------
    values : ndarray
        Logits.
    axis : int
        Axis of the classes.

    Returns
    -------
    ndarray
        In the shape of `values`.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1000.0])).tolist()
    [-1000.0, 0.0]
    """
    shifted = values - _finite_max(values, axis)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def softmax(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn logits into probabilities.

    Parameters
    ----------
    values : ndarray
        Logits.
    axis : int
        Axis of the classes.

    Returns
    -------
    ndarray
        From 0 to 1, in the shape of `values`. They sum to 1 along `axis`.

    Examples
    --------
    >>> softmax(np.array([2.0, 2.0])).tolist()
    [0.5, 0.5]
    """
    exponentials = np.exp(values - _finite_max(values, axis))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Turn log odds into probabilities: 1 / (1 + exp(-values)).

    Parameters
    ----------
    values : ndarray
        Log odds.

    Returns
    -------
    ndarray
        From 0 to 1, in the shape of `values`.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0, -np.asarray(values)))


def _finite_max(values: np.ndarray, axis: int) -> np.ndarray:
    """Largest value along an axis, or 0 where it is infinite: inf - inf would not be a number."""
    largest = np.max(values, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, np.zeros_like(largest))
