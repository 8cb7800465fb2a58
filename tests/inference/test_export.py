import json
import subprocess
import sys

import mxnet as mx
import numpy as np
import onnx
import onnxruntime
import pytest
from mxnet import gluon, nd

from logoflow.datasets.prepared import photos_of
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.export import export, export_metadata
from logoflow.loading.augment import make_augs, val_test_augs
from logoflow.models.build import build_net
from logoflow.models.finetune import finetune_net

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(4)
    net = finetune_net(3, "efficientnet_lite0", ctx=mx.cpu())
    return LogoClassifier(net, CLASSES, make_augs("logoflow", net, image_size=64)[1])


@pytest.fixture(scope="module")
def files(classifier, tmp_path_factory):
    return export(classifier, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def photos(classifier, small_root):
    """Paths of the test photos, the network's input and its logits."""
    paths = [path for path, _ in photos_of(small_root, "test_data")]
    data = nd.stack(*[classifier.preprocess(path) for path in paths])
    return paths, data.asnumpy(), classifier.net(data).asnumpy()


def test_mxnet_alone_gives_the_same_logits(files, photos):
    _, data, logits = photos
    net = gluon.SymbolBlock.imports(str(files.symbol), ["data"], str(files.params))
    assert np.allclose(net(nd.array(data)).asnumpy(), logits, atol=1e-4)


def test_onnx_runtime_gives_the_same_logits_for_any_batch(files, photos):
    _, data, logits = photos
    session = onnxruntime.InferenceSession(str(files.onnx))
    for count in (len(data), 1, 5):
        (output,) = session.run(["logits"], {"data": data[:count]})
        assert np.allclose(output, logits[:count], atol=1e-4)
        assert np.array_equal(output.argmax(axis=1), logits[:count].argmax(axis=1))


def test_the_onnx_file_passes_the_checker_and_holds_the_metadata(files):
    model = onnx.load(str(files.onnx))
    onnx.checker.check_model(model, full_check=True)
    (entry,) = model.graph.input
    dimensions = [d.dim_param or d.dim_value for d in entry.type.tensor_type.shape.dim]
    assert (entry.name, dimensions) == ("data", ["batch", 3, 64, 64])
    metadata = {prop.key: json.loads(prop.value) for prop in model.metadata_props}
    assert metadata == json.loads(files.metadata.read_text())
    assert (metadata["classes"], metadata["size"], metadata["resized"]) == (
        list(CLASSES),
        [64, 64],
        True,
    )
    assert (metadata["mean"], metadata["std"]) == ([127.0] * 3, [128.0] * 3)


def test_the_serving_program_answers_without_mxnet(files, photos):
    paths, _, logits = photos
    code = "import sys, runpy; sys.modules['mxnet'] = sys.modules['logoflow'] = None\n"
    code += f"sys.argv = sys.argv[1:]; runpy.run_path({str(files.serve)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code, str(files.serve), *paths]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    answers = [line.rsplit(" ", 1)[1] for line in lines]
    expected = [CLASSES[row.argmax()] for row in logits]
    same = np.mean([a == b for a, b in zip(answers, expected, strict=True)])
    assert same >= 0.9, "Pillow and OpenCV shrink pictures slightly differently"


@pytest.mark.parametrize("member", ["efficientnet_lite0", "logo_lite0"])
def test_an_ensemble_is_exported_as_one_network(tmp_path, member):
    mx.random.seed(0)
    net = build_net(f"{member} + efficientnet_lite0", 3)
    net.initialize(mx.init.Xavier(magnitude=4))
    classifier = LogoClassifier(net, CLASSES, make_augs("logoflow", net, image_size=32)[1])
    session = onnxruntime.InferenceSession(str(export(classifier, tmp_path).onnx))
    data = np.random.default_rng(0).normal(size=(3, 3, 32, 32)).astype(np.float32)
    assert np.allclose(
        session.run(None, {"data": data})[0], net(nd.array(data)).asnumpy(), atol=1e-4
    )


def test_the_articles_crop_is_exported_as_a_crop(tmp_path):
    net = build_net("lenet5", 3)
    net.initialize()
    net(nd.zeros((1, 3, 224, 224)))
    metadata = export_metadata(LogoClassifier(net, CLASSES, val_test_augs))
    assert (metadata["size"], metadata["resized"], metadata["mean"]) == (
        [224, 224],
        False,
        [0.0] * 3,
    )


def test_a_preprocessing_without_a_fixed_size_is_refused(classifier, tmp_path):
    odd = LogoClassifier(classifier.net, CLASSES, [mx.image.ResizeAug(256)])
    with pytest.raises(ValueError, match="cannot be exported"):
        export(odd, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
