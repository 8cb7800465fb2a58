import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

from logoflow.models.build import build_net
from logoflow.models.graph import fused


@pytest.fixture
def net():
    mx.random.seed(0)
    net = build_net("efficientnet_lite0", 3)
    net.initialize(mx.init.Xavier())
    return net


def photos(count):
    return nd.random.normal(shape=(count, 3, 64, 64))


def test_the_twin_answers_as_the_net_does_whatever_the_batch(net):
    twin = fused(net, photos(4))
    assert twin is not net
    for count in (4, 1, 3, 4):
        data = photos(count)
        assert np.allclose(twin(data).asnumpy(), net(data).asnumpy(), atol=1e-5)


def test_the_twin_sees_what_the_net_learns_afterwards(net):
    data = photos(4)
    twin = fused(net, data)
    before = twin(data).asnumpy()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        loss = gluon.loss.SoftmaxCELoss()(net(data), nd.array([0, 1, 2, 0]))
    loss.backward()
    trainer.step(4)
    after = twin(data).asnumpy()
    assert not np.allclose(before, after, atol=1e-3)
    assert np.allclose(after, net(data).asnumpy(), atol=1e-5)


def test_a_net_that_cannot_be_compiled_stays_itself():
    class Plain(gluon.Block):
        def forward(self, x):
            return x.mean(axis=(1, 2, 3))

    net = Plain()
    assert fused(net, photos(1)) is net
