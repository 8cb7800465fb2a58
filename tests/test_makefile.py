"""The Makefile, on a copy of it that has no environment yet: nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
OUTER_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")  # `make test` runs these tests too
TOOLS = ["cat", "cp", "env", "mkdir", "printf", "rm", "sh", "touch", "uname"]


@pytest.fixture
def make(tmp_path):
    """Run make in a folder with a space in its name; give exit code, what it said and did."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(REPO / name, folder)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
        inherited = {k: v for k, v in os.environ.items() if k not in OUTER_MAKE}
        return subprocess.run(
            ["make", *arguments],
            cwd=folder,
            env={**inherited, "CONDA_DEFAULT_ENV": "", **environment},
            capture_output=True,
            text=True,
            timeout=20,
        )

    run.folder = folder
    return run


def without_python(tmp_path: Path) -> str:
    """A PATH with make and a few tools, and no Python."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in [*TOOLS, "make"]:
        (tools / name).symlink_to(shutil.which(name))
    return str(tools)


def write_python(path: Path, version: str) -> Path:
    """A command that passes for the `python` of a machine, as far as the Makefile asks."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *find_spec*) echo "Found {version}";; *) exit 1; esac\n'
    )
    path.chmod(0o755)
    return path


def test_plain_make_lists_every_target(make):
    said = make()

    assert said.returncode == 0
    for target in ["setup", "data", "run", "test", "lint", "bench", "lab", "notebooks", "clean"]:
        assert f"  make {target} " in said.stdout
    phony = (REPO / "Makefile").read_text().split(".PHONY: ")[1].splitlines()[0].split()
    assert said.stdout.count("  make ") == len(phony) + 1, "one line each, and the example"


def test_without_a_fitting_python_the_message_says_what_to_get(make, tmp_path):
    path = without_python(tmp_path)

    said = make("run", PATH=path)

    assert said.returncode != 0
    assert "Python 3.10 or 3.11" in said.stderr
    for way in (
        "apt install python3.11-venv",
        "uv python install",
        "conda create",
        "pyenv install",
    ):
        assert way in said.stderr
    assert not (make.folder / ".venv").exists()


def test_a_python_that_does_not_fit_is_named(make, tmp_path):
    write_python(Path(without_python(tmp_path)) / "python3", "python3: Python 3.13")

    said = make("test", PATH=str(tmp_path / "bin"))

    assert said.returncode != 0
    assert "Found python3: Python 3.13" in said.stderr
    assert make("setup", "PYTHON=/nonexistent").returncode != 0


def test_another_kind_of_machine_is_told_so(make):
    said = make("setup", "PLATFORM=Darwin-arm64", "-n")
    assert said.returncode != 0, "PLATFORM is no knob"

    makefile = make.folder / "Makefile"
    text = makefile.read_text().replace("$(shell uname -s)-$(shell uname -m)", "Darwin-arm64")
    makefile.write_text(text)
    said = make("setup")

    assert said.returncode != 0
    assert "Linux x86-64, and this is Darwin-arm64" in said.stderr
    assert "docker run --platform linux/amd64" in said.stderr


def test_an_interrupted_set_up_is_not_taken_for_complete(make, tmp_path):
    path = Path(without_python(tmp_path))
    (make.folder / ".venv" / "bin").mkdir(parents=True)  # left by a killed run: no `complete`
    python = path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "made $*" >&2; exit 7\n')
    python.chmod(0o755)

    said = make("lint", PATH=str(path))

    assert said.returncode != 0
    assert "made -m venv --clear .venv" in said.stderr
    assert not (make.folder / ".venv" / "complete").exists()


def test_what_is_set_is_passed_on_and_nothing_else(make):
    said = make(
        "-n", "run", "DATASET=folder", "DATA_DIR=it's mine", "EPOCHS=2", NAME="host", SEED="7"
    )

    run = said.stdout.partition("logoflow.run_notebooks")[2]
    assert run.split() == [
        "\\",
        "'dataset=folder'",
        r"'data_dir=it'\''s",
        "mine'",
        "'num_epochs=2'",
    ]
    assert "prepare_data 'dataset=folder'" in said.stdout
    assert "--name 'mine'" in make("-n", "run", "NAME=mine").stdout


def test_a_misspelt_variable_is_refused(make):
    said = make("-n", "run", "EPOCS=2")

    assert said.returncode != 0
    assert "no variable EPOCS" in said.stderr
    assert "EPOCHS" in said.stderr


def test_the_gpu_environment_is_used_where_it_is_active(make):
    said = make("-n", "test", CONDA_DEFAULT_ENV="logoflow")

    assert ".venv" not in said.stdout
    assert "python -m pytest tests" in said.stdout


def test_clean_keeps_what_the_user_put_there(make):
    for name in (
        "runs/mine",
        "data/sample-16",
        "data/prepared",
        "data/FlickrLogos-v2",
        ".venv/bin",
    ):
        (make.folder / name).mkdir(parents=True)

    assert make("clean").returncode == 0

    left = sorted(str(path.relative_to(make.folder)) for path in make.folder.rglob("*"))
    kept = [".venv", ".venv/bin", "Makefile", "data", "data/FlickrLogos-v2", "requirements.txt"]
    assert left == kept
