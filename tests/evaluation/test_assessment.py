import shutil

import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import ClassListError
from logoflow.evaluation.assessment import Assessment, assess
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5

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


@pytest.fixture(scope="module")
def net():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    return net


@pytest.fixture(scope="module")
def classifier(net, small_root):
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    classifier = LogoClassifier(net, CLASSES, augs)
    photos = sorted((small_root / "val_data").glob("*/*.jpg"))
    truth = [path.parent.name for path in photos]
    classifier.calibrate(photos, truth, levels=("few-windows", "whole"), false_positive_rate=0.4)
    return classifier


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


@pytest.mark.parametrize("level", [None, "whole", "few-windows"])
def test_assess_gives_the_answers_of_predict(classifier, small_root, level):
    assessment = assess(classifier, small_root, level=level)
    photos = sorted((small_root / "test_data").glob("*/*.jpg"))
    assert sorted(assessment.paths) == photos
    expected = classifier.predict(assessment.paths, level=level)
    assert [CLASSES[i] for i in assessment.answers] == expected.brand.tolist()
    assert np.allclose(assessment.confidence, expected.probability, atol=1e-5)
    assert [CLASSES[i] for i in assessment.truth] == [path.parent.name for path in assessment.paths]


def test_the_false_positive_rate_on_validation_is_the_calibrated_one(classifier, small_root):
    assessment = assess(classifier, small_root, "val_data")
    # The classifier was calibrated for at most .4 of the 6 photos without a logo.
    assert assessment.report.no_logo_false_positive_rate == pytest.approx(2 / 6)


def test_metrics_of_a_handmade_case(handmade):
    assert handmade.report.accuracy == 0.7
    assert handmade.brand_top1 == 0.75
    assert handmade.confidence.tolist() == [0.9, 0.9, 0.6, 0.6, 0.7] + 5 * [0.8]
    assert handmade.recall_at(0.02) == 0.5  # the two recognised photos score above the false alarm
    # Bins of confidence .6, .7, .8, .9 hold 2, 1, 5, 2 photos, of which 0, 0, 5, 2 are right.
    assert handmade.calibration_error == pytest.approx(0.12 + 0.07 + 0.1 + 0.02)


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


def test_a_data_set_with_other_classes_is_refused(net, classifier, small_root):
    other = LogoClassifier(net, ("adidas", "no-logo", "ups"), classifier.augs)
    with pytest.raises(ClassListError, match="aldi"):
        assess(other, small_root)


def test_a_missing_class_folder_is_an_error_because_labels_would_shift(
    classifier, small_root, tmp_path
):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    shutil.rmtree(root / "test_data" / "adidas")
    with pytest.raises(ClassListError, match="missing adidas"):
        assess(classifier, root)


def test_a_level_without_a_decision_is_refused(classifier, small_root):
    with pytest.raises(ValueError, match='no decision for level "windows"'):
        assess(classifier, small_root, level="windows")


def test_a_split_without_photos_is_refused(classifier, small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    for path in (root / "test_data").glob("*/*.jpg"):
        path.unlink()
    with pytest.raises(ValueError, match="no photos in .*test_data"):
        assess(classifier, root)


def test_the_stored_threshold_decides(net, classifier, small_root):
    decisions = {Level("whole"): Decision(threshold=1.1)}
    strict = LogoClassifier(net, CLASSES, classifier.augs, decisions=decisions)
    assert set(assess(strict, small_root).answers) == {CLASSES.index("no-logo")}
