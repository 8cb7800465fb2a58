import hashlib
import zipfile

import gluoncv
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


def test_nets_without_a_backbone_have_no_normalisation():
    assert backbone_of(mx.gluon.nn.Dense(3)) is None
    assert normalisation(mx.gluon.nn.Dense(3)) is None
    assert normalisation(None) is None


def test_unknown_name_suggests_near_ones():
    with pytest.raises(ValueError, match=r"no backbone 'resnet50v2'. Did you mean resnet50_v2"):
        new_net("resnet50v2", 3)
    with pytest.raises(ValueError, match="Did you mean efficientnet_lite0"):
        new_net("efficientnet-lite0", 3)


@pytest.mark.parametrize(
    "name",
    ["resnet50_v1b", "ssd_512_resnet50_v1_voc", "cifar_resnet20_v1", "simple_pose_resnet18_v1b"],
)
def test_zoo_nets_that_cannot_be_shared_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is no ImageNet classifier"):
        new_net(name, 3)


def test_zoo_net_comes_with_its_weights(served, tmp_path, monkeypatch):
    """A seeded mobilenetv2_0.25 in the place of GluonCV's."""
    mx.random.seed(2)
    twin = gluoncv.model_zoo.get_model("mobilenetv2_0.25")
    twin.initialize()
    photo = mx.nd.random.uniform(shape=(1, 3, 64, 64))
    expected = twin(photo).asnumpy()
    twin.save_parameters(str(tmp_path / "twin.params"))
    sha1 = hashlib.sha1((tmp_path / "twin.params").read_bytes()).hexdigest()
    monkeypatch.setitem(gluoncv.model_zoo.model_store._model_sha1, "mobilenetv2_0.25", sha1)
    name = f"mobilenetv2_0.25-{sha1[:8]}"
    bucket = served.folder / "gluon" / "models"
    bucket.mkdir(parents=True)
    with zipfile.ZipFile(bucket / f"{name}.zip", "w") as zipped:
        zipped.write(tmp_path / "twin.params", f"{name}.params")
    assert np.array_equal(pretrained_net("mobilenetv2_0.25")(photo).asnumpy(), expected)


def test_zoo_net_whose_bucket_is_empty_ends_in_instructions(served):
    with pytest.raises(WeightsError, match=r"mobilenetv2_1\.0-f9952bcd\.params \(sha1 f9952bcd"):
        pretrained_net("mobilenetv2_1.0")


def test_own_weights_that_do_not_fit_are_refused(tmp_path):
    net = new_net("efficientnet_lite0", 33)
    net.initialize()
    net.save_parameters(str(tmp_path / "mine.params"))
    with pytest.raises(WeightsError, match=r"mine\.params does not fit efficientnet_lite0"):
        pretrained_net("efficientnet_lite0", weights=tmp_path / "mine.params")


def test_own_weights_must_exist_and_be_of_a_known_kind(tmp_path):
    with pytest.raises(WeightsError, match="no weight file"):
        pretrained_net("resnet18_v2", weights=tmp_path / "none.params")
    (tmp_path / "net.pth").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"net\.pth: .* from a \.params file"):
        pretrained_net("efficientnet_lite0", weights=tmp_path / "net.pth")
