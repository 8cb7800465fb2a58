"""The benchmarks' commands, on a tiny data set in the place of FlickrLogos-27."""

import importlib.util
import json
from functools import wraps
from pathlib import Path

import pytest

from logoflow.evaluation import runs as study_runs
from logoflow.training.fit import fit

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy.py"


@pytest.fixture(scope="module")
def accuracy():
    place = importlib.util.spec_from_file_location("accuracy", SCRIPT)
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


@pytest.fixture
def command(accuracy, small_root, tmp_path, monkeypatch, capsys):
    """Run a benchmark; give its exit code and what it printed."""
    monkeypatch.setattr(accuracy.lf, "prepare_root", lambda *_, **__: small_root)
    monkeypatch.setattr(accuracy, "SAMPLES", 20)
    places = ["--data", tmp_path, "--no-logo", tmp_path, "--results", tmp_path / "tables"]
    tiny = [
        "--work",
        tmp_path / "work",
        "--backbone",
        "lenet5",
        "--together",
        "lenet5",
        "--epochs",
        1,
        "--refit-epochs",
        1,
        "--size",
        224,
    ]

    def call(*arguments):
        code = accuracy.main([str(word) for word in (*places, *tiny, *arguments)])
        return code, capsys.readouterr()

    return call


def test_the_headline_has_each_seed_their_mean_and_the_models(command, tmp_path, monkeypatch):
    words = (
        "headline",
        "--seeds",
        0,
        1,
        "--levels",
        "whole",
        "few-windows, read_names",
        "--save",
        tmp_path / "models",
    )
    assert command(*words)[0] == 0
    told = json.loads((tmp_path / "tables" / "results" / "accuracy-headline.json").read_text())
    assert told["settings"]["seeds"] == [0, 1]
    assert len(told["table"]["index"]) == 2 * 2 * 3, "levels, with and without repeats, 0, 1, mean"
    assert (tmp_path / "models" / "seed-1" / "classifier.json").is_file()
    page = (tmp_path / "tables" / "accuracy.md").read_text()
    assert "| few-windows, read_names | all | mean |" in page

    @wraps(fit)
    def never(*_, **__):
        raise AssertionError("This was trained before.")

    monkeypatch.setattr(study_runs, "fit", never)
    assert command(*words)[0] == 0
    assert (tmp_path / "tables" / "accuracy.md").read_text() == page


def test_steps_are_on_disk_one_by_one(command, accuracy, tmp_path, monkeypatch):
    first = accuracy.STEPS[0]._replace(settings={})
    broken = first._replace(settings={"recipe": "no such"})
    monkeypatch.setattr(accuracy, "STEPS", [first, broken])
    with pytest.raises(ValueError, match="no such"):
        command("ablation")
    told = json.loads((tmp_path / "tables" / "results" / "accuracy-ablation.json").read_text())
    assert [len(told["table"][part]) for part in ("index", "data")] == [1, 1]
    assert "## Which idea gave what" in (tmp_path / "tables" / "accuracy.md").read_text()


def test_missing_photos_are_said_with_where_to_get_them(accuracy, tmp_path, capsys):
    assert accuracy.main(["headline", "--data", str(tmp_path / "nowhere")]) == 2
    assert "flickr_logos_27_dataset.tar.gz" in capsys.readouterr().err
    assert accuracy.main(["photos", "--data", str(tmp_path), "--no-logo", "nowhere"]) == 2
    assert "photos without logos" in capsys.readouterr().err
