import cv2
import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import FetchError
from logoflow.images.decode import read_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.loading.augment import make_augs, val_test_augs
from logoflow.models.article_nets import lenet5
from logoflow.web.classify_url import classify_logo, get_image
from logoflow.web.serve_folder import serve_folder

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    return LogoClassifier(net, CLASSES, augs)


@pytest.fixture(scope="module")
def photos(small_root):
    return sorted((small_root / "test_data").glob("*/*.jpg"))


def test_classify_logo_gives_the_articles_sentence(classifier, photos):
    expected = classifier.predict(photos[0]).iloc[0]
    sentence = f"With prob={expected.probability:f}, {expected.brand}"
    with serve_folder(photos[0].parent) as address:
        url = f"{address}/{photos[0].name}"
        assert classify_logo(classifier, url, allow_private=True) == sentence
        plain = classify_logo(
            classifier.net, url, CLASSES, classifier.augs, [mx.cpu()], allow_private=True
        )
        assert plain == sentence
        article = classify_logo(classifier.net, url, CLASSES, allow_private=True)
        answer = LogoClassifier(classifier.net, CLASSES, val_test_augs).predict(photos[0]).iloc[0]
        assert article == f"With prob={answer.probability:f}, {answer.brand}"


def test_classify_logo_looks_as_closely_as_asked(classifier, photos):
    expected = classifier.predict(photos[0], level="few-windows").iloc[0]
    with serve_folder(photos[0].parent) as address:
        url = f"{address}/{photos[0].name}"
        sentence = classify_logo(classifier, url, allow_private=True, level="few-windows")
    assert sentence == f"With prob={expected.probability:f}, {expected.brand}"
    assert expected.probability != classifier.predict(photos[0]).iloc[0].probability


def test_a_plain_network_needs_class_names(classifier):
    with pytest.raises(ValueError, match="classes="):
        classify_logo(classifier.net, "http://127.0.0.1/x.jpg")


def test_the_picture_shown_is_the_one_classified(classifier, tmp_path, monkeypatch):
    picture = np.zeros((300, 600, 3), np.uint8)
    picture[:, 300:] = (255, 255, 255)
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    shown, captions = [], []

    def remember(imgs, *_, caption):
        shown.extend(imgs)
        captions.append(caption)

    monkeypatch.setattr("logoflow.web.classify_url.show_images", remember)
    with serve_folder(tmp_path) as address:
        sentence = classify_logo(classifier, f"{address}/half.png", allow_private=True)
    brand = sentence.rpartition(", ")[2]
    assert captions == [f"The picture as the network saw it. The answer is {brand}."]
    assert shown[0].shape == (224, 224, 3)
    assert shown[0][:, :100].max() < 0.01
    assert shown[0][:, 124:].min() > 0.99


def test_get_image_keeps_urls_with_the_same_file_name_apart(tmp_path):
    for name, level in (("a", 10), ("b", 200)):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "x.png"), np.full((8, 8, 3), level, np.uint8))
    with serve_folder(tmp_path) as address:
        paths = [get_image(f"{address}/{name}/x.png", allow_private=True) for name in "ab"]
    assert [read_image(path).mean() for path in paths] == [10, 200]


def test_loopback_is_refused_unless_allowed(photos):
    with serve_folder(photos[0].parent) as address, pytest.raises(FetchError) as caught:
        get_image(f"{address}/{photos[0].name}")
    assert caught.value.kind == "refused"
