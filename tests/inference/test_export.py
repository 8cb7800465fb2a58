import ast
import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import mxnet as mx
import numpy as np
import onnx
import onnxruntime
import pytest
from mxnet import gluon, nd
from odd_pictures import broken_pictures, odd_pictures
from packaging.requirements import Requirement

from logoflow.datasets.prepared import photos_of
from logoflow.images.decode import decode_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.export import export, export_metadata
from logoflow.inference.export_runtime import PACKAGE, runtime_files
from logoflow.inference.exported_model import ExportedModel, network_input
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs, val_test_augs
from logoflow.models.build import build_net
from logoflow.models.finetune import finetune_net
from logoflow.models.graph import INT8, block_from_graph, compile_graph, graph_of

REPO = Path(__file__).resolve().parents[2]
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


@pytest.fixture(scope="module")
def deciding(classifier):
    """A classifier whose decision gives odd pictures answers and reasons of all kinds."""
    test = FamiliarityTest((1.0, 1.0), 0.0, 0.45, 0.1, 50)
    decision = Decision(1.1, -2.0, 0.5, 0.02, min_lead=1.5, familiarity=test)
    return LogoClassifier(
        classifier.net, CLASSES, classifier.augs, decisions={Level("whole"): decision}
    )


@pytest.fixture(scope="module")
def deciding_files(deciding, tmp_path_factory):
    return export(deciding, tmp_path_factory.mktemp("deciding"))


def run_program(program, paths):
    """Run an exported program where logoflow and what it needs for MXNet cannot be imported."""
    blocked = ("mxnet", "logoflow", "pandas", "sklearn", "matplotlib", "gluoncv")
    code = f"import sys, runpy\nsys.modules |= dict.fromkeys({blocked})\n"
    code += f"sys.argv = sys.argv[1:]; sys.path.insert(0, {str(program.parent)!r})\n"
    code += "runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-I", "-c", code, str(program), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


@pytest.mark.slow
def test_the_program_answers_as_predict_does_for_every_kind_of_picture(
    deciding, deciding_files, tmp_path, photos
):
    for name, content in (odd_pictures() | broken_pictures()).items():
        (tmp_path / f"{name}.jpg").write_bytes(content)  # the content decides, not the name
    paths = [*sorted(tmp_path.glob("*.jpg")), *photos[0]]
    answers, exit_code = run_program(deciding_files.serve, paths)
    expected = deciding.predict(paths, level="whole", on_error="row")
    assert exit_code == 1, "some pictures are broken"
    for answer, row in zip(answers, expected.to_dict("records"), strict=True):
        same = ("path", "status", "error", "brand", "reason")
        assert [answer[key] for key in same] == [row[key] for key in same]
        if row["status"] == "ok":
            assert answer["probability"] == pytest.approx(row["probability"], abs=1e-3), row["path"]
            shares = {one["brand"]: one["probability"] for one in answer["top_k"]}
            assert shares == pytest.approx(dict(row["top_k"]), abs=1e-3)
    assert set(expected.reason) == {None, "no logo", "unknown brand", "two brands"}


def test_the_networks_input_is_that_of_predict(classifier, files):
    model = ExportedModel(files.onnx)
    for name, content in odd_pictures().items():
        data = network_input(decode_image(content), model.metadata)
        assert np.array_equal(data, classifier.preprocess(content).asnumpy()), name


def test_an_exported_model_takes_arrays_bytes_and_open_files(deciding_files, tmp_path):
    model = ExportedModel(deciding_files.onnx)
    content = odd_pictures()["png"]
    answers = [
        model.predict(picture, top_k=1)
        for picture in (content, decode_image(content), io.BytesIO(content))
    ]
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]["top_k"]) == 1
    assert model.predict(tmp_path / "none.jpg")["status"] == "not_found"


def test_the_program_needs_only_what_its_requirements_name():
    known = {"numpy", "PIL", "cv2", "onnxruntime", "pi_heif", "fsspec", PACKAGE}
    known |= sys.stdlib_module_names
    for path, source in runtime_files().items():
        if path.endswith(".py"):
            imported = {
                (alias.name if isinstance(node, ast.Import) else node.module).split(".")[0]
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            }
            assert imported <= known, path


def test_the_bounds_of_its_requirements_are_those_of_the_project():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["export"]
    known = {Requirement(line).name: Requirement(line).specifier for line in lines}
    for line in runtime_files()["requirements.txt"].splitlines():
        if not line.startswith("#"):
            requirement = Requirement(line)
            assert requirement.specifier == known[requirement.name.removesuffix("-headless")]


def test_a_model_that_looks_closer_by_default_says_what_is_exported(classifier, tmp_path):
    closer = LogoClassifier(classifier.net, CLASSES, classifier.augs, level="windows")
    with pytest.warns(UserWarning, match=r'answers as predict\(..., level="whole"\) does'):
        files = export(closer, tmp_path)
    assert sorted(path.name for path in files) == sorted(path.name for path in tmp_path.iterdir())


def test_a_model_without_a_decision_for_the_whole_photo_is_refused(classifier, tmp_path):
    decisions = {Level("windows"): Decision()}
    other = LogoClassifier(
        classifier.net, CLASSES, classifier.augs, decisions=decisions, level="windows"
    )
    with pytest.raises(ValueError, match='no decision for level "whole", only for "windows"'):
        export(other, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.slow
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


def test_an_int8_network_is_refused(classifier, tmp_path):
    symbol, arrays = graph_of(classifier.net)
    twin = compile_graph(
        block_from_graph(mx.sym.load_json(symbol), arrays), f"{INT8}efficientnet_lite0", None
    )
    with pytest.raises(ValueError, match="An INT8 network cannot be exported"):
        export(LogoClassifier(twin, CLASSES, classifier.augs), tmp_path / "nothing")


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
