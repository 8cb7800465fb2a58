"""The pretraining runs from marks to weights, in the Python that has PyTorch."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture
def torch_python() -> str:
    """A Python with the packages of pretraining/requirements.txt."""
    folder = os.environ.get("LOGOFLOW_TORCH_VENV")
    if folder:
        return str(Path(folder) / "bin" / "python")
    if not find_spec("torch") or not find_spec("resvg_py"):
        pytest.skip("PyTorch is not installed here, and LOGOFLOW_TORCH_VENV is not set")
    return sys.executable


def test_the_examples_in_the_docstrings_run(torch_python):
    modules = [str(path) for path in sorted((REPO / "pretraining").glob("*.py"))]
    run = subprocess.run(
        [torch_python, "-m", "doctest", *modules], cwd=REPO, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_the_smoke_run_trains_twice_and_writes_weights_that_logoflow_can_read(
    torch_python, tmp_path
):
    command = [torch_python, "-m", "pretraining.smoke", str(tmp_path), "--seconds", "5"]
    run = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=600)

    assert run.returncode == 0, run.stderr
    assert "made-up brands right" in run.stdout
    published = REPO / "logoflow" / "models" / "backbones" / "logo_lite0.npz"
    with np.load(tmp_path / "second" / "weights.npz") as made, np.load(published) as expected:
        assert made.files == expected.files
        for name in expected.files:
            assert (made[name].dtype, made[name].shape) == (np.float16, expected[name].shape)
            assert np.isfinite(made[name]).all()
