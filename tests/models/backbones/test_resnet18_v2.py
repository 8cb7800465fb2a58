"""The order of the sources of resnet18_v2's weights, and the files that are refused."""

import hashlib

import mxnet as mx
import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones import resnet18_v2
from logoflow.models.backbones.registry import pretrained_net
from logoflow.utils.files import sha256_of
from logoflow.utils.mxnet_compat import restore_onnx_mapping
from logoflow.utils.paths import cache_home

pytestmark = pytest.mark.slow

ZOO_SHA1 = mx.gluon.model_zoo.model_store._model_sha1


@pytest.fixture(scope="module")
def random_net(tmp_path_factory):
    """A seeded network of the right shape, its .params file and its .onnx file."""
    folder = tmp_path_factory.mktemp("random")
    mx.random.seed(5)
    net = mx.gluon.model_zoo.vision.resnet18_v2(prefix="resnetv22_")
    net.initialize(mx.init.Xavier())
    net.hybridize()
    net(mx.nd.zeros((1, 3, 224, 224)))
    net.export(str(folder / "net"))
    net.save_parameters(str(folder / "net.params"))
    onnx_file = str(folder / "net.onnx")
    symbol, params = str(folder / "net-symbol.json"), str(folder / "net-0000.params")
    restore_onnx_mapping()
    mx.onnx.export_model(symbol, params, [(1, 3, 224, 224)], onnx_file_path=onnx_file)
    return net, folder / "net.params", folder / "net.onnx"


def logits(net):
    mx.random.seed(0)
    return net(mx.nd.random.uniform(-2, 2, shape=(1, 3, 224, 224))).asnumpy()


@pytest.mark.parametrize("file", [1, 2])
def test_a_weight_file_of_the_user_is_loaded(random_net, file):
    net = pretrained_net("resnet18_v2", weights=random_net[file])
    assert abs(logits(net) - logits(random_net[0])).max() < 1e-5
    assert net.backbone == "resnet18_v2"


def test_the_published_onnx_file_must_recognise_a_cat(random_net, served, monkeypatch):
    """The bucket is empty, and the ONNX Model Zoo answers, as for `finetune_net(33)`."""
    target = served.folder / resnet18_v2.ONNX_FOLDER / resnet18_v2.ONNX_FILE
    target.parent.mkdir(parents=True)
    target.write_bytes(random_net[2].read_bytes())
    monkeypatch.setattr(resnet18_v2, "ONNX_SHA256", sha256_of(target))
    with pytest.raises(WeightsError, match="chelsea.png, .* not a cat"):
        pretrained_net("resnet18_v2")
    assert (cache_home() / "weights" / resnet18_v2.ONNX_FILE).is_file()
    with pytest.raises(WeightsError, match="not a cat"):
        pretrained_net("resnet18_v2", weights=random_net[2])


def test_the_published_params_must_recognise_a_cat(random_net, own_mxnet_home, monkeypatch):
    content = random_net[1].read_bytes()
    sha1 = hashlib.sha1(content).hexdigest()
    monkeypatch.setitem(ZOO_SHA1, "resnet18_v2", sha1)
    path = own_mxnet_home / "models" / f"resnet18_v2-{sha1[:8]}.params"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a cat"):
        pretrained_net("resnet18_v2")


def test_another_file_under_the_published_name_is_refused(random_net):
    folder = cache_home() / "weights"
    folder.mkdir(parents=True)
    (folder / resnet18_v2.ONNX_FILE).write_bytes(random_net[2].read_bytes())
    with pytest.raises(WeightsError, match=f"is not the file expected.*{resnet18_v2.ONNX_SHA256}"):
        pretrained_net("resnet18_v2")


def test_silent_sources_end_in_instructions(served):
    with pytest.raises(WeightsError) as caught:
        pretrained_net("resnet18_v2")
    message = str(caught.value)
    assert "/gluon/models/resnet18_v2-a81db45f.zip: answers with status 404" in message
    assert f"resnet18-v2-7.onnx (46,806,737 bytes, sha256 {resnet18_v2.ONNX_SHA256})" in message
    assert f"put it into {cache_home() / 'weights'}" in message
    assert "efficientnet_lite0" in message
