import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.models.backbones.registry import normalisation
from logoflow.models.build import architecture_of, build_net
from logoflow.models.ensemble import Ensemble

LITE = "efficientnet_lite0"


@pytest.fixture(scope="module")
def nets_and_files(tmp_path_factory):
    """Two networks with different weights, and their weight files."""
    folder, nets, paths = tmp_path_factory.mktemp("members"), [], []
    for seed in (1, 2):
        mx.random.seed(seed)
        net = build_net(LITE, 3)
        net.initialize(mx.init.Xavier())
        paths.append(folder / f"{seed}.params")
        net.save_parameters(str(paths[-1]))
        nets.append(net)
    return nets, paths


def ensemble_from(paths):
    ensemble = build_net(" + ".join([LITE] * len(paths)), 3)
    for member, path in zip(ensemble.members, paths, strict=True):
        member.load_parameters(str(path))
    return ensemble


@pytest.mark.slow
def test_an_ensemble_averages_the_log_probabilities_of_its_members(nets_and_files):
    nets, paths = nets_and_files
    photos = nd.random.normal(shape=(4, 3, 64, 64))
    expected = np.mean([net(photos).log_softmax().asnumpy() for net in nets], axis=0)
    ensemble = ensemble_from(paths)
    assert np.allclose(ensemble(photos).asnumpy(), expected, atol=1e-5)


@pytest.mark.slow
def test_an_ensemble_is_rebuilt_by_name_and_normalises_like_its_members(nets_and_files, tmp_path):
    ensemble = ensemble_from(nets_and_files[1])
    assert architecture_of(ensemble) == "efficientnet_lite0 + efficientnet_lite0"
    assert normalisation(ensemble) == normalisation(LITE)
    ensemble.save_parameters(str(tmp_path / "ensemble.params"))
    again = build_net("efficientnet_lite0 + efficientnet_lite0", 3)
    again.load_parameters(str(tmp_path / "ensemble.params"))
    photos = nd.random.normal(shape=(1, 3, 64, 64))
    assert np.allclose(again(photos).asnumpy(), ensemble(photos).asnumpy(), atol=1e-5)


@pytest.mark.slow
def test_networks_of_different_backbones_can_be_combined(tmp_path):
    mx.random.seed(3)
    ensemble = build_net("efficientnet_lite0 + efficientnet_lite1", 3)
    ensemble.initialize(mx.init.Xavier())
    photos = nd.random.normal(shape=(2, 3, 64, 64))
    expected = np.mean([net(photos).log_softmax().asnumpy() for net in ensemble.members], axis=0)
    assert np.allclose(ensemble(photos).asnumpy(), expected, atol=1e-5)


def test_networks_with_different_normalisations_are_refused():
    with pytest.raises(ValueError, match="normalised in different ways"):
        build_net("efficientnet_lite0 + resnet18_v2", 3)


def test_an_empty_ensemble_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Ensemble([], build_net)
