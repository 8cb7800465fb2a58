import mxnet as mx
import numpy as np
import pytest
from finetune_steps import (
    changed_parameters,
    new_finetune_net,
    parameter_values,
    random_photos,
    train_steps,
)

from logoflow.models.backbones.registry import backbone_of, pretrained_net


@pytest.mark.slow
def test_finetune_net_has_pretrained_features_and_a_new_output():
    net, pretrained = new_finetune_net(33), pretrained_net("efficientnet_lite0")
    assert backbone_of(net) == "efficientnet_lite0"
    assert net(random_photos(2)).shape == (2, 33)
    assert np.array_equal(
        net.features(random_photos(2)).asnumpy(), pretrained.features(random_photos(2)).asnumpy()
    )


@pytest.mark.slow
def test_the_seed_decides_the_new_output():
    first, again, other = (
        new_finetune_net(seed=seed).output.weight.data().asnumpy() for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_training_changes_every_parameter():
    net = new_finetune_net()
    before = parameter_values(net)
    train_steps(net, steps=1)
    assert changed_parameters(before, net) == set(before)


@pytest.mark.slow
def test_the_articles_cell_that_reloads_weights_works(tmp_path):
    net = new_finetune_net()
    expected = net(random_photos()).asnumpy()
    net.collect_params().save(str(tmp_path / "net.params"))
    train_steps(net, steps=1)
    assert not np.allclose(net(random_photos()).asnumpy(), expected)
    net.collect_params().load(str(tmp_path / "net.params"), mx.cpu())
    assert np.array_equal(net(random_photos()).asnumpy(), expected)
