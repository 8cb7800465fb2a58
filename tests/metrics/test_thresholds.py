import numpy as np
import pytest

from logoflow.metrics.report import Report
from logoflow.metrics.scores import logo_scores
from logoflow.metrics.thresholds import (
    cautious_rate,
    photos_needed,
    recall_at,
    threshold_at,
    threshold_curve,
    upper_end,
)

CLASSES = ["bmw", "no-logo", "ups"]
TRUTH = [0, 0, 2, 1, 1]
PROBABILITIES = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.1, 0.5, 0.4], [0.3, 0.5, 0.2], [0.1, 0.8, 0.1]]
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_threshold_is_the_lowest_that_keeps_the_rate(dtype):
    scores = np.random.default_rng(0).uniform(size=135).astype(dtype)
    for rate, allowed in ((0, 0), (0.02, 2), (0.5, 67), (134.5 / 135, 134)):
        threshold = threshold_at(scores, rate)
        assert np.count_nonzero(scores >= threshold) == allowed
        lower = np.nextafter(dtype(threshold), dtype(0))
        assert np.count_nonzero(scores >= lower) == allowed + 1


def test_tied_scores_reach_the_threshold_together_or_not_at_all():
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    for rate, passing in ((0.2, 1), (0.4, 1), (0.6, 1), (0.8, 4), (1, 5)):
        assert np.count_nonzero(scores >= threshold_at(scores, rate)) == passing


def test_a_rate_is_not_rounded_down_by_floating_point():
    scores = np.linspace(0, 1, 100)
    assert 0.29 * 100 < 29
    assert np.count_nonzero(scores >= threshold_at(scores, 0.29)) == 29


def test_a_threshold_needs_photos_and_a_valid_rate():
    with pytest.raises(ValueError, match="no photos without a logo"):
        threshold_at([], 0.02)
    with pytest.raises(ValueError, match="give 0 to 1"):
        threshold_at([0.5], 2)


def test_recall_is_the_share_of_right_brands_above_the_threshold():
    # No-logo scores 3/8 and 1/9. Brands: 7/9 right, 6/9 wrong, 4/9 right.
    assert recall_at(TRUTH, PROBABILITIES, CLASSES) == pytest.approx(2 / 3)
    louder = PROBABILITIES.copy()
    louder[4] = [0.3, 0.2, 0.5]  # 5/7
    assert recall_at(TRUTH, louder, CLASSES) == pytest.approx(1 / 3)
    assert recall_at(TRUTH, louder, CLASSES, 0.5) == pytest.approx(2 / 3)


def test_the_curve_agrees_with_a_report_at_each_threshold():
    frame = threshold_curve(TRUTH, PROBABILITIES, CLASSES)
    assert frame["threshold"][:5].tolist() == pytest.approx([1 / 9, 3 / 8, 4 / 9, 6 / 9, 7 / 9])
    brands = np.array([0, 2])[PROBABILITIES[:, [0, 2]].argmax(axis=1)]
    scores = logo_scores(PROBABILITIES, CLASSES)
    for row in frame.itertuples():
        answers = np.where(scores >= row.threshold, brands, 1)
        report = Report.from_labels(TRUTH, answers, CLASSES)
        assert row.recall == pytest.approx(report.flickrlogos32_scores()["recall"])
        assert row.false_alarms == pytest.approx(report.no_logo_false_positive_rate)
        assert row.accuracy == pytest.approx(report.accuracy)
    assert frame.iloc[-1][["recall", "false_alarms"]].tolist() == [0, 0]


@pytest.mark.parametrize("metric", [recall_at, threshold_curve])
def test_metrics_of_logo_against_no_logo_need_both(metric):
    with pytest.raises(ValueError, match="no photos without a logo"):
        metric([0, 2], PROBABILITIES[:2], CLASSES)
    with pytest.raises(ValueError, match="no photos of a brand"):
        metric([1, 1], PROBABILITIES[:2], CLASSES)


@pytest.mark.parametrize(("photos", "rate"), [(100, 0.1), (400, 0.02), (50, 0.3)])
def test_a_cautious_share_keeps_the_rate_in_four_of_five_draws(photos, rate):
    allowed = round(photos * cautious_rate(photos, rate))
    passing = np.random.default_rng(0).binomial(photos, rate, 20_000)
    # A rate just above the limit lets more photos pass than are allowed, four times out of five.
    assert 0.8 <= np.mean(passing > allowed) < 0.9


def test_with_too_few_photos_none_may_pass():
    for rate in (0.02, 0.1, 0.5):
        needed = photos_needed(rate)
        assert cautious_rate(needed - 1, rate) == cautious_rate(needed, rate) == 0
        assert (1 - rate) ** needed <= 0.2 < (1 - rate) ** (needed - 1)
    assert cautious_rate(0, 0.1) == 0
    assert upper_end(0, 0.1) == 1


def test_the_upper_end_comes_close_to_the_limit_with_many_photos():
    ends = [upper_end(photos, 0.1) for photos in (10, 100, 1000, 100_000)]
    assert sorted(ends, reverse=True) == ends
    assert 0.1 < ends[-1] < 0.102
