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
    """Ten photos: a brand found, one taken for the other, one missed, a false alarm, no-logos."""
    sure, wrong, missed = [0.9, 0.05, 0.05], [0.3, 0.6, 0.1], [0.25, 0.15, 0.6]
    alarm, quiet = [0.1, 0.7, 0.2], [0.1, 0.1, 0.8]
    probabilities = np.array([sure, sure, wrong, missed, alarm, *[quiet] * 5])
    truth = np.array([0, 0, 0, 0, 2, 2, 2, 2, 2, 2])
    paths = tuple(f"photos/{number}.jpg" for number in range(10))
    return Assessment(CLASSES, paths, truth, probabilities, probabilities.argmax(axis=1))


@pytest.mark.parametrize("level", [None, "whole", "few-windows"])
def test_a_split_gets_the_answers_that_predict_gives(classifier, small_root, level):
    assessment = assess(classifier, small_root, level=level)
    photos = sorted((small_root / "test_data").glob("*/*.jpg"))
    assert sorted(assessment.paths) == photos
    expected = classifier.predict(assessment.paths, level=level)
    assert [CLASSES[i] for i in assessment.answers] == expected.brand.tolist()
    assert np.allclose(assessment.confidence, expected.probability, atol=1e-5)
    assert [CLASSES[i] for i in assessment.truth] == [path.parent.name for path in assessment.paths]


def test_validation_lets_through_the_share_it_was_calibrated_to(classifier, small_root):
    assessment = assess(classifier, small_root, "val_data")
    assert assessment.report.no_logo_false_positive_rate == pytest.approx(2 / 6)


def test_figures_of_a_handmade_case(handmade):
    assert handmade.report.accuracy == 0.7
    assert handmade.brand_top1 == 0.75
    assert handmade.confidence.tolist() == [0.9, 0.9, 0.6, 0.6, 0.7, *[0.8] * 5]
    assert handmade.recall_at(0.02) == 0.5  # the two sure ones stand above the false alarm
    # Bins of confidence .6, .7, .8, .9 hold 2, 1, 5, 2 photos, of which 0, 0, 5, 2 are right.
    assert handmade.calibration_error == pytest.approx(0.12 + 0.07 + 0.1 + 0.02)


def test_the_summary_has_every_figure_within_its_interval():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 60)
    truth = np.where(rng.random(60) < 0.7, probabilities.argmax(axis=1), rng.integers(0, 3, 60))
    paths = tuple(f"{number}.jpg" for number in range(60))
    assessment = Assessment(CLASSES, paths, truth, probabilities, probabilities.argmax(axis=1))
    table = assessment.summary(samples=200)
    assert table.index.tolist() == ROWS
    assert table.columns.tolist() == ["value", "low", "high"]
    rates = table.drop("calibration error")  # resampling a few photos biases this one upwards
    assert np.all(rates.low < rates.value)
    assert np.all(rates.value < rates.high)
    other = assessment.summary(seed=1, samples=200)
    assert table.value.equals(other.value)
    assert not table.equals(other)
    assert np.allclose(table, other, atol=0.1)


def test_without_intervals_only_the_values_are_there(handmade):
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


def test_without_photos_of_no_logo_what_they_decide_is_nan(handmade):
    only_brands = handmade.without(handmade.paths[4:])
    table = only_brands.summary(samples=200)
    assert np.isnan(table.value[["recall at 2%", "AUROC", "false alarms"]]).all()
    assert table.value["accuracy"] == 0.5
    assert table.value["brand top-1"] == 0.75
    assert table.low["accuracy"] <= 0.5 <= table.high["accuracy"]


def test_a_class_list_without_no_logo_has_figures_too():
    given = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]])
    brands = Assessment(
        ("adidas", "aldi"), ("a", "b", "c"), np.array([0, 1, 1]), given, given.argmax(axis=1)
    )
    table = brands.summary(intervals=False)
    assert table.value["accuracy"] == table.value["brand top-1"] == pytest.approx(2 / 3)
    assert np.isnan(table.value["AUROC"])


def test_data_of_other_classes_is_refused(net, classifier, small_root):
    other = LogoClassifier(net, ("adidas", "no-logo", "ups"), classifier.augs)
    with pytest.raises(ClassListError, match="aldi"):
        assess(other, small_root)


def test_a_missing_class_folder_is_an_error_before_labels_shift(classifier, small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    shutil.rmtree(root / "test_data" / "adidas")
    with pytest.raises(ClassListError, match="missing adidas"):
        assess(classifier, root)


def test_a_split_without_photos_and_a_level_without_a_decision_are_refused(
    net, classifier, small_root, tmp_path
):
    with pytest.raises(ValueError, match='no decision for level "windows"'):
        assess(classifier, small_root, level="windows")
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    for path in (root / "test_data").glob("*/*.jpg"):
        path.unlink()
    with pytest.raises(ValueError, match="No photos"):
        assess(classifier, root)


def test_the_stored_threshold_decides_and_not_the_likeliest_class(net, classifier, small_root):
    decisions = {Level("whole"): Decision(threshold=1.1)}
    strict = LogoClassifier(net, CLASSES, classifier.augs, decisions=decisions)
    assert set(assess(strict, small_root).answers) == {2}
