import importlib.util
import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def speed():
    spec = importlib.util.spec_from_file_location("speed", HERE / "speed.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["speed"] = module
    spec.loader.exec_module(module)
    return module


def test_a_row_is_the_median_of_pairs(speed):
    ours, theirs = iter([10.0, 20.0, 30.0]), iter([10.0, 5.0, 10.0])
    found = speed.row("x", lambda: next(ours), lambda: next(theirs), 3, at_least=2)
    assert found == {
        **{"name": "x", "ours": 20.0, "theirs": 10.0, "ratio": 3.0, "runs": 3},
        "at_least": 2,
    }
    slower = speed.row("y", lambda: 4.0, lambda: 2.0, 1, seconds=True, at_least=1)
    assert slower["ratio"] == 0.5
    assert [speed.reached(one) for one in (found, slower)] == [True, False]
    assert not speed.reached({"ratio": 1.3, "at_most": 1.2})
    assert speed.line(slower).endswith("at least 1  MISSED")


def test_a_figure_comes_from_a_process_without_our_settings(speed, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("KMP_BLOCKTIME", "7")
    told = {}

    def spy(command, env, **_):
        told.update(env)
        return speed.subprocess.CompletedProcess(command, 0, "warm\n1.5\n", "")

    with monkeypatch.context() as patch:
        patch.setattr(speed.subprocess, "run", spy)
        assert speed.measure("importing", "json") == 1.5
    assert not {"OMP_NUM_THREADS", "KMP_BLOCKTIME"} & set(told)
    assert 0 < speed.measure("importing", "json") < 5
    with pytest.raises(RuntimeError, match="No module named 'no_such'"):
        speed.measure("importing", "no_such")


def test_rows_that_were_not_measured_again_stay(speed, monkeypatch, tmp_path):
    def rows(value):
        return lambda runs, folder: [
            speed.row("a" if value < 5 else "b", lambda: value, lambda: 1.0, runs, at_least=2)
        ]

    results = tmp_path / "results.json"
    monkeypatch.setattr(speed, "ROWS", {"import": rows(3.0), "load": rows(7.0)})
    assert speed.main(["--runs", "1", "--results", str(results)]) == 0
    monkeypatch.setattr(speed, "ROWS", {"import": rows(1.0), "load": None})
    assert speed.main(["import", "--runs", "1", "--results", str(results)]) == 1
    kept = {row["name"]: row["ratio"] for row in json.loads(results.read_text())}
    assert kept == {"a": 1.0, "b": 7.0}
