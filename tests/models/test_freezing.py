import numpy as np
import pytest
from finetune_steps import (
    changed_parameters,
    new_finetune_net,
    parameter_values,
    random_photos,
    train_steps,
)
from mxnet import autograd

from logoflow.models.article_nets import lenet5
from logoflow.models.backbones.registry import new_net
from logoflow.models.freezing import freeze_depthwise, freeze_features, freeze_lower


@pytest.mark.slow
@pytest.mark.parametrize("hybridize", [False, True])
def test_frozen_features_do_not_change(hybridize):
    net = new_finetune_net()
    net.hybridize(hybridize)
    net(random_photos())  # a graph that was compiled earlier must be discarded
    freeze_features(net)
    before = parameter_values(net)
    train_steps(net)
    assert changed_parameters(before, net) == set(net.output.collect_params())
    assert {p.grad_req for p in net.features.collect_params().values()} == {"null"}
    assert {p.grad_req for p in net.output.collect_params().values()} == {"write"}


def test_frozen_features_do_not_use_the_statistics_of_the_batch():
    net = new_finetune_net()
    freeze_features(net)
    body = net.features[:-1]  # without dropout
    with autograd.train_mode():
        training = [block_by_block(body, random_photos()).asnumpy() for _ in range(2)]
    assert np.array_equal(training[0], block_by_block(body, random_photos()).asnumpy())


def block_by_block(blocks, x):
    for block in blocks:
        x = block(x)
    return x


@pytest.mark.slow
@pytest.mark.parametrize("hybridize", [False, True])
def test_keep_last_trains_the_last_blocks_only(hybridize):
    net = new_finetune_net()
    net.hybridize(hybridize)
    freeze_features(net, keep_last=1)
    before = parameter_values(net)
    train_steps(net)
    head = net.features[17]  # the last block with weights: pooling and dropout have none
    assert changed_parameters(before, net) == {*head.collect_params(), *net.output.collect_params()}


def test_a_larger_keep_last_unfreezes_blocks():
    net = new_finetune_net()
    freeze_features(net)
    freeze_features(net, keep_last=18)
    before = parameter_values(net)
    train_steps(net, steps=1)
    assert changed_parameters(before, net) == set(before)


@pytest.mark.parametrize("keep_last", [-1, 19])
def test_impossible_keep_last_is_an_error(keep_last):
    with pytest.raises(ValueError, match=f"keep_last is {keep_last}: give 0 to 18"):
        freeze_features(new_finetune_net(), keep_last=keep_last)


def test_freeze_lower_freezes_a_share_of_the_blocks_and_ignores_nets_without_features():
    net = new_net("efficientnet_lite0", 3)
    freeze_lower(net, 1 / 3)
    blocks = [block for block in net.features if block.collect_params().keys()]
    trained = [
        any(p.grad_req != "null" for p in block.collect_params().values()) for block in blocks
    ]
    assert trained == [False] * 6 + [True] * 12
    freeze_lower(net, 0)
    assert blocks[0].conv.weight.grad_req == "write"
    freeze_lower(lenet5(3), 0.5)


@pytest.mark.slow
def test_frozen_depthwise_kernels_do_not_change_and_all_others_do():
    net = new_finetune_net()
    freeze_depthwise(net)
    kernels = {n: p for n, p in net.collect_params().items() if len(p.shape) == 4}
    depthwise = {name for name, kernel in kernels.items() if kernel.shape[1] == 1}
    assert len(depthwise) == 16
    before = parameter_values(net)
    train_steps(net)
    assert set(kernels) - changed_parameters(before, net) == depthwise
