import json
import signal
import subprocess
import sys
from io import BytesIO

import mxnet as mx
import numpy as np
import pandas as pd
import pytest
import requests
from click.testing import CliRunner
from distributed import LocalCluster
from loopback_servers import JPEG, Server, serving
from PIL import Image

from logoflow.cli import data
from logoflow.cli.main import COMMANDS, main
from logoflow.cli.messages import ExplainedErrors
from logoflow.datasets import layout, load
from logoflow.errors import ClassifierError
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved classifier that has learnt nothing."""
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3), image_size=64)[1]
    decisions = {Level("whole"): Decision(threshold=0.1)}
    classifier = LogoClassifier(net, ("adidas", "aldi", "no-logo"), augs, decisions=decisions)
    classifier.predict(np.full((64, 64, 3), 90, np.uint8))
    return str(classifier.save(tmp_path_factory.mktemp("cli") / "model"))


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with two pictures, one of them in a folder below."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (80, 60), "red").save("cup.jpg")
    Image.new("RGB", (80, 60), "blue").save("folder/street.png")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_help_lists_the_commands_in_a_fraction_of_a_second():
    code = (
        "import sys, time; sys.argv = ['logoflow', '--help']\n"
        "from logoflow.cli.main import main\n"
        "main(standalone_mode=False)\n"
        "print('seconds', time.process_time(), 'mxnet' in sys.modules, 'pandas' in sys.modules)"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    for command in COMMANDS:
        assert f"\n  {command} " in outputs[0].stdout
    last_lines = [output.stdout.splitlines()[-1].split() for output in outputs]
    assert min(float(words[1]) for words in last_lines) < 0.5
    assert last_lines[0][2:] == ["False", "False"]


@pytest.mark.slow
def test_serve_answers_over_http_until_it_is_interrupted(model):
    options = ["--port", "0", "--max-bytes", "99999"]
    command = [sys.executable, "-m", "logoflow", "serve", model, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        address = process.stdout.readline().decode().split()[-1].removesuffix("/docs")
        assert address.startswith("http://127.0.0.1:")
        picture = BytesIO()
        Image.new("RGB", (80, 60), "red").save(picture, "PNG")
        answer = requests.post(f"{address}/predict", picture.getvalue(), timeout=30)
        refused = requests.post(f"{address}/predict", bytes(100_000), timeout=30)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
    assert (answer.status_code, refused.status_code) == (200, 413)
    assert answer.json()["answers"][0]["status"] == "ok"
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_serve_refuses_a_level_that_the_model_has_no_decision_for(model):
    result = run("serve", model, "--level", "windows")
    assert result.exit_code == 1
    assert 'no decision for level "windows"' in result.output


def test_every_command_has_help():
    for name in COMMANDS:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_the_module_runs_the_command_line():
    command = [sys.executable, "-m", "logoflow", "--version"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.startswith("logoflow")


def test_predict_answers_with_paths(model, photos):
    result = run("predict", "cup.jpg", "folder/", "*.jpg", "--model", model)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["path", "brand", "probability", "remark"]
    assert [line.split()[0] for line in lines[1:]] == ["cup.jpg", "folder/street.png", "cup.jpg"]


def test_predict_writes_the_same_rows_as_json_and_csv(model, photos):
    rows = json.loads(run("predict", "cup.jpg", "-m", model, "-f", "json").stdout)
    keys = ["path", "status", "error", "brand", "probability", "top_k", "reason"]
    assert [list(row) for row in rows] == [keys]
    assert (rows[0]["path"], rows[0]["status"], rows[0]["error"]) == ("cup.jpg", "ok", None)
    assert len(rows[0]["top_k"]) == 3
    assert rows[0]["top_k"][0].keys() == {"brand", "probability"}
    assert run("predict", "cup.jpg", "-m", model, "-f", "csv", "-o", "out.csv").exit_code == 0
    table = pd.read_csv("out.csv")
    assert table.columns.tolist() == keys
    assert json.loads(table.top_k[0]) == rows[0]["top_k"]
    assert table.probability[0] == pytest.approx(rows[0]["probability"])


def test_pictures_that_cannot_be_read_are_told_and_the_exit_code_is_1(model, photos):
    (photos / "broken.jpg").write_text("broken")
    (photos / "empty").mkdir()
    arguments = ["cup.jpg", "broken.jpg", "missing.jpg", "empty"]
    result = run("predict", *arguments, "-m", model, "-f", "json")
    assert result.exit_code == 1
    statuses = {row["path"]: row["status"] for row in json.loads(result.stdout)}
    assert statuses == {
        "cup.jpg": "ok",
        "broken.jpg": "not_an_image",
        "missing.jpg": "not_found",
        "empty": "not_found",
    }
    assert "3 of 4 pictures could not be read." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "cup.jpg", "-m", "nowhere"), "nowhere"),
        (("fit", "nowhere", "-m", "model"), "nowhere"),
        (("data", "nowhere"), "nowhere"),
        (("predict", "cup.jpg", "-m", "s3://bucket/model"), "s3://bucket/model"),
    ],
)
def test_an_explained_error_is_one_sentence_without_traceback(arguments, message, photos):
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_classify_urls_reads_files_only_if_they_are_allowed(model, photos):
    rest = ("-m", model, "-o", "answers", "-f", "json")
    refused = run("classify-urls", "cup.jpg", "folder/street.png", *rest)
    assert (refused.exit_code, "--allow-files" in refused.stderr) == (2, True)
    (photos / "list.txt").write_text("cup.jpg\nfolder/street.png\nnone.jpg\n")
    assert json.loads(run("classify-urls", "list.txt", *rest).stdout)["statuses"] == {"refused": 3}
    again = run("classify-urls", "list.txt", *rest, "--allow-files")
    assert "3 rows failed in an earlier run with allow_files=False" in again.stderr
    allowed = run("classify-urls", "list.txt", *rest, "--allow-files", "--retry-failed")
    assert json.loads(allowed.stdout)["statuses"] == {"ok": 2, "not_found": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "-m", "model"),
        ("predict", "cup.jpg"),
        ("predict", "cup.jpg", "-m", "model", "--level", "closest"),
        ("predict", "cup.jpg", "-m", "model", "--top-k", "0"),
        ("classify-urls", "a.csv", "b.csv", "-m", "model", "-o", "answers"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_has_the_exit_code_2(arguments, photos):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


def test_what_the_errors_of_urls_advise_can_be_asked_for_in_a_shell(model, tmp_path):
    """Errors name max_bytes, honour_opt_out and allow_private."""
    with (
        serving(Server()) as server,
        LocalCluster(1, processes=False, protocol="tcp://", dashboard_address=None) as cluster,
    ):
        url = server.put("/a.jpg", JPEG, X_Robots_Tag="noindex")
        for number, (options, status) in enumerate(
            [
                ((), "refused"),
                (("--allow-private",), "opted_out"),
                (("--allow-private", "--ignore-opt-out", "--max-bytes", "10"), "too_large"),
                (("--allow-private", "--ignore-opt-out"), "ok"),
            ]
        ):
            output = str(tmp_path / f"answers-{number}")
            cluster_option = ("--cluster", cluster.scheduler_address)
            arguments = (url, "-m", model, "-o", output, *cluster_option)
            result = run("classify-urls", *arguments, *options)
            assert status in result.stdout, result.output


def group_that_raises(error):
    group = ExplainedErrors("group")

    @group.command()
    def fails():
        raise error

    return CliRunner().invoke(group, ["fails"])


def test_a_fault_of_logoflow_keeps_its_traceback():
    fault = group_that_raises(KeyError("a fault"))
    assert isinstance(fault.exception, KeyError)
    explained = group_that_raises(ClassifierError("the model is incomplete"))
    assert (explained.exit_code, explained.stderr) == (1, "Error: the model is incomplete\n")


def test_ctrl_c_says_how_to_go_on():
    stopped = group_that_raises(KeyboardInterrupt("Stopped. Make the same call again."))
    assert (stopped.exit_code, stopped.stderr) == (130, "Stopped. Make the same call again.\n")


def test_notebooks_are_copied_and_never_replaced(photos):
    result = run("notebooks", "copies")
    names = [path.name for path in sorted((photos / "copies").iterdir())]
    assert [line.split("/")[-1] for line in result.stdout.split()] == names
    assert "01_prepare_data.ipynb" in names
    assert run("notebooks", "copies").exit_code == 0
    (photos / "copies" / names[0]).write_text("edited")
    again = run("notebooks", "copies")
    assert again.exit_code == 1
    assert "is there already and differs" in again.stderr
    assert (photos / "copies" / names[0]).read_text() == "edited"


def test_identify_lists_brands_without_a_model(photos):
    result = run("identify", "cup.jpg", "--top-k", "2", "--format", "json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [sorted(row) for row in rows] == [
        ["brand", "height", "similarity", "sure", "width", "x", "y"]
    ] * 2
    assert not any(row["sure"] for row in rows)
    result = run("identify", "no-such.jpg")
    assert result.exit_code == 1
    assert "no-such.jpg" in result.stderr


def test_add_brand_says_why_a_model_cannot_learn_one(photos, model):
    result = run("add-brand", "acme", "-m", model, "-a", "cup.jpg", "-o", "new")
    assert result.exit_code == 1
    assert "remembers no regions" in result.stderr
    assert not (photos / "new").exists()
    assert run("add-brand", "acme", "-m", model, "-a", "cup.jpg").exit_code == 2


def test_logoflow_data_knows_all_data_sets_and_layouts():
    assert set(data.DATASETS) == set(load.DATASETS)
    assert data.LAYOUTS == layout.LAYOUTS


def test_logoflow_data_reads_a_table(small_root, tmp_path):
    photos = sorted((small_root / "train_data").rglob("*.jpg"))
    table = pd.DataFrame({"path": map(str, photos), "label": [p.parent.name for p in photos]})
    table.to_csv(tmp_path / "photos.csv", index=False)
    root = str(tmp_path / "root")
    result = run("data", str(tmp_path / "photos.csv"), "--dataset", "table", "-o", root)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == root
