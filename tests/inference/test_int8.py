import json

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.datasets.prepared import photos_of
from logoflow.inference.auto import Stages
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.int8 import agreement, logit_error, quantize, speed_up
from logoflow.inference.levels import Level
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


def test_the_twin_records_how_often_it_agrees(twin, classifier, photos):
    record = twin.metadata["int8"]
    assert record["photos"] == 28
    assert record["agreement"] == agreement(classifier, twin, photos) > 0.6
    assert (twin.metadata["seed"], classifier.metadata) == (5, {"seed": 5})


def test_the_twin_records_how_much_faster_it_is(twin, classifier, photos):
    class Slow:
        """A network that takes three times as long as another one."""

        def __init__(self, net):
            self.net = net

        def __call__(self, data):
            return [self.net(data).wait_to_read(), self.net(data).wait_to_read(), self.net(data)][2]

    assert 0.1 < twin.metadata["int8"]["speed_up"] < 10
    data = mx.nd.stack(*[classifier.preprocess(photo) for photo in photos[:16]])
    fast = speed_up(classifier.net, twin.net, data)
    assert speed_up(classifier.net, Slow(twin.net), data) < fast / 1.5


def test_the_twins_logits_differ_by_rounding_only(twin, classifier, photos):
    exact, logits = (one.logits(photos) for one in (classifier, twin))
    # The error is 0.44 with INT8 everywhere, and 0.13 with the first convolutions in float.
    assert 0.001 < logit_error(exact, logits) < 0.25


def test_the_twins_scores_are_close_but_not_equal(twin, classifier, photos):
    ours, theirs = classifier.scores(photos), twin.scores(photos)
    assert 1e-4 < np.abs(ours - theirs).mean() < 0.5
    assert np.allclose(ours, classifier.scores(photos), atol=1e-5), (
        "quantizing changed the float network"
    )


def test_the_twin_saves_loads_and_predicts_like_any_other(twin, photos, tmp_path):
    again = LogoClassifier.load(twin.save(tmp_path / "small"))
    assert np.allclose(again.scores(photos), twin.scores(photos), atol=1e-4)
    assert again.predict(photos[:3], level="few-windows").brand.tolist() == (
        twin.predict(photos[:3], level="few-windows").brand.tolist()
    )
    stored = json.loads((tmp_path / "small" / "classifier.json").read_text())
    assert stored["architecture"] == "int8 efficientnet_lite0"
    again.save(tmp_path / "small")  # overwriting itself
    assert len(list((tmp_path / "small").iterdir())) == 3


@pytest.mark.slow
def test_a_network_on_logo_lite0_has_a_twin_too(photos, tmp_path):
    net = finetune_net(3, "logo_lite0", ctx=mx.cpu())
    assert net.embedding.weight.shape == (256, 1280)
    classifier = LogoClassifier(net, CLASSES, make_augs("logoflow", net, image_size=64)[1])
    twin = quantize(classifier, photos)
    exact, logits = (one.logits(photos) for one in (classifier, twin))
    assert logit_error(exact, logits) < 0.25
    again = LogoClassifier.load(twin.save(tmp_path / "small"))
    assert np.allclose(again.scores(photos), twin.scores(photos), atol=1e-4)


def test_too_few_photos_and_an_int8_network_are_refused(twin, classifier, photos):
    with pytest.raises(ValueError, match="give at least 16"):
        quantize(classifier, photos[:15])
    with pytest.raises(ValueError, match="Only a float network"):
        quantize(twin, photos)


def test_the_error_of_logits_ignores_what_all_classes_share():
    exact = np.array([[1.0, 3.0], [4.0, 2.0]])
    assert logit_error(exact, exact + [[5], [-7]]) == 0
    assert logit_error(exact, exact + [[0.2, -0.2], [0, 0]]) == pytest.approx(0.2 / 2**0.5)


def test_padding_moves_into_the_kernels(classifier):
    net, data = classifier.net, nd.random.normal(shape=(2, 3, 64, 64))
    graph, arrays = graph_of(net)
    assert graph.count('"op": "Pad"') == 5  # one for each convolution of stride 2
    symbol, wider = fold_kernel_padding(graph, arrays)
    assert '"op": "Pad"' not in symbol.tojson()
    assert np.allclose(
        block_from_graph(symbol, wider)(data).asnumpy(), net(data).asnumpy(), atol=1e-4
    )
    assert sum(wider[name].shape != arrays[name].shape for name in arrays) == 5


@pytest.mark.slow
@pytest.mark.parametrize("level", ["regions", "auto"])
def test_a_twin_answers_at_the_levels_that_need_no_regions(classifier, photos, level):
    stages = Stages(Level("regions"), Level("more-regions"), 0.2, 0.8)
    decisions = {
        Level("whole"): Decision(2.0),
        Level("regions"): Decision(3.0),
        Level("auto"): Decision(3.0, stages=stages),
    }
    by_regions = LogoClassifier(
        classifier.net, CLASSES, classifier.augs, decisions=decisions, level=level
    )
    twin = quantize(by_regions, photos)
    assert twin.decisions == {Level("whole"): Decision(2.0)}
    assert twin.level == Level("whole")
    assert len(twin.predict(photos[:2])) == 2
    with pytest.raises(ValueError, match="cannot score regions"):
        twin.nets_for_regions()


def test_a_classifier_for_regions_alone_has_no_twin(classifier, photos):
    only = {Level("regions"): Decision()}
    by_regions = LogoClassifier(
        classifier.net, CLASSES, classifier.augs, decisions=only, level="regions"
    )
    with pytest.raises(ValueError, match="calibrate it for another level too"):
        quantize(by_regions, photos)
