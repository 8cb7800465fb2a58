"""The commands of the accuracy benchmarks, on a tiny data set instead of FlickrLogos-27."""

import importlib.util
import json
import shlex
from functools import wraps
from pathlib import Path

import cv2
import numpy as np
import pytest

from logoflow.datasets.prepared import photos_of
from logoflow.datasets.splits import Photo, Splits
from logoflow.evaluation import runs
from logoflow.training.fit import fit

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy.py"


@pytest.fixture(scope="module")
def accuracy():
    spec = importlib.util.spec_from_file_location("accuracy", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def command(accuracy, small_root, tmp_path, monkeypatch, capsys):
    """Run a benchmark; return its exit code and its output."""
    monkeypatch.setattr(accuracy.lf, "prepare_root", lambda *_, **__: small_root)
    monkeypatch.setattr(accuracy, "SAMPLES", 20)
    folders = f"--data {tmp_path} --no-logo {tmp_path} --results {tmp_path / 'tables'}"
    training = "--backbone lenet5 --together lenet5 --epochs 1 --refit-epochs 1 --size 224"

    def call(arguments):
        line = f"{arguments} {folders} --work {tmp_path / 'work'} {training}"
        code = accuracy.main(shlex.split(line))
        return code, capsys.readouterr()

    return call


@pytest.mark.hours
def test_the_headline_has_each_seed_their_mean_and_the_models(command, tmp_path, monkeypatch):
    levels = "--levels whole 'few-windows, read_names'"
    arguments = f"headline --seeds 0 1 {levels} --save {tmp_path / 'models'}"
    assert command(arguments)[0] == 0
    result = json.loads((tmp_path / "tables" / "results" / "accuracy-headline.json").read_text())
    assert result["settings"]["seeds"] == [0, 1]
    rows = result["table"]["index"]
    assert len(rows) == 2 * 2 * 3, "levels, with and without repeats, 0, 1, mean"
    assert (tmp_path / "models" / "seed-1" / "classifier.json").is_file()
    page = (tmp_path / "tables" / "accuracy.md").read_text()
    assert "| few-windows, read_names | all | mean |" in page

    @wraps(fit)
    def never(*_, **__):
        raise AssertionError("This training is already finished.")

    monkeypatch.setattr(runs, "fit", never)
    assert command(arguments)[0] == 0
    assert (tmp_path / "tables" / "accuracy.md").read_text() == page


@pytest.mark.hours
def test_one_network_has_a_table_of_its_own(command, tmp_path):
    assert command("single --levels regions --region-epochs 1")[0] == 0
    result = json.loads((tmp_path / "tables" / "results" / "accuracy-single.json").read_text())
    assert result["settings"] == {"backbone": ["logo_lite0"], "num_epochs": 1, "seeds": [0]}
    assert {level for level, _, _ in result["table"]["index"]} == {"regions"}


def test_listed_photos_without_a_logo_are_for_validation(accuracy, tmp_path, monkeypatch):
    def photo(name, label="no-logo"):
        path = tmp_path / name
        cv2.imwrite(str(path), np.full((40, 60, 3), len(name) * 20, np.uint8))
        return Photo(path, label)

    train = (photo("a.png", "acme"), photo("aa.png"), photo("aaa.png"))
    val = (photo("aaaa.png", "acme"), photo("aaaaa.png"))
    splits = Splits(train, val, (photo("aaaaaa.png"),), ("acme", "no-logo"))
    monkeypatch.setattr(accuracy, "read_flickrlogos27", lambda *_, **__: splits)
    (tmp_path / "held.json").write_text('["aa.png"]')
    options = accuracy.parser().parse_args(
        ["single", "--work", str(tmp_path), "--no-logo-list", str(tmp_path / "held.json")]
    )
    root = accuracy.held_out_root(options)
    names = {
        split: {path.name for path, _ in photos_of(root, split)}
        for split in ("train_data", "val_data")
    }
    assert names == {
        "train_data": {"a.png", "aaa.png", "aaaaa.png"},
        "val_data": {"aaaa.png", "aa.png"},
    }
    (tmp_path / "held.json").write_text('["zz.png"]')
    with pytest.raises(FileNotFoundError, match=r"example zz\.png"):
        accuracy.held_out_root(options)


def test_each_experiment_is_written_when_it_is_finished(command, accuracy, tmp_path, monkeypatch):
    first = accuracy.ABLATION[0]._replace(settings={})
    broken = first._replace(settings={"recipe": "no such"})
    monkeypatch.setattr(accuracy, "ABLATION", [first, broken])
    with pytest.raises(ValueError, match="no such"):
        command("ablation")
    result = json.loads((tmp_path / "tables" / "results" / "accuracy-ablation.json").read_text())
    assert [len(result["table"][part]) for part in ("index", "data")] == [1, 1]
    assert "## How much each idea adds" in (tmp_path / "tables" / "accuracy.md").read_text()


def test_missing_photos_give_a_message_with_their_source(accuracy, tmp_path, capsys):
    assert accuracy.main(["headline", "--data", str(tmp_path / "nowhere")]) == 2
    assert "flickr_logos_27_dataset.tar.gz" in capsys.readouterr().err
    assert accuracy.main(["photos", "--data", str(tmp_path), "--no-logo", "nowhere"]) == 2
    assert "photos without logos" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["small", "calibration", "strangers"])
def test_some_commands_are_scripts_of_their_own(accuracy, command, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    assert accuracy.main([command, "--data", str(tmp_path), "--results", str(tmp_path)]) == 2
    assert "flickr_logos_27" in capsys.readouterr().err
