"""The picture in the README, drawn from invented answers for photos of the small sample."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

import logoflow as lf
from logoflow.evaluation.assessment import Assessment

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "readme_picture.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("readme_picture", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def assessment(small_root):
    """Invented answers, of which a third are right."""
    classes = lf.read_classes(small_root)
    paths = sorted((small_root / "test_data").glob("*/*"))
    truth = np.array([classes.index(path.parent.name) for path in paths])
    answers = np.where(np.arange(len(truth)) % 3 == 0, truth, (truth + 1) % len(classes))
    probabilities = np.full((len(truth), len(classes)), 0.1)
    probabilities[np.arange(len(truth)), answers] = 0.8
    return Assessment(classes, tuple(paths), truth, probabilities, answers)


def test_the_share_of_right_answers_in_the_picture_is_the_real_one(script, assessment, monkeypatch):
    monkeypatch.setattr(script, "COLUMNS", 3)
    monkeypatch.setattr(script, "ROWS", 1)

    chosen = script.choose(assessment, seed=0)

    truth, answers = assessment.truth[chosen], assessment.answers[chosen]
    assert len(set(truth)) == len(truth) == 3
    assert (truth == answers).sum() == 1
    assert script.choose(assessment, seed=0) == chosen


def test_frames_of_right_and_wrong_answers_differ_in_colour(
    script, assessment, monkeypatch, tmp_path
):
    monkeypatch.setattr(script, "COLUMNS", 2)
    monkeypatch.setattr(script, "ROWS", 1)
    right = np.flatnonzero(assessment.truth == assessment.answers)[0]
    wrong = np.flatnonzero(assessment.truth != assessment.answers)[0]

    script.draw(assessment.take(np.array([right, wrong])), tmp_path / "answers.png")

    picture = np.asarray(Image.open(tmp_path / "answers.png").convert("RGB")).astype(int)
    halves = np.array_split(picture, 2, axis=1)

    def share(half: np.ndarray, colour: str) -> float:
        rgb = np.array(to_rgb(colour)) * 255
        return (np.abs(half - rgb).max(axis=-1) < 12).mean()

    assert [share(half, script.RIGHT) > 0.01 for half in halves] == [True, False]
    assert [share(half, script.WRONG) > 0.01 for half in halves] == [False, True]


def test_a_folder_without_a_model_gives_a_message(script, tmp_path, capsys):
    assert script.main([str(tmp_path)]) == 2
    assert "classifier.json" in capsys.readouterr().err
