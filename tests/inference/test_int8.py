import json

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.datasets.prepared import photos_of
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.int8 import agreement, logit_error, quantize
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net
from logoflow.models.graph import block_from_graph, fold_kernel_padding, graph_of

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture(scope="module")
def photos(small_root):
    splits = ("train_data", "val_data")
    return [path for split in splits for path, _ in photos_of(small_root, split)]


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(5)
    net = finetune_net(3, "efficientnet_lite0", ctx=mx.cpu())
    return LogoClassifier(net, CLASSES, make_augs("logoflow", net, image_size=64)[1], {"seed": 5})


@pytest.fixture(scope="module")
def twin(classifier, photos):
    return quantize(classifier, photos)


def test_the_twin_says_how_often_it_agrees(twin, classifier, photos):
    told = twin.facts["int8"]
    assert told == {"agreement": agreement(classifier, twin, photos), "photos": 28}
    assert told["agreement"] > 0.6
    assert (twin.facts["seed"], classifier.facts) == (5, {"seed": 5})


def test_its_logits_are_the_float_nets_but_for_rounding(twin, classifier, photos):
    exact, logits = (
        np.concatenate(list(one.window_logits(photos, 1))) for one in (classifier, twin)
    )
    # It is 0.44 with INT8 from the first convolution on, and 0.13 with the first ones float.
    assert 0.001 < logit_error(exact, logits) < 0.25


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
        quantize(classifier, photos[:15])
    with pytest.raises(ValueError, match="Only a float net"):
        quantize(twin, photos)


def test_the_error_of_logits_is_of_their_differences():
    exact = np.array([[1.0, 3.0], [4.0, 2.0]])
    assert logit_error(exact, exact + [[5], [-7]]) == 0
    assert logit_error(exact, exact + [[0.2, -0.2], [0, 0]]) == pytest.approx(0.2 / 2**0.5)


def test_kernels_are_widened_once(classifier):
    net, data = classifier.net, nd.random.normal(shape=(2, 3, 64, 64))
    graph, arrays = graph_of(net)
    assert graph.count('"op": "Pad"') == 5  # a convolution of stride 2 each
    symbol, wider = fold_kernel_padding(graph, arrays)
    assert '"op": "Pad"' not in symbol.tojson()
    assert np.allclose(
        block_from_graph(symbol, wider)(data).asnumpy(), net(data).asnumpy(), atol=1e-4
    )
    assert sum(wider[name].shape != arrays[name].shape for name in arrays) == 5
