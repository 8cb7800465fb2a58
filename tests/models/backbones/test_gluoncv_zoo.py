import hashlib
import zipfile

import gluoncv
import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones.registry import new_net, pretrained_net


@pytest.mark.parametrize(
    "name",
    ["resnet50_v1b", "ssd_512_resnet50_v1_voc", "cifar_resnet20_v1", "simple_pose_resnet18_v1b"],
)
def test_networks_for_other_tasks_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is not an ImageNet classifier"):
        new_net(name, 3)


def test_a_network_of_the_zoo_comes_with_its_weights(served, tmp_path, monkeypatch):
    """The bucket has the weights of a seeded mobilenetv2_0.25 instead of GluonCV's."""
    mx.random.seed(2)
    published = gluoncv.model_zoo.get_model("mobilenetv2_0.25")
    published.initialize()
    photo = mx.nd.random.uniform(shape=(1, 3, 64, 64))
    expected = published(photo).asnumpy()
    published.save_parameters(str(tmp_path / "published.params"))
    sha1 = hashlib.sha1((tmp_path / "published.params").read_bytes()).hexdigest()
    monkeypatch.setitem(gluoncv.model_zoo.model_store._model_sha1, "mobilenetv2_0.25", sha1)
    name = f"mobilenetv2_0.25-{sha1[:8]}"
    bucket = served.folder / "gluon" / "models"
    bucket.mkdir(parents=True)
    with zipfile.ZipFile(bucket / f"{name}.zip", "w") as zipped:
        zipped.write(tmp_path / "published.params", f"{name}.params")
    assert np.array_equal(pretrained_net("mobilenetv2_0.25")(photo).asnumpy(), expected)


def test_missing_weights_end_in_instructions(served):
    with pytest.raises(WeightsError, match=r"mobilenetv2_1\.0-f9952bcd\.params \(sha1 f9952bcd"):
        pretrained_net("mobilenetv2_1.0")
