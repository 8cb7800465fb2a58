import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones.registry import backbone_of, new_net, normalisation, pretrained_net


def test_normalisation_follows_the_backbone():
    assert normalisation(new_net("efficientnet_lite0", 3)) == ((127,) * 3, (128,) * 3)
    mean, std = normalisation("resnet18_v2")
    assert np.allclose(mean, [123.675, 116.28, 103.53])
    assert np.allclose(std, [58.395, 57.12, 57.375])
    assert normalisation("mobilenetv2_1.0") == normalisation("resnet18_v2")


def test_networks_without_a_backbone_have_no_normalisation():
    assert backbone_of(mx.gluon.nn.Dense(3)) is None
    assert normalisation(mx.gluon.nn.Dense(3)) is None
    assert normalisation(None) is None


def test_the_error_for_an_unknown_name_suggests_similar_names():
    with pytest.raises(ValueError, match=r"no backbone 'resnet50v2'. Did you mean resnet50_v2"):
        new_net("resnet50v2", 3)
    with pytest.raises(ValueError, match="Did you mean efficientnet_lite0"):
        new_net("efficientnet-lite0", 3)


@pytest.mark.slow
def test_weight_files_that_do_not_fit_are_refused(tmp_path):
    net = new_net("efficientnet_lite0", 33)
    net.initialize()
    net.save_parameters(str(tmp_path / "mine.params"))
    with pytest.raises(WeightsError, match=r"mine\.params does not fit efficientnet_lite0"):
        pretrained_net("efficientnet_lite0", weights=tmp_path / "mine.params")


def test_weight_files_must_exist_and_have_a_known_extension(tmp_path):
    with pytest.raises(WeightsError, match="no weight file"):
        pretrained_net("resnet18_v2", weights=tmp_path / "none.params")
    (tmp_path / "net.pth").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"net\.pth: .* from a \.params file"):
        pretrained_net("efficientnet_lite0", weights=tmp_path / "net.pth")
