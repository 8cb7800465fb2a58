"""The small form of each case of benchmarks/reliability.py, and the whole form if asked for."""

import importlib
import json
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = [
    "strange_models",
    "full_disk",
    "poison_and_kills",
    "costly",
    "mutated_pictures",
    "damaged_files",
    "damaged_archives",
]


@pytest.fixture
def reliability(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("reliability")
    for name in [name for name in sys.modules if name.startswith("reliability")]:
        sys.modules.pop(name)


def test_each_case_is_named_here(reliability):
    assert list(reliability.CASES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_nothing_goes_wrong_in_the_small_form(reliability, name):
    result = reliability.run(name, short=True)
    assert result["wrong"] == []
    assert result["right"] == result["tried"] > 0


@pytest.mark.hours
@pytest.mark.parametrize("name", NAMES)
def test_nothing_goes_wrong_in_the_whole_form(reliability, name):
    assert reliability.run(name)["wrong"] == []


def test_what_goes_wrong_is_counted_and_stored(reliability, monkeypatch, tmp_path, capsys):
    case = reliability.Case("reliability_pictures", "mutated", 3, 3)
    monkeypatch.setattr(reliability, "CASES", {"mutated_pictures": case})
    module = importlib.import_module("reliability_pictures")
    monkeypatch.setattr(module, "_outcome", lambda content: "ValueError: foreign")
    results = tmp_path / "results.json"
    assert reliability.main(["--results", str(results)]) == 1
    stored = json.loads(results.read_text())["mutated_pictures"]
    assert (stored["tried"], stored["right"]) == (3, 0)
    assert "ValueError: foreign" in capsys.readouterr().out
