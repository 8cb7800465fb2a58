import re

import mxnet as mx
import pytest

import logoflow as lf
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5, mlp

pytestmark = pytest.mark.slow

CLASSES = ("adidas", "aldi", "no-logo")


def classifier_of(net) -> lf.LogoClassifier:
    mx.random.seed(0)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    return lf.LogoClassifier(net, CLASSES, augs, {"backbone": "<b>mine</b>"})


def test_the_page_holds_metrics_mistakes_and_checksums_and_needs_no_network(small_root, tmp_path):
    classifier = classifier_of(lenet5(3))
    photos = sorted((small_root / "val_data").glob("*/*.jpg"))
    classifier.calibrate(photos, [path.parent.name for path in photos], false_positive_rate=0.65)
    page = lf.report(classifier, small_root, tmp_path / "report.html").read_text()
    titles = re.findall("<h2>(.*?)</h2>", page)
    assert titles == [
        "Data",
        "Training",
        "How good it is",
        "Thresholds and calibration",
        "Mistakes",
        "Environment and checksums",
    ]
    assessment = lf.assess(classifier, small_root)
    assert f"<td>{assessment.report.accuracy:.3f}</td>" in page
    wrong = assessment.paths[(assessment.answers != assessment.truth).argmax()]
    assert f"Heat map of {wrong.name}" in page
    assert "SHA-256 of model-" in page
    assert "http" not in re.sub('src="data:[^"]*"', "", page)
    assert re.findall('<img src="(.{5})', page) == ["data:"] * page.count("<img")
    assert page.count('alt=""') == 0
    assert len(page) < 5e6


def test_texts_of_the_user_are_no_markup(small_root, tmp_path):
    page = lf.report(classifier_of(lenet5(3)), small_root, tmp_path / "report.html").read_text()
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "<b>mine</b>" not in page


def test_a_network_without_convolutions_gets_photos_without_heat_maps(small_root, tmp_path):
    page = lf.report(classifier_of(mlp(3)), small_root, tmp_path / "report.html").read_text()
    assert "The photo " in page
    assert "Heat map of" not in page


def test_without_photos_there_is_no_page(small_root, tmp_path):
    with pytest.raises(FileNotFoundError):
        lf.report(classifier_of(lenet5(3)), tmp_path / "nowhere", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
