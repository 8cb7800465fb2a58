import json

import cv2
import mxnet as mx
import numpy as np
import pytest

from logoflow.augment import make_augs, val_test_augs
from logoflow.classes import ClassListError
from logoflow.classifier import ClassifierError, LogoClassifier, classify_logo, get_image
from logoflow.evaluation import predict_labels
from logoflow.fetching import FetchError
from logoflow.images import ImageError, read_image
from logoflow.loading import make_loaders
from logoflow.models import lenet5
from logoflow.serving import serve_folder

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    return LogoClassifier(net, CLASSES, augs, {"dataset": "sample"})


@pytest.fixture(scope="module")
def photos(small_root):
    return sorted((small_root / "test_data").glob("*/*.jpg"))


def test_predict_takes_paths_bytes_and_arrays_alike(classifier, photos):
    paths = photos[:3]
    expected = classifier.predict(paths)
    assert expected.columns.tolist() == ["brand", "probability", "top_k"]
    for images in (
        [str(path) for path in paths],
        [path.read_bytes() for path in paths],
        [read_image(path) for path in paths],
        iter(paths),
    ):
        answer = classifier.predict(images)
        assert answer.brand.tolist() == expected.brand.tolist()
        assert np.allclose(answer.probability, expected.probability)


def test_one_picture_is_one_row(classifier, photos):
    expected = classifier.predict(photos[:1])
    for image in (photos[0], str(photos[0]), photos[0].read_bytes(), read_image(photos[0])):
        assert classifier.predict(image).equals(expected)
    assert len(classifier.predict([])) == 0


def test_batches_do_not_change_the_answers(classifier, photos):
    whole = classifier.predict(photos, batch_size=64)
    parts = classifier.predict(photos, batch_size=3)
    assert np.allclose(whole.probability, parts.probability, atol=1e-6)
    assert whole.brand.equals(parts.brand)


def test_top_k_is_sorted_and_starts_with_the_brand(classifier, photos):
    for row in classifier.predict(photos[:4], top_k=3).itertuples():
        probabilities = [probability for _, probability in row.top_k]
        assert row.top_k[0] == (row.brand, row.probability)
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_preprocessing_is_that_of_validation(classifier, small_root):
    data = make_loaders(small_root, "pytorch-article")
    classifier = LogoClassifier(classifier.net, CLASSES, data.test._dataset.augs)
    _, expected = predict_labels(data.test, classifier.net, mx.cpu())
    answer = classifier.predict([path for path, _ in data.test._dataset.items])
    assert answer.brand.tolist() == [CLASSES[i] for i in expected]


def test_saved_and_loaded_it_answers_the_same(classifier, photos, tmp_path):
    classifier.save(tmp_path / "model")
    again = LogoClassifier.load(tmp_path / "model")
    assert again.classes == CLASSES
    assert again.facts == {"dataset": "sample"}
    assert again.predict(photos).equals(classifier.predict(photos))
    stored = json.loads((tmp_path / "model" / "classifier.json").read_text())
    assert stored["architecture"] == "lenet5"
    assert stored["classes"] == list(CLASSES)


def test_a_save_that_fails_leaves_the_model_before_it_whole(classifier, photos, tmp_path):
    folder = classifier.save(tmp_path / "model")
    strange = LogoClassifier(classifier.net, CLASSES, classifier.augs, {"accuracy": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        strange.save(folder)
    assert LogoClassifier.load(folder).predict(photos[0]).equals(classifier.predict(photos[0]))


def test_saving_again_replaces_the_weights(classifier, tmp_path):
    folder = classifier.save(tmp_path / "model")
    other = lenet5(3)
    other.initialize(mx.init.Zero())
    other(mx.nd.zeros((1, 3, 224, 224)))
    LogoClassifier(other, CLASSES, classifier.augs).save(folder)
    assert len(list(folder.glob("model*"))) == 1
    assert len(list(folder.iterdir())) == 2
    assert LogoClassifier.load(folder).facts == {}


def test_classifying_does_not_take_a_net_off_its_devices(classifier, photos):
    devices = [mx.cpu(0), mx.cpu(1)]
    net = lenet5(3)
    net.initialize(ctx=devices)
    with serve_folder(photos[0].parent) as address:
        url = f"{address}/{photos[0].name}"
        classify_logo(net, url, CLASSES, classifier.augs, devices, allow_private=True)
    assert next(iter(net.collect_params().values())).list_ctx() == devices


def test_altered_weights_are_refused(classifier, tmp_path):
    folder = classifier.save(tmp_path / "model")
    (path,) = folder.glob("model-*.params")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ClassifierError, match="not what was saved"):
        LogoClassifier.load(folder)


def test_a_folder_without_a_model_or_with_a_strange_one_is_a_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"LogoClassifier\.save"):
        LogoClassifier.load(tmp_path)
    for text in ("{", "[]", '{"format": "other"}'):
        (tmp_path / "classifier.json").write_text(text)
        with pytest.raises(ClassifierError, match=r"classifier\.json"):
            LogoClassifier.load(tmp_path)


def test_another_class_list_is_refused(classifier):
    classifier.check_classes(CLASSES)
    with pytest.raises(ClassListError, match="ups"):
        classifier.check_classes(["adidas", "ups", "no-logo"])


def test_a_class_list_of_another_length_than_the_nets_outputs_is_refused(classifier):
    with pytest.raises(ClassListError, match="3 outputs and the class list 2 names"):
        LogoClassifier(classifier.net, CLASSES[:2], classifier.augs)


def test_a_broken_picture_is_named(classifier, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        classifier.predict(tmp_path / "broken.jpg")


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


def test_a_plain_net_needs_its_class_names(classifier):
    with pytest.raises(ValueError, match="classes="):
        classify_logo(classifier.net, "http://127.0.0.1/x.jpg")


def test_the_picture_shown_is_the_one_classified(classifier, tmp_path, monkeypatch):
    picture = np.zeros((300, 600, 3), np.uint8)
    picture[:, 300:] = (255, 255, 255)
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    shown = []
    monkeypatch.setattr(
        "logoflow.classifier.show_images", lambda imgs, *_, **__: shown.extend(imgs)
    )
    with serve_folder(tmp_path) as address:
        classify_logo(classifier, f"{address}/half.png", allow_private=True)
    assert shown[0].shape == (224, 224, 3)
    assert shown[0][:, :100].max() < 0.01
    assert shown[0][:, 124:].min() > 0.99


def test_get_image_keeps_two_urls_apart_that_end_alike(tmp_path):
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
