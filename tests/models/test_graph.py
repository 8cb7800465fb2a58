import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

from logoflow.inference.regions import split_at_pooling
from logoflow.models.build import build_net
from logoflow.models.finetune import finetune_net
from logoflow.models.graph import fused


@pytest.fixture
def net():
    mx.random.seed(0)
    net = build_net("efficientnet_lite0", 3)
    net.initialize(mx.init.Xavier())
    return net


def photos(count):
    return nd.random.normal(shape=(count, 3, 64, 64))


@pytest.mark.slow
def test_a_compiled_net_gives_the_same_answers_for_any_batch_size(net):
    compiled = fused(net, photos(4))
    assert compiled is not net
    for count in (4, 1, 3, 4):
        data = photos(count)
        assert np.allclose(compiled(data).asnumpy(), net(data).asnumpy(), atol=1e-5)


@pytest.mark.slow
def test_a_compiled_net_sees_later_changes_of_the_weights(net):
    data = photos(4)
    compiled = fused(net, data)
    before = compiled(data).asnumpy()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        loss = gluon.loss.SoftmaxCELoss()(net(data), nd.array([0, 1, 2, 0]))
    loss.backward()
    trainer.step(4)
    after = compiled(data).asnumpy()
    assert not np.allclose(before, after, atol=1e-3)
    assert np.allclose(after, net(data).asnumpy(), atol=1e-5)


def test_a_net_that_cannot_be_compiled_is_returned_as_it_is():
    class Plain(gluon.Block):
        def forward(self, x):
            return x.mean(axis=(1, 2, 3))

    net = Plain()
    assert fused(net, photos(1)) is net


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["logo_lite0", "lenet5"])
def test_a_net_compiled_for_one_shape_sees_later_changes_of_the_weights(backbone):
    """Without batch normalisation after each convolution, one shape would not notice them."""
    mx.random.seed(0)
    data = nd.random.normal(shape=(2, 3, 224, 224))
    if backbone == "lenet5":
        layers = build_net(backbone, 3)
        layers.initialize(mx.init.Xavier())
        layers(data)
    else:
        layers = gluon.nn.HybridSequential()
        layers.add(*split_at_pooling(finetune_net(3, backbone))[0])
    compiled = fused(layers, data, one_shape=True)
    before = compiled(data).asnumpy()
    for weights in layers.collect_params(".*weight").values():
        weights.set_data(weights.data() * 0.8)
    after = compiled(data).asnumpy()
    assert np.allclose(after, layers(data).asnumpy(), rtol=1e-3, atol=1e-5 * np.abs(after).max())
    assert not np.allclose(before, after, rtol=1e-2)
