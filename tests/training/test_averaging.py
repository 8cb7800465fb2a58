import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon, nd

from logoflow.training.averaging import WeightAverage


def net_at(value, ctx=None):
    net = gluon.nn.Dense(1, in_units=1, use_bias=False)
    net.initialize(mx.init.Constant(value), ctx=ctx)
    return net


def step_to(net, value):
    net.weight.set_data(nd.full((1, 1), value))


def test_the_average_follows_the_weights_slowly():
    net = net_at(0.0)
    average = WeightAverage(net, 0.9)
    average.update()
    for _ in range(200):
        average.update()
    step_to(net, 1.0)
    average.update()
    with average.applied():
        assert net.weight.data().asscalar() == pytest.approx(0.1)
    assert net.weight.data().asscalar() == 1.0


def test_early_steps_do_not_linger():
    net = net_at(100.0)
    average = WeightAverage(net, 0.999)
    average.update()
    step_to(net, 0.0)
    for _ in range(30):
        average.update()
    average.apply()
    assert net.weight.data().asscalar() < 1.0


def test_a_decay_of_zero_leaves_the_net_be():
    net = net_at(1.0)
    average = WeightAverage(net, 0.0)
    average.update()
    step_to(net, 2.0)
    with average.applied():
        assert net.weight.data().asscalar() == 2.0
    average.apply()
    assert net.weight.data().asscalar() == 2.0


def test_own_weights_come_back_after_an_error():
    net = net_at(1.0)
    average = WeightAverage(net, 0.5)
    average.update()
    step_to(net, 5.0)
    with pytest.raises(KeyError), average.applied():
        raise KeyError
    assert net.weight.data().asscalar() == 5.0


def test_running_statistics_are_averaged_too_on_all_devices():
    ctx = [mx.cpu(0), mx.cpu(1)]
    net = gluon.nn.BatchNorm(in_channels=2)
    net.initialize(ctx=ctx)
    average = WeightAverage(net, 0.5)
    average.update()
    net.running_mean.set_data(nd.array([2.0, 4.0]))
    for _ in range(20):
        average.update()
    average.apply()
    for data in net.running_mean.list_data():
        assert np.allclose(data.asnumpy(), [2, 4], atol=1e-2)


def test_a_decay_out_of_range_is_refused():
    with pytest.raises(ValueError, match="ema_decay is 1"):
        WeightAverage(net_at(0.0), 1.0)
