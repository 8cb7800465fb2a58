import numpy as np
import pytest

from logoflow.evaluation.assessment import Assessment

CLASSES = ("adidas", "aldi", "no-logo")
ROWS = [
    "accuracy",
    "balanced accuracy",
    "brand top-1",
    "recall at 2%",
    "AUROC",
    "false alarms",
    "calibration error",
]


@pytest.fixture
def handmade():
    """Four photos of adidas, of which two are recognised; a false alarm; five right no-logos."""
    recognised, confused, missed = [0.9, 0.05, 0.05], [0.3, 0.6, 0.1], [0.25, 0.15, 0.6]
    false_alarm, rejected = [0.1, 0.7, 0.2], [0.1, 0.1, 0.8]
    rows = [recognised, recognised, confused, missed, false_alarm] + 5 * [rejected]
    probabilities = np.array(rows)
    truth = np.array([0, 0, 0, 0, 2, 2, 2, 2, 2, 2])
    paths = tuple(f"photos/{number}.jpg" for number in range(10))
    return Assessment(CLASSES, paths, truth, probabilities, probabilities.argmax(axis=1))


def test_metrics_of_a_handmade_case(handmade):
    assert handmade.report.accuracy == 0.7
    assert handmade.brand_top1 == 0.75
    assert handmade.confidence.tolist() == [0.9, 0.9, 0.6, 0.6, 0.7] + 5 * [0.8]
    assert handmade.recall_at(0.02) == 0.5  # the two recognised photos score above the false alarm
    # Bins of confidence .6, .7, .8, .9 hold 2, 1, 5, 2 photos, of which 0, 0, 5, 2 are right.
    assert handmade.calibration_error == pytest.approx(0.12 + 0.07 + 0.1 + 0.02)


@pytest.mark.slow
def test_the_summary_has_every_metric_within_its_interval():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 60)
    truth = np.where(rng.random(60) < 0.7, probabilities.argmax(axis=1), rng.integers(0, 3, 60))
    paths = tuple(f"{number}.jpg" for number in range(60))
    assessment = Assessment(CLASSES, paths, truth, probabilities, probabilities.argmax(axis=1))
    table = assessment.summary(samples=200)
    assert table.index.tolist() == ROWS
    assert table.columns.tolist() == ["value", "low", "high"]
    unbiased = table.drop("calibration error")  # it is larger on resamples of few photos
    assert np.all(unbiased.low < unbiased.value)
    assert np.all(unbiased.value < unbiased.high)
    other = assessment.summary(seed=1, samples=200)
    assert table.value.equals(other.value)
    assert not table.equals(other)
    assert np.allclose(table, other, atol=0.1)


def test_a_summary_without_intervals_has_only_values(handmade):
    table = handmade.summary(intervals=False)
    assert table.index.tolist() == ROWS
    assert table.value["accuracy"] == 0.7
    assert table.value["false alarms"] == pytest.approx(1 / 6)
    assert table[["low", "high"]].isna().all(axis=None)


def test_photos_can_be_left_out(handmade):
    fewer = handmade.without(["photos/2.jpg", "photos/4.jpg"])
    assert len(fewer.paths) == len(fewer.truth) == len(fewer.answers) == 8
    assert fewer.report.accuracy == 7 / 8
    assert handmade.without([]).report.accuracy == handmade.report.accuracy
    with pytest.raises(ValueError, match=r"elsewhere\.jpg"):
        handmade.without(["elsewhere.jpg"])


def test_metrics_that_need_photos_without_a_logo_are_nan_if_there_are_none(handmade):
    only_brands = handmade.without(handmade.paths[4:])
    table = only_brands.summary(samples=200)
    assert np.isnan(table.value[["recall at 2%", "AUROC", "false alarms"]]).all()
    assert table.value["accuracy"] == 0.5
    assert table.value["brand top-1"] == 0.75
    assert table.low["accuracy"] <= 0.5 <= table.high["accuracy"]


def test_a_class_list_without_no_logo_has_metrics_too():
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]])
    truth, answers = np.array([0, 1, 1]), probabilities.argmax(axis=1)
    assessment = Assessment(("adidas", "aldi"), ("a", "b", "c"), truth, probabilities, answers)
    table = assessment.summary(intervals=False)
    assert table.value["accuracy"] == table.value["brand top-1"] == pytest.approx(2 / 3)
    assert np.isnan(table.value["AUROC"])
