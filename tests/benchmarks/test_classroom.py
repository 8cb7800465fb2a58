import importlib
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def classroom(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("classroom")
    sys.modules.pop("classroom", None)


def test_memory_of_a_command_and_its_children_counts(classroom):
    child = "import time; block = bytearray(200_000_000); time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    measured = classroom.watch([sys.executable, "-c", parent], os.environ)

    assert 200 < measured["memory in MB"] < 400
    assert measured["seconds"] > 1.5


def test_processor_time_of_a_child_counts(classroom):
    child = "import time\nwhile time.process_time() < 1: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    measured = classroom.watch([sys.executable, "-c", parent], os.environ)

    assert 1 <= measured["processor seconds"] < 2


def test_a_command_that_fails_is_an_error(classroom):
    with pytest.raises(classroom.subprocess.CalledProcessError):
        classroom.watch([sys.executable, "-c", "raise SystemExit(3)"], os.environ)
