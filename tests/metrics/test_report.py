import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score

from logoflow.metrics.report import Report

CLASSES = ["bmw", "no-logo", "ups"]


def test_a_constant_answer_has_the_majority_baseline_and_one_over_classes():
    truth = [0] * 2 + [1] * 7 + [2] * 1
    report = Report.from_labels(truth, [1] * 10, CLASSES)
    assert report.accuracy == report.majority_baseline == 0.7
    assert report.balanced_accuracy == pytest.approx(1 / 3)
    assert report.brand_recall == 0.0
    assert report.no_logo_false_positive_rate == 0.0


def test_recall_and_false_positive_rate():
    report = Report.from_labels([0, 0, 1, 1, 1, 1, 2, 2], [0, 2, 1, 1, 1, 0, 2, 2], CLASSES)
    assert report.recall.to_dict() == {"bmw": 0.5, "no-logo": 0.75, "ups": 1.0}
    assert report.no_logo_false_positive_rate == 0.25
    assert report.brand_recall == 0.75
    assert report.confusion.tolist() == [[1, 0, 1], [1, 3, 0], [0, 0, 2]]
    per_class = report.per_class()
    assert per_class.columns.tolist() == ["photos", "found", "recall", "precision", "f1"]
    assert per_class.loc["bmw"].tolist() == [2, 1, 0.5, 0.5, 0.5]


def test_a_class_without_photos_does_not_lower_the_mean():
    report = Report.from_labels([0, 1], [0, 1], CLASSES)
    assert np.isnan(report.recall["ups"])
    assert report.balanced_accuracy == 1.0


def test_the_splits_of_the_articles_have_high_majority_baselines():
    for brands, none, baseline in ((320, 1500, 0.824), (960, 1500, 0.610), (960, 3000, 0.758)):
        truth = [0] * brands + [1] * none
        report = Report.from_labels(truth, truth, ["brand", "no-logo"])
        assert report.majority_baseline == pytest.approx(baseline, abs=5e-4)


def test_the_printed_report_has_accuracy_and_baseline():
    text = str(Report.from_labels([0, 1], [0, 1], CLASSES))
    assert "accuracy: 1.000" in text
    assert "majority baseline: 0.500" in text


@pytest.mark.parametrize(("truth", "answers"), [([], []), ([0, 1], [0])])
def test_lists_that_do_not_match_are_refused(truth, answers):
    with pytest.raises(ValueError, match="one answer per photo"):
        Report.from_labels(truth, answers, CLASSES)


@pytest.mark.parametrize(("truth", "answers"), [([0, 3], [0, 1]), ([0, 1], [0, -1])])
def test_a_label_out_of_range_is_refused(truth, answers):
    with pytest.raises(ValueError, match="another class list"):
        Report.from_labels(truth, answers, CLASSES)


def test_precision_and_f1_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, answers = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    report = Report.from_labels(truth, answers, CLASSES)
    assert report.precision.tolist() == pytest.approx(precision_score(truth, answers, average=None))
    assert report.f1.tolist() == pytest.approx(f1_score(truth, answers, average=None))
    assert report.macro_precision == pytest.approx(precision_score(truth, answers, average="macro"))
    assert report.macro_f1 == pytest.approx(f1_score(truth, answers, average="macro"))


def test_macro_means_include_a_class_without_answers_but_not_one_without_photos():
    report = Report.from_labels([0, 0, 1, 1], [0, 0, 0, 0], CLASSES)
    assert np.isnan(report.precision["no-logo"])
    assert np.isnan(report.f1["ups"])
    assert report.f1["no-logo"] == 0
    assert report.macro_precision == 0.25  # the mean of 2 / 4 and of 0 for no-logo
    assert report.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_the_precision_of_flickrlogos32_ignores_false_alarms():
    # Four brand photos: two right, one with the wrong brand, one answered no-logo.
    truth, answers = [0, 0, 2, 2, 1, 1, 1, 1], [0, 2, 2, 1, 0, 0, 1, 1]
    scores = Report.from_labels(truth, answers, CLASSES).flickrlogos32_scores()
    assert scores.to_dict() == {"precision": 2 / 3, "recall": 0.5, "accuracy": 0.5}
    none = Report.from_labels([1, 1], [1, 0], CLASSES).flickrlogos32_scores()
    assert none.isna().tolist() == [True, True, False]
