import numpy as np
import pytest

from logoflow.metrics.reliability import calibration_error, reliability_bins


def test_a_bin_includes_its_upper_edge():
    frame = reliability_bins([0.0, 0.25, 0.26, 0.9, 1.0], [0, 1, 1, 1, 0], bins=4)
    assert frame["low"].tolist() == [0, 0.25, 0.5, 0.75]
    assert frame["high"].tolist() == [0.25, 0.5, 0.75, 1]
    assert frame["photos"].tolist() == [2, 1, 0, 2]
    assert frame["confidence"].dropna().tolist() == pytest.approx([0.125, 0.26, 0.95])
    assert frame["accuracy"].dropna().tolist() == [0.5, 1, 0.5]
    assert frame.loc[2, ["confidence", "accuracy"]].isna().all()


def test_calibration_error_is_the_gap_weighted_by_photos():
    # Bin 0 to 0.5: three photos, confidence 0.4, all wrong. Bin 0.5 to 1: one photo, 0.9, right.
    error = calibration_error([0.4, 0.4, 0.4, 0.9], [False, False, False, True], bins=2)
    assert error == pytest.approx(0.75 * 0.4 + 0.25 * 0.1)


def test_calibrated_answers_have_no_error():
    confidence = np.random.default_rng(0).uniform(size=200_000)
    correct = np.random.default_rng(1).uniform(size=200_000) < confidence
    assert calibration_error(confidence, correct) < 0.01
    assert calibration_error(confidence**0.5, correct) == pytest.approx(1 / 6, abs=0.01)


def test_values_that_are_not_probabilities_are_refused():
    with pytest.raises(ValueError, match="logits"):
        calibration_error([1.5], [True])
    with pytest.raises(ValueError, match="logits"):
        calibration_error([float("nan")], [True])
    for confidence, correct, bins in (([], [], 5), ([0.5], [True, True], 5), ([0.5], [True], 0)):
        with pytest.raises(ValueError, match="one confidence per answer"):
            reliability_bins(confidence, correct, bins)
