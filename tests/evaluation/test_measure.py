import shutil

import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import ClassListError
from logoflow.evaluation.measure import assess
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.metrics.scores import logo_scores
from logoflow.models.article_nets import lenet5

CLASSES = ("adidas", "aldi", "no-logo")


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
    classifier.calibrate(photos, truth, levels=("few-windows", "whole"), false_positive_rate=0.65)
    return classifier


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
    scores = logo_scores(assessment.probabilities, CLASSES)[~assessment.shows_logo]
    # For a rate of .65, two of six photos without a logo may pass (`cautious_rate`).
    assert np.sum(scores >= classifier.decisions[classifier.level].threshold) == 2
    assert assessment.report.no_logo_false_positive_rate == pytest.approx(2 / 6)


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
