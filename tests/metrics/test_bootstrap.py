import numpy as np
import pytest
from scipy import stats

from logoflow.metrics.bootstrap import bootstrap
from logoflow.metrics.reliability import calibration_error


def test_the_interval_of_a_share_is_the_binomial_interval():
    correct = np.arange(200) < 160
    low, high = bootstrap(np.mean, correct)
    expected = stats.binom.ppf([0.025, 0.975], 200, 0.8) / 200
    assert (low, high) == pytest.approx(tuple(expected), abs=0.011)
    assert bootstrap(np.mean, correct) == (low, high)
    assert bootstrap(np.mean, correct, seed=1, level=0.5)[0] > low


def test_arrays_are_resampled_together():
    ours = np.arange(50) % 2
    theirs = 1 - ours
    assert bootstrap(lambda a, b: np.mean(a + b), ours, theirs, samples=50) == (1.0, 1.0)


def test_each_stratum_keeps_its_number_of_photos():
    no_logo = np.arange(30) < 4
    assert bootstrap(np.sum, no_logo, samples=50, strata=no_logo) == (4.0, 4.0)
    low, high = bootstrap(np.sum, no_logo, samples=200)
    assert low < 4 < high


def test_the_interval_of_a_biased_metric_is_shifted_around_its_value():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200)
    correct = rng.uniform(size=200) < confidence
    value = calibration_error(confidence, correct)
    plain = bootstrap(calibration_error, confidence, correct, samples=300)
    shifted = bootstrap(calibration_error, confidence, correct, samples=300, around=value)
    assert shifted[0] < value < shifted[1]
    assert shifted[0] < plain[0] - 0.005, "resamples have a larger error than the photos"
    assert shifted[1] - shifted[0] == pytest.approx(plain[1] - plain[0])
    assert bootstrap(np.mean, correct, around=correct.mean()) == pytest.approx(
        bootstrap(np.mean, correct), abs=0.005
    )


def test_nan_values_are_ignored():
    values = np.array([1.0, np.nan, 1.0, 1.0])
    assert bootstrap(np.mean, values, samples=200) == (1.0, 1.0)
    assert np.isnan(bootstrap(np.mean, np.full(3, np.nan), samples=5)).all()


def test_arrays_of_different_lengths_are_refused():
    for arrays, strata in (((np.ones(3), np.ones(4)), None), ((np.ones(3),), [0, 1]), ((), None)):
        with pytest.raises(ValueError, match="same photos"):
            bootstrap(np.mean, *arrays, strata=strata)
    with pytest.raises(ValueError, match="same photos"):
        bootstrap(np.mean, np.ones(0))
    with pytest.raises(ValueError, match="level"):
        bootstrap(np.mean, np.ones(3), level=95)
