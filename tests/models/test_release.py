import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

from logoflow.models.finetune import finetune_net
from logoflow.models.release import release_graphs


def test_a_network_without_its_graphs_computes_the_same():
    net = finetune_net(3, "efficientnet_lite0")
    net.hybridize(static_alloc=True, static_shape=True)
    data = nd.random.normal(shape=(2, 3, 64, 64))
    expected = net(data).asnumpy()
    assert net._cached_op is not None
    release_graphs(net)
    assert net._cached_op is None
    assert np.array_equal(net(data).asnumpy(), expected)
    assert net._cached_op is not None


def test_gradients_can_be_computed_after_the_graphs_were_released():
    net = nn.Dense(1, in_units=2)
    net.initialize()
    net.hybridize(static_alloc=True, static_shape=True)
    for _ in range(2):
        with autograd.record():
            loss = net(nd.array([[1, 2]])).sum()
        loss.backward()
        assert net.weight.grad().asnumpy().tolist() == [[1, 2]]
        release_graphs(net)
