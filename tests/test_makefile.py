"""The Makefile, run on a copy of it with stand-ins for Python and uv: nothing is installed here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
OUTER_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")  # `make test` runs these tests too
TOOLS = [
    "cat",
    "chmod",
    "cksum",
    "cp",
    "env",
    "find",
    "grep",
    "ls",
    "make",
    "mkdir",
    "printf",
    "readlink",
    "rm",
    "sh",
    "tail",
    "touch",
    "uname",
]

# Answers what the Makefile asks of a Python, and writes down every `-m` call.
PYTHON = """#!/bin/sh
case "$1 $2" in
  "-c "*find_spec*) echo "Found {name}: Python {version}" ;;
  "-c "*_base_executable*) [ {fits} = yes ] || exit 1; echo "$0" ;;
  "-c "*sys.version*) echo {version} ;;
  "-c "*"import logoflow"*) [ -z "$IMPORT_ERROR" ] || {{ echo "$IMPORT_ERROR"; exit 1; }} ;;
  "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
esac
case "$1" in -m) echo "{name} $*" >>"{log}" ;; --version) echo "Python {version}" ;; esac
"""

# `uv` in the same way. It makes an environment around the Python that it is told to use.
UV = """#!/bin/sh
case "$1 $2" in
  "venv "*) mkdir -p .venv/bin; cp "$5" .venv/bin/python ;;
  "python find") echo "{found}"; [ -n "{found}" ] ;;
esac
[ "$1" = --version ] || echo "uv $*" >>"{log}"
"""


class Make:
    """Runs make in a folder with a space in its name; PATH has a few tools and no Python."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "a clone"
        self.folder.mkdir()
        self.venv = self.folder / ".venv"
        self.log = tmp_path / "calls"
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        shutil.copy(REPO / "Makefile", self.folder)
        for name in ("requirements.txt", "requirements-gpu.txt"):
            (self.folder / name).write_text(f"# a stand-in for {name}\n")
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name))
        self.command("id", "#!/bin/sh\necho 1000\n")

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        inherited = {k: v for k, v in os.environ.items() if k not in OUTER_MAKE}
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env={
                **inherited,
                "CONDA_DEFAULT_ENV": "",
                "PATH": str(self.bin),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=20,
        )

    def command(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def python(self, name: str, version: str = "3.13", fits: bool = True) -> Path:
        script = PYTHON.format(
            name=name, version=version, fits="yes" if fits else "no", log=self.log
        )
        return self.command(name, script)

    def uv(self, found: str | Path = "") -> Path:
        return self.command("uv", UV.format(found=found, log=self.log))

    def calls(self) -> list[str]:
        """What the stand-ins were asked to do since the last call of this."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return calls

    def as_on(self, platform: str) -> None:
        """Let the Makefile believe that it is on such a machine."""
        makefile = self.folder / "Makefile"
        asks = "$(shell uname -s)-$(shell uname -m)"
        assert asks in makefile.read_text()
        makefile.write_text(makefile.read_text().replace(asks, platform))


@pytest.fixture
def make(tmp_path):
    return Make(tmp_path)


def test_plain_make_lists_every_target(make):
    said = make(PATH=os.environ["PATH"])

    assert said.returncode == 0
    phony = (REPO / "Makefile").read_text().split(".PHONY: ")[1].splitlines()[0].split()
    assert {"setup", "data", "run", "test", "lint", "bench", "lab", "lock", "clean"} < set(phony)
    listed = [line.split()[1] for line in said.stdout.split("\n\n")[1].splitlines()]
    assert listed == phony


# --- Which Python ---


def test_without_a_fitting_python_the_message_says_what_to_get(make):
    said = make("run")

    assert said.returncode != 0
    assert "Python 3.11, 3.12, 3.13 or 3.14" in said.stderr
    for way in ("apt install python3-venv", "uv python install", "conda create", "pyenv install"):
        assert way in said.stderr
    assert not make.venv.exists()


def test_a_python_that_does_not_fit_is_named(make):
    make.python("python3", "3.10", fits=False)

    said = make("test")

    assert said.returncode != 0
    assert "Found python3: Python 3.10" in said.stderr
    assert make("setup", "PYTHON=/nonexistent").returncode != 0


def test_the_newest_python_is_taken(make):
    for version in ("3.11", "3.12", "3.13"):
        make.python(f"python{version}", version)
    make.python("python3", "3.11")

    assert make("setup").returncode == 0

    assert make.calls()[0] == "python3.13 -m venv .venv"


def test_a_command_that_does_not_run_is_passed_over(make):
    make.command(
        "python3.14", "#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2\nexit 127\n"
    )
    make.python("python3.12", "3.12")

    said = make("setup")

    assert said.returncode == 0
    assert "pyenv" not in said.stderr
    assert make.calls()[0] == "python3.12 -m venv .venv"


def test_the_named_python_is_taken_and_an_environment_of_another_one_is_renewed(make):
    for version in ("3.12", "3.13"):
        make.python(f"python{version}", version)
    make("setup")
    make.calls()

    make("setup", "PYTHON=python3.12")
    assert make.calls()[0] == "python3.12 -m venv .venv"

    make("setup", "PYTHON=python3.12")
    make("setup")
    assert make.calls() == []


def test_an_active_environment_is_renewed_by_the_python_that_it_was_made_with():
    """An active .venv comes first on PATH, and the set-up empties it before it uses the Python."""
    fits = (REPO / "Makefile").read_text().split("define FITS\n")[1].split("\nendef")[0]

    said = subprocess.run([sys.executable, "-c", fits, "uv"], capture_output=True, text=True)

    assert said.returncode == 0
    assert said.stdout.strip() == sys._base_executable


# --- Which machine ---


def test_another_kind_of_machine_is_told_so(make):
    make.python("python3")
    assert make("setup", "PLATFORM=Darwin-arm64", "-n").returncode != 0, "PLATFORM is no knob"

    make.as_on("Darwin-arm64")
    said = make("setup")

    assert said.returncode != 0
    assert "Linux on x86-64, and this is Darwin-arm64" in said.stderr
    assert "docker build --platform linux/amd64" in said.stderr
    assert not make.venv.exists()


def test_linux_on_arm64_is_untested_and_allowed(make):
    make.python("python3")
    make.as_on("Linux-aarch64")

    said = make("setup")
    assert said.returncode == 0
    assert "untested" in said.stdout

    said = make("setup", "GPU=1")
    assert said.returncode != 0
    assert "mxnet-cu112 1.9.1 has no wheel" in said.stderr


# --- What is installed ---


def test_a_lock_is_installed_as_it_is_and_logoflow_after_it(make):
    make.python("python3")

    said = make("setup")

    assert said.returncode == 0
    pip = "python3 -m pip --disable-pip-version-check --no-input install"
    assert make.calls() == [
        "python3 -m venv .venv",
        f"{pip} --no-deps --require-hashes -r requirements.txt",
        f"{pip} --no-deps --no-build-isolation -e .",
    ]
    assert make("setup").returncode == 0
    assert make.calls() == [], "all of it is there"


def test_uv_does_the_same_where_it_is_installed(make):
    python = make.python("python3")
    make.uv()

    assert make("setup").returncode == 0

    venv, lock, logoflow = make.calls()
    assert venv == f"uv venv --seed --allow-existing --python {python} .venv"
    assert lock.startswith("uv pip install --python .venv/bin/python ")
    assert lock.endswith("--no-deps --require-hashes -r requirements.txt")
    assert logoflow.endswith("--no-deps --no-build-isolation -e .")


def test_a_uv_that_does_not_run_is_passed_over(make):
    make.python("python3")
    make.command("uv", "#!/bin/sh\nexit 127\n")

    assert make("setup").returncode == 0
    assert make.calls()[0] == "python3 -m venv .venv"


def test_a_python_that_only_uv_knows_is_taken(make, tmp_path):
    managed = make.python("python3").rename(tmp_path / "managed-python")
    make.uv(found=managed)

    assert make("setup").returncode == 0
    assert f"--python {managed} .venv" in make.calls()[1]


def test_the_gpu_set_up_stays_until_told_otherwise(make):
    make.python("python3")

    def installs(*arguments: str) -> list[str]:
        assert make(*arguments).returncode == 0
        return [call.split()[-1] for call in make.calls() if "--require-hashes" in call]

    assert installs("setup") == ["requirements.txt"]
    assert installs("lint", "GPU=1") == ["requirements-gpu.txt"]
    assert installs("lint") == []
    assert installs("setup", "GPU=1") == []
    (make.folder / "requirements-gpu.txt").write_text("# renewed\n")
    assert installs("setup") == ["requirements-gpu.txt"]
    (make.folder / "requirements.txt").write_text("# renewed\n")
    assert installs("setup") == []
    assert installs("setup", "GPU=0") == ["requirements.txt"]
    (make.folder / "requirements.txt").touch()
    assert installs("setup") == [], "the same text at another time is the same lock"


def test_a_gpu_set_up_that_failed_is_gone_on_with_as_one(make):
    make.python("python3")

    said = make("setup", "GPU=1", IMPORT_ERROR="OSError: libcuda.so.1: cannot open shared object")
    assert said.returncode != 0
    assert "NVIDIA's driver" in said.stderr
    assert "make setup GPU=0" in said.stderr
    assert not (make.venv / "complete").exists()

    make.calls()
    assert make("setup").returncode == 0
    assert "requirements-gpu.txt" in make.calls()[1]


def test_a_missing_system_library_is_told_with_the_package_that_has_it(make):
    make.python("python3")

    said = make("setup", IMPORT_ERROR="ImportError: libGL.so.1: cannot open shared object file")

    assert said.returncode != 0
    assert "libGL.so.1" in said.stderr
    assert "apt install libgl1" in said.stderr


def test_a_wrong_value_of_gpu_is_refused(make):
    for value in ("2", "yes", ""):
        said = make("-n", "setup", f"GPU={value}")
        assert said.returncode != 0
        assert "Say GPU=1" in said.stderr

    said = make("-n", "setup", "GPU=1", CONDA_DEFAULT_ENV="logoflow")
    assert said.returncode != 0
    assert "conda deactivate" in said.stderr


def test_a_set_up_that_was_broken_off_is_redone(make):
    make.python("python3")
    make.venv.mkdir()
    (make.venv / "made-by-make").write_text("requirements.txt\n")
    (make.venv / "half").touch()

    assert make("lint").returncode == 0

    assert (make.venv / "complete").exists()
    assert not (make.venv / "half").exists()


def test_an_environment_whose_python_is_gone_is_renewed(make):
    make.python("python3")
    make("setup")
    make.calls()
    (make.venv / "bin" / "python").unlink()

    assert make("setup").returncode == 0
    assert make.calls()[0] == "python3 -m venv .venv"


# --- What is not make's is left alone ---


@pytest.mark.parametrize("target", ["setup", "run"])
def test_what_a_symbolic_link_points_to_is_left_alone(make, tmp_path, target):
    make.python("python3")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "complete").touch()  # even one of an older logoflow
    (theirs / "work").write_text("a week's")
    make.venv.symlink_to(theirs)

    said = make(target)

    assert said.returncode != 0
    assert f"a symbolic link to {theirs}" in said.stderr
    assert "Rename or remove .venv" in said.stderr
    assert make.venv.is_symlink()
    assert (theirs / "work").read_text() == "a week's"
    assert make.calls() == []


def test_a_folder_or_file_of_someone_else_is_left_alone(make):
    make.python("python3")
    make.venv.mkdir()
    (make.venv / "pyvenv.cfg").write_text("home = /usr/bin")

    said = make("setup", "GPU=1")
    assert said.returncode != 0
    assert "a folder that make did not make" in said.stderr
    assert [path.name for path in make.venv.iterdir()] == ["pyvenv.cfg"]

    shutil.rmtree(make.venv)
    make.venv.write_text("mine")
    assert "a file" in make("setup").stderr
    assert make.venv.read_text() == "mine"


def test_an_empty_folder_and_one_of_an_older_logoflow_are_used(make):
    make.python("python3")
    make.venv.mkdir()
    assert make("setup").returncode == 0

    shutil.rmtree(make.venv)
    make.venv.mkdir()
    (make.venv / "complete").touch()
    assert make("setup").returncode == 0
    assert (make.venv / "made-by-make").read_text() == "requirements.txt\n"


def test_clean_keeps_what_the_user_put_there(make):
    folders = ("runs/mine", "data/sample-16", "data/prepared", "data/FlickrLogos-v2", ".venv/bin")
    for name in folders:
        (make.folder / name).mkdir(parents=True)

    assert make("clean").returncode == 0

    left = {str(path.relative_to(make.folder)) for path in make.folder.rglob("*")}
    locks = {"requirements.txt", "requirements-gpu.txt"}
    assert left == {".venv", ".venv/bin", "Makefile", "data", "data/FlickrLogos-v2", *locks}


# --- What is handed on ---


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
    assert "GPU IP PORT DATASET" in said.stderr
    assert "EPOCHS" in said.stderr


def test_variables_of_pip_and_uv_are_let_through(make):
    assert make("-n", "setup", "PIP_NO_CACHE_DIR=1", "UV_NO_CACHE=1").returncode == 0


def test_the_conda_environment_is_used_where_it_is_active(make):
    said = make("-n", "test", CONDA_DEFAULT_ENV="logoflow")

    assert ".venv" not in said.stdout
    assert "python -m pytest tests" in said.stdout


def test_lab_takes_an_address_and_a_port_where_given(make):
    make.python("python3")
    make("setup")
    make.calls()

    lab = "python3 -m jupyterlab --ServerApp.root_dir=notebooks"
    said = make("lab", IP="10.0.0.1", PORT="80")
    assert "root" not in said.stdout
    assert make.calls() == [lab], "the machine's own IP and PORT are not meant for make"

    make("lab", "IP=0.0.0.0", "PORT=9000")
    assert make.calls() == [f"{lab} --ServerApp.ip=0.0.0.0 --ServerApp.port=9000"]


def test_lab_runs_for_root_and_says_why(make):
    make.python("python3")
    make.command("id", "#!/bin/sh\necho 0\n")
    make("setup")
    make.calls()

    said = make("lab", "PORT=9000")

    assert "JupyterLab refuses to run as root" in said.stdout
    assert make.calls()[0].endswith("--allow-root --ServerApp.port=9000")


# --- Locks ---


def test_lock_says_how_to_get_uv(make):
    said = make("lock")

    assert said.returncode != 0
    assert "pip install uv" in said.stderr


def test_lock_renews_both_and_installs_nothing(make):
    make.uv()

    assert make("lock").returncode == 0

    cpu, gpu = make.calls()
    assert "--extra cpu" in cpu
    assert cpu.endswith("--output-file requirements.txt")
    assert gpu == cpu.replace("--extra cpu", "--extra gpu").replace(
        "requirements.txt", "requirements-gpu.txt"
    )
    assert {"--universal", "--generate-hashes", "--no-emit-index-url"} < set(cpu.split())
    assert not make.venv.exists()
