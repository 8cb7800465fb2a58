"""A Gluon network is exported to ONNX, fetched and loaded, like the published weights."""

import mxnet as mx
import numpy as np
import onnx
import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones.onnx_weights import load_onnx
from logoflow.models.backbones.registry import new_net
from logoflow.models.backbones.weights import fetch_file
from logoflow.utils.files import sha256_of
from logoflow.utils.mxnet_compat import restore_onnx_mapping

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A seeded resnet18_v2 with the prefix of the ONNX Model Zoo, and its ONNX file."""
    folder = tmp_path_factory.mktemp("exported")
    mx.random.seed(3)
    net = mx.gluon.model_zoo.vision.resnet18_v2(prefix="resnetv22_")
    net.initialize(mx.init.Xavier())
    with mx.autograd.record():  # so that running statistics are not the initial zeros and ones
        net(mx.nd.random.uniform(shape=(4, 3, 64, 64)))
    net.hybridize()
    net(mx.nd.zeros((1, 3, 224, 224)))
    net.export(str(folder / "net"))
    symbol, params = str(folder / "net-symbol.json"), str(folder / "net-0000.params")
    path = folder / "resnet18-v2-7.onnx"
    restore_onnx_mapping()
    mx.onnx.export_model(symbol, params, [(1, 3, 224, 224)], np.float32, str(path))
    return net, path


def alter(path, target, change):
    """Write a copy of an ONNX file whose graph `change` has altered."""
    model = onnx.load(str(path))
    change(model.graph)
    onnx.save(model, str(target))
    return target


def test_served_net_gives_the_same_logits(exported, served, tmp_path):
    net, path = exported
    (served.folder / path.name).write_bytes(path.read_bytes())
    fetched = fetch_file(f"{served.address}/{path.name}", sha256_of(path), tmp_path)
    loaded = new_net("resnet18_v2", 1000)
    load_onnx(loaded, fetched)
    photos = mx.nd.random.uniform(-2, 2, shape=(2, 3, 224, 224))
    assert np.abs(net(photos).asnumpy() - loaded(photos).asnumpy()).max() < 1e-5


def test_superfluous_array_is_an_error(exported, tmp_path):
    extra = onnx.numpy_helper.from_array(np.zeros(3, "float32"), "resnetv22_extra")
    path = alter(exported[1], tmp_path / "more.onnx", lambda g: g.initializer.append(extra))
    with pytest.raises(WeightsError, match=r"more\.onnx .* 1 places: extra is superfluous"):
        load_onnx(new_net("resnet18_v2", 1000), path)


def test_missing_array_is_an_error(exported, tmp_path):
    path = alter(exported[1], tmp_path / "less.onnx", lambda graph: graph.initializer.pop(4))
    with pytest.raises(WeightsError, match="conv0_weight is missing"):
        load_onnx(new_net("resnet18_v2", 1000), path)


def test_array_of_another_shape_is_an_error(exported):
    with pytest.raises(WeightsError, match=r"dense0_bias is \(1000,\), not \(33,\)"):
        load_onnx(new_net("resnet18_v2", 33), exported[1])


def test_constants_of_the_graph_are_not_weights(exported, tmp_path):
    shape = onnx.numpy_helper.from_array(np.array([0, -1]), "reshape_attr_tensor164")
    path = alter(exported[1], tmp_path / "shape.onnx", lambda g: g.initializer.append(shape))
    load_onnx(new_net("resnet18_v2", 1000), path)


def test_data_in_another_file_is_not_followed(exported, tmp_path):
    def point_elsewhere(graph):
        tensor = graph.initializer[0]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../secret")
        tensor.ClearField("raw_data")

    path = alter(exported[1], tmp_path / "outside.onnx", point_elsewhere)
    with pytest.raises(WeightsError, match=r"outside\.onnx .*: its arrays are in other files"):
        load_onnx(new_net("resnet18_v2", 1000), path)


def test_a_file_of_another_format_is_an_error(tmp_path):
    path = tmp_path / "page.onnx"
    path.write_text("<html>quota exceeded</html>")
    with pytest.raises(WeightsError, match=r"page\.onnx cannot be read as an ONNX file"):
        load_onnx(new_net("resnet18_v2", 1000), path)
