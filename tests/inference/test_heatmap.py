import mxnet as mx
import numpy as np
import pytest

import logoflow as lf
from logoflow.inference.heatmap import MAP_SCALE, activation_map, heatmap
from logoflow.inference.region_grid import Scale
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5, mlp
from logoflow.models.build import build_net
from logoflow.models.ensemble import ensemble_architecture
from logoflow.models.finetune import finetune_net

CLASSES = ("bmw", "ford", "no-logo")


def classifier_of(net, recipe: str = "regions") -> lf.LogoClassifier:
    return lf.LogoClassifier(net, CLASSES, make_augs(recipe, net)[1])


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)


@pytest.mark.parametrize("backbone", ["logo_lite0", "efficientnet_lite0"])
def test_the_mean_of_an_activation_map_is_the_output_for_the_photo(photo, backbone):
    net = finetune_net(3, backbone)
    classifier = classifier_of(net)
    cells = activation_map(classifier, photo, label=1)
    assert cells.shape == (15, 20)
    (region_net,) = classifier.nets_for_regions()
    whole = Scale(MAP_SCALE.longer_side, ((99, 99),))
    output = region_net.logits(photo, (whole,))[0, 1]
    assert cells.mean() == pytest.approx(output, abs=1e-4)


def test_the_map_of_an_ensemble_is_the_mean_of_its_networks(photo):
    ensemble = build_net(ensemble_architecture(["logo_lite0", "logo_lite0"]), 3)
    ensemble.initialize(mx.init.Xavier())
    maps = [activation_map(classifier_of(net), photo, 0) for net in ensemble.members]
    both = activation_map(classifier_of(ensemble), photo, 0)
    assert np.allclose(both, np.mean(maps, axis=0), atol=1e-4)


def test_the_map_is_hot_where_the_features_speak_for_the_brand():
    net = finetune_net(3, "logo_lite0")
    picture = np.full((320, 320, 3), 120, np.uint8)
    picture[200:280, 40:120] = np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8)
    features = classifier_of(net).nets_for_regions()[0].features(picture[200:280, 40:120])[0]
    weight = np.zeros((3, len(features)), np.float32)
    weight[0] = features
    net.output.weight.set_data(mx.nd.array(weight))
    heat = heatmap(classifier_of(net), picture, "bmw")
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert 40 <= x < 120
    assert 200 <= y < 280
    assert (heat.min(), heat.max()) == (0, 1)


def test_by_default_the_map_is_of_the_likeliest_brand_and_never_of_no_logo(photo):
    net = finetune_net(3, "logo_lite0")
    net.output.weight.set_data(net.output.weight.data() * 0.01)  # the biases decide
    net.output.bias.set_data(mx.nd.array([0, 5, 50]))
    classifier = classifier_of(net)
    assert classifier.predict(photo).brand[0] == "no-logo"
    assert np.array_equal(heatmap(classifier, photo), heatmap(classifier, photo, "ford"))


def test_networks_without_pooling_get_grad_cam(photo):
    net = lenet5(3)
    net.initialize(mx.init.Constant(0.01))  # everything speaks for the brand, bright parts most
    photo[:, :200] //= 4
    heat = heatmap(classifier_of(net, "article"), photo, "bmw")
    assert heat.shape == (300, 400)
    assert heat.max() == 1
    assert heat[:, 220:].mean() > heat[:, :180].mean()


def test_what_cannot_be_mapped_is_an_error(photo):
    net = mlp(3)
    net.initialize()
    with pytest.raises(ValueError, match="sequence of layers with convolutions"):
        heatmap(classifier_of(net, "article"), photo, "bmw")
    with pytest.raises(ValueError, match="audi"):
        heatmap(classifier_of(finetune_net(3, "logo_lite0")), photo, "audi")


def test_a_map_is_laid_over_the_photo(photo):
    heat = np.zeros(photo.shape[:2], np.float32)
    heat[:50] = 1
    laid = lf.overlay_heatmap(photo, heat)
    assert laid.shape == photo.shape
    assert laid.dtype == np.uint8
    assert laid[:50].mean() > laid[50:].mean()
