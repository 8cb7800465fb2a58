import importlib
import json
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

HERE = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("rows")
    for name in ("rows", "speed", "bulk"):
        sys.modules.pop(name, None)


def test_a_row_is_the_median_of_pairs(rows):
    ours, theirs = iter([10.0, 20.0, 30.0]), iter([10.0, 5.0, 10.0])
    row = rows.row("x", lambda: next(ours), lambda: next(theirs), 3, at_least=2)
    assert row == {
        "name": "x",
        "ours": 20.0,
        "theirs": 10.0,
        "ratio": 3.0,
        "noise": 3.0,
        "runs": 3,
        "at_least": 2,
    }
    slower = rows.row("y", lambda: 4.0, lambda: 2.0, 1, seconds=True, at_least=1)
    assert slower["ratio"] == 0.5
    assert [rows.reached(row), rows.reached(slower)] == [True, False]
    assert not rows.reached({"ratio": 1.3, "at_most": 1.2})
    assert rows.line(slower).endswith("at least 1  MISSED")


def test_a_case_runs_without_our_environment_variables(rows, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("KMP_BLOCKTIME", "7")
    environment = {}

    def spy(command, env, **_):
        environment.update(env)
        return rows.subprocess.CompletedProcess(command, 0, "warm\n1.5\n", "")

    with monkeypatch.context() as patch:
        patch.setattr(rows.subprocess, "run", spy)
        assert rows.measure(HERE / "speed_cases.py", "importing", "json") == 1.5
    assert not {"OMP_NUM_THREADS", "KMP_BLOCKTIME"} & set(environment)
    assert 0 < rows.measure(HERE / "speed_cases.py", "importing", "json") < 5
    with pytest.raises(RuntimeError, match="No module named 'no_such'"):
        rows.measure(HERE / "speed_cases.py", "importing", "no_such")


def test_rows_that_are_not_measured_again_stay(rows, tmp_path):
    def measured(value):
        name = "a" if value < 5 else "b"
        return lambda runs, folder: [rows.row(name, lambda: value, lambda: 1.0, runs, at_least=2)]

    results = tmp_path / "results.json"
    options = ["--runs", "1", "--results", str(results)]
    assert rows.main({"import": measured(3.0), "load": measured(7.0)}, "", options) == 0
    assert rows.main({"import": measured(1.0), "load": None}, "", ["import", *options]) == 1
    ratios = {row["name"]: row["ratio"] for row in json.loads(results.read_text())}
    assert ratios == {"a": 1.0, "b": 7.0}


def test_a_row_that_fell_by_more_than_its_noise_is_named(rows, tmp_path, capsys):
    results = tmp_path / "results.json"
    stored = [{"name": "faster", "ratio": 4.0}, {"name": "memory", "ratio": 1.0}]
    results.write_text(json.dumps(stored))

    def measured(name, ratio, noise, **target):
        return lambda *_: [
            {"name": name, "ours": 1, "theirs": 1, "ratio": ratio, "noise": noise, **target}
        ]

    fallen = {
        "load": measured("faster", 3.0, 0.5, at_least=1),
        "memory": measured("memory", 1.2, 0.1, at_most=2),
    }
    noisy = {"load": measured("faster", 2.9, 0.5, at_least=1)}
    assert rows.main(fallen, "", ["--results", str(results)]) == 0
    printed = capsys.readouterr().out
    assert "faster got worse: from 4 to 3." in printed
    assert "memory got worse: from 1 to 1.2." in printed
    assert rows.main(noisy, "", ["--results", str(results)]) == 0
    assert "got worse" not in capsys.readouterr().out


def test_the_benchmarks_have_all_rows_of_the_documentation(rows):
    speed, bulk = importlib.import_module("speed"), importlib.import_module("bulk")
    assert {"load", "frozen_20_epochs", "finetune_epoch", "memory", "import"} <= set(speed.ROWS)
    assert list(bulk.ROWS) == [
        "bulk_rate",
        "bulk_rate_slow_server",
        "bulk_memory",
        "bulk_kills",
        "bulk_two_workers",
    ]


def test_the_server_of_the_bulk_benchmark_serves_a_folder(rows, tmp_path):
    cases = importlib.import_module("bulk_cases")
    (tmp_path / "a.jpg").write_bytes(b"content")
    with cases.serving(tmp_path) as base:
        with urlopen(f"{base}/a.jpg?1") as answer:
            assert answer.read() == b"content"
        with pytest.raises(HTTPError):
            urlopen(f"{base}/b.jpg")
