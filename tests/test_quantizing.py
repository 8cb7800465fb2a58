import json

import mxnet as mx
import numpy as np
import pytest

from logoflow.augment import make_augs
from logoflow.classifier import LogoClassifier
from logoflow.loading import PhotoFolder
from logoflow.models import finetune_net
from logoflow.quantizing import agreement

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture(scope="module")
def photos(small_root):
    splits = ("train_data", "val_data")
    return [path for split in splits for path, _ in PhotoFolder(small_root / split, []).items]


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(5)
    net = finetune_net(3, "efficientnet_lite0", ctx=mx.cpu())
    return LogoClassifier(net, CLASSES, make_augs("logoflow", net, size=64)[1], {"seed": 5})


@pytest.fixture(scope="module")
def twin(classifier, photos):
    return classifier.quantize(photos)


def test_the_twin_says_how_often_it_agrees(twin, classifier, photos):
    told = twin.facts["int8"]
    assert told == {"agreement": agreement(classifier, twin, photos), "photos": 28}
    assert told["agreement"] > 0.6
    assert (twin.facts["seed"], classifier.facts) == (5, {"seed": 5})


def test_its_scores_are_near_the_float_nets_and_not_the_same(twin, classifier, photos):
    ours, theirs = classifier.scores(photos), twin.scores(photos)
    assert 1e-4 < np.abs(ours - theirs).mean() < 0.5
    assert np.allclose(ours, classifier.scores(photos), atol=1e-5), "the float net is as it was"


def test_it_saves_loads_and_predicts_like_any_other(twin, photos, tmp_path):
    again = LogoClassifier.load(twin.save(tmp_path / "small"))
    assert np.allclose(again.scores(photos), twin.scores(photos), atol=1e-4)
    assert again.predict(photos[:3], views=2).brand.tolist() == (
        twin.predict(photos[:3], views=2).brand.tolist()
    )
    stored = json.loads((tmp_path / "small" / "classifier.json").read_text())
    assert stored["architecture"] == "int8 efficientnet_lite0"
    again.save(tmp_path / "small")  # over itself
    assert len(list((tmp_path / "small").iterdir())) == 3


def test_what_has_no_int8_twin_is_refused(twin, classifier, photos):
    with pytest.raises(ValueError, match="give 16 at least"):
        classifier.quantize(photos[:15])
    with pytest.raises(ValueError, match="Only a float net"):
        twin.quantize(photos)
