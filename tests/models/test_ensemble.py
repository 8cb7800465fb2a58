import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.models.backbones.registry import normalisation
from logoflow.models.build import architecture_of, build_net
from logoflow.models.ensemble import Ensemble

LITE = "efficientnet_lite0"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two nets with weights of their own, and their files."""
    folder, nets, paths = tmp_path_factory.mktemp("members"), [], []
    for seed in (1, 2):
        mx.random.seed(seed)
        net = build_net(LITE, 3)
        net.initialize(mx.init.Xavier())
        paths.append(folder / f"{seed}.params")
        net.save_parameters(str(paths[-1]))
        nets.append(net)
    return nets, paths


def of_files(paths):
    together = build_net(" + ".join([LITE] * len(paths)), 3)
    for member, path in zip(together.members, paths, strict=True):
        member.load_parameters(str(path))
    return together


def test_it_gives_the_mean_of_its_members_log_probabilities(files):
    nets, paths = files
    photos = nd.random.normal(shape=(4, 3, 64, 64))
    expected = np.mean([net(photos).log_softmax().asnumpy() for net in nets], axis=0)
    together = of_files(paths)
    assert np.allclose(together(photos).asnumpy(), expected, atol=1e-5)


def test_it_is_built_again_by_its_name_and_normalises_as_its_members(files, tmp_path):
    together = of_files(files[1])
    assert architecture_of(together) == "efficientnet_lite0 + efficientnet_lite0"
    assert normalisation(together) == normalisation(LITE)
    together.save_parameters(str(tmp_path / "together.params"))
    again = build_net("efficientnet_lite0 + efficientnet_lite0", 3)
    again.load_parameters(str(tmp_path / "together.params"))
    photos = nd.random.normal(shape=(1, 3, 64, 64))
    assert np.allclose(again(photos).asnumpy(), together(photos).asnumpy(), atol=1e-5)


def test_nets_of_different_kinds_go_together(tmp_path):
    mx.random.seed(3)
    together = build_net("efficientnet_lite0 + efficientnet_lite1", 3)
    together.initialize(mx.init.Xavier())
    photos = nd.random.normal(shape=(2, 3, 64, 64))
    expected = np.mean([net(photos).log_softmax().asnumpy() for net in together.members], axis=0)
    assert np.allclose(together(photos).asnumpy(), expected, atol=1e-5)


def test_nets_that_want_other_photos_are_refused():
    with pytest.raises(ValueError, match="normalised in different ways"):
        build_net("efficientnet_lite0 + resnet18_v2", 3)


def test_an_ensemble_of_none_is_refused():
    with pytest.raises(ValueError, match="one at least"):
        Ensemble([], build_net)
