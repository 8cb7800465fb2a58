import os
import subprocess
import sys

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

from logoflow.models.article_nets import lenet5, mlp
from logoflow.models.backbones.registry import backbone_of, new_net, pretrained_net
from logoflow.models.build import architecture_of, build_net, count_parameters
from logoflow.models.finetune import finetune_net
from logoflow.models.freezing import freeze_features, freeze_lower


def photos(count=4, size=64, seed=0):
    return nd.array(np.random.RandomState(seed).normal(size=(count, 3, size, size)))


def tuned(classes=5, seed=0):
    mx.random.seed(seed)
    return finetune_net(classes, backbone="efficientnet_lite0")


def values(block):
    """All of a block's weights and running statistics, as they are now."""
    return {name: p.data().asnumpy() for name, p in block.collect_params().items()}


def changed(before, block):
    """Names of the parameters that differ from `before`."""
    now = values(block)
    return {name for name in before if not np.array_equal(before[name], now[name])}


def train_steps(net, steps=3):
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 0.01})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for step in range(steps):
        with autograd.record():
            error = loss(net(photos(seed=step)), nd.array([0, 1, 2, 3]))
        error.backward()
        trainer.step(4)


def test_counting_neither_initialises_nor_fixes_the_input_size():
    net = mlp(33)
    count_parameters(net)
    net.initialize()
    assert net(photos(2, size=32)).shape == (2, 33)


def test_running_statistics_are_no_weights():
    net = tuned(33)
    assert count_parameters(net) == 3_371_008 + 1280 * 33 + 33


@pytest.mark.parametrize(
    "name", ["mlp", "lenet5", "alexnet_cnn", "efficientnet_lite0", "resnet18_v2"]
)
def test_a_net_can_be_built_again_by_name(name):
    assert architecture_of(build_net(name, 4)) == name


def test_unknown_architectures_are_refused():
    with pytest.raises(ValueError, match="Dense was not built by logoflow"):
        architecture_of(gluon.nn.Dense(3))
    with pytest.raises(ValueError, match="no backbone 'lenet6'"):
        build_net("lenet6", 4)


def test_finetune_net_has_pretrained_features_and_a_new_output():
    net, pretrained = tuned(33), pretrained_net("efficientnet_lite0")
    assert backbone_of(net) == "efficientnet_lite0"
    assert net(photos(2)).shape == (2, 33)
    assert np.array_equal(
        net.features(photos(2)).asnumpy(), pretrained.features(photos(2)).asnumpy()
    )


def test_the_seed_decides_the_new_output():
    first, again, other = (tuned(seed=seed).output.weight.data().asnumpy() for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_finetune_net_learns_everywhere():
    net = tuned()
    before = values(net)
    train_steps(net, steps=1)
    assert changed(before, net) == set(before)


@pytest.mark.parametrize("hybridize", [False, True])
def test_frozen_features_stay_as_they_are(hybridize):
    net = tuned()
    net.hybridize(hybridize)
    net(photos())  # a graph compiled before must not survive
    freeze_features(net)
    before = values(net)
    train_steps(net)
    assert changed(before, net) == set(net.output.collect_params())
    assert {p.grad_req for p in net.features.collect_params().values()} == {"null"}
    assert {p.grad_req for p in net.output.collect_params().values()} == {"write"}


def test_frozen_features_do_not_use_the_batchs_statistics():
    net = tuned()
    freeze_features(net)
    body = net.features[:-1]  # without dropout
    with autograd.train_mode():
        training = [block_by_block(body, photos()).asnumpy() for _ in range(2)]
    assert np.array_equal(training[0], block_by_block(body, photos()).asnumpy())


def block_by_block(blocks, x):
    for block in blocks:
        x = block(x)
    return x


@pytest.mark.parametrize("hybridize", [False, True])
def test_kept_blocks_learn_and_no_others(hybridize):
    net = tuned()
    net.hybridize(hybridize)
    freeze_features(net, keep_last=1)
    before = values(net)
    train_steps(net)
    head = net.features[17]  # the last block with weights: pooling and dropout have none
    assert changed(before, net) == {*head.collect_params(), *net.output.collect_params()}


def test_freezing_again_with_more_kept_thaws():
    net = tuned()
    freeze_features(net)
    freeze_features(net, keep_last=18)
    before = values(net)
    train_steps(net, steps=1)
    assert changed(before, net) == set(before)


@pytest.mark.parametrize("keep_last", [-1, 19])
def test_impossible_keep_last_is_an_error(keep_last):
    with pytest.raises(ValueError, match=f"keep_last is {keep_last}, not 0 to 18"):
        freeze_features(tuned(), keep_last=keep_last)


def test_articles_reload_cell_works(tmp_path):
    net = tuned()
    expected = net(photos()).asnumpy()
    net.collect_params().save(str(tmp_path / "net.params"))
    train_steps(net, steps=1)
    assert not np.allclose(net(photos()).asnumpy(), expected)
    net.collect_params().load(str(tmp_path / "net.params"), mx.cpu())
    assert np.array_equal(net(photos()).asnumpy(), expected)


def test_saved_weights_load_in_another_process(tmp_path):
    """Gluon numbers nets as they are made; ours have names that do not depend on it."""
    net = tuned()
    net.collect_params().save(str(tmp_path / "net.params"))
    program = (
        "import logoflow, mxnet as mx\n"
        "from logoflow.models.build import build_net\n"
        "build_net('efficientnet_lite0', 3), mx.gluon.nn.Dense(3)\n"
        "net = build_net('efficientnet_lite0', 5)\n"
        f"net.collect_params().load({str(tmp_path / 'net.params')!r}, mx.cpu())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env=environment)


def test_the_lower_share_of_a_pretrained_net_is_frozen_and_nets_from_scratch_are_left_alone():
    net = new_net("efficientnet_lite0", 3)
    freeze_lower(net, 1 / 3)
    blocks = [block for block in net.features if block.collect_params().keys()]
    learns = [
        any(p.grad_req != "null" for p in block.collect_params().values()) for block in blocks
    ]
    assert learns == [False] * 6 + [True] * 12
    freeze_lower(net, 0)
    assert blocks[0].conv.weight.grad_req == "write"
    freeze_lower(lenet5(3), 0.5)
