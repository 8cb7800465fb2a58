import numpy as np
import pytest
import scipy.special

from logoflow.utils.softmax import log_softmax, logsumexp, sigmoid, softmax

VALUES = [
    np.random.default_rng(0).normal(size=(5, 7)),
    np.array([[1e4, -1e4, 0.0], [-np.inf, 2.0, 2.0]]),
    np.array([[1000.0, 1000.0], [-1000.0, -1001.0]], np.float32),
]


@pytest.mark.parametrize("values", VALUES, ids=["normal", "extreme", "float32"])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_functions_agree_with_scipy(values, axis):
    for ours in (softmax, log_softmax, logsumexp):
        theirs = getattr(scipy.special, ours.__name__)
        result = ours(values, axis)
        assert result.dtype == values.dtype
        assert np.allclose(result, theirs(values, axis=axis), rtol=1e-6, atol=1e-12)
    assert np.allclose(sigmoid(values), scipy.special.expit(values), rtol=1e-6, atol=1e-30)


def test_the_sum_of_nothing_has_the_logarithm_minus_infinity():
    assert logsumexp(np.full((2, 3), -np.inf), 1).tolist() == [-np.inf, -np.inf]
