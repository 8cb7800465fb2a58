"""A copy of the Makefile, run with fakes for Python and uv: nothing is installed."""

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

# A fake Python. It answers the checks of the Makefile and logs every `-m` call.
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

# A fake uv. It makes an environment with the Python that it is told to use, and logs every call.
UV = """#!/bin/sh
case "$1 $2" in
  "venv "*) mkdir -p .venv/bin; cp "$5" .venv/bin/python ;;
  "python find") echo "{found}"; [ -n "{found}" ] ;;
esac
[ "$1" = --version ] || echo "uv $*" >>"{log}"
"""


class Make:
    """Run make in a folder with a space in its name. PATH has a few tools and no Python."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "a clone"
        self.folder.mkdir()
        self.venv = self.folder / ".venv"
        self.log = tmp_path / "calls"
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        shutil.copy(REPO / "Makefile", self.folder)
        for name in ("requirements.txt", "requirements-gpu.txt"):
            (self.folder / name).write_text(f"# a fake {name}\n")
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
        """Return the calls of the fakes since the last time, and clear the log."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return calls

    def as_on(self, platform: str) -> None:
        """Make the Makefile see another machine."""
        makefile = self.folder / "Makefile"
        query = "$(shell uname -s)-$(shell uname -m)"
        assert query in makefile.read_text()
        makefile.write_text(makefile.read_text().replace(query, platform))


@pytest.fixture
def make(tmp_path):
    return Make(tmp_path)


def test_plain_make_lists_every_target(make):
    result = make(PATH=os.environ["PATH"])

    assert result.returncode == 0
    phony = (REPO / "Makefile").read_text().split(".PHONY: ")[1].splitlines()[0].split()
    assert {"setup", "data", "run", "test", "lint", "bench", "lab", "lock", "clean"} < set(phony)
    listed = [line.split()[1] for line in result.stdout.split("\n\n")[1].splitlines()]
    assert listed == phony


# --- Which Python ---


def test_without_a_suitable_python_the_message_says_how_to_get_one(make):
    result = make("run")

    assert result.returncode != 0
    assert "Python 3.11, 3.12, 3.13 or 3.14" in result.stderr
    for way in ("apt install python3-venv", "uv python install", "conda create", "pyenv install"):
        assert way in result.stderr
    assert not make.venv.exists()


def test_an_unsuitable_python_is_named(make):
    make.python("python3", "3.10", fits=False)

    result = make("test")

    assert result.returncode != 0
    assert "Found python3: Python 3.10" in result.stderr
    assert make("setup", "PYTHON=/nonexistent").returncode != 0


def test_the_newest_python_is_used(make):
    for version in ("3.11", "3.12", "3.13"):
        make.python(f"python{version}", version)
    make.python("python3", "3.11")

    assert make("setup").returncode == 0

    assert make.calls()[0] == "python3.13 -m venv .venv"


def test_a_python_that_does_not_run_is_skipped(make):
    make.command(
        "python3.14", "#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2\nexit 127\n"
    )
    make.python("python3.12", "3.12")

    result = make("setup")

    assert result.returncode == 0
    assert "pyenv" not in result.stderr
    assert make.calls()[0] == "python3.12 -m venv .venv"


def test_the_named_python_is_used_and_replaces_an_environment_of_another_one(make):
    for version in ("3.12", "3.13"):
        make.python(f"python{version}", version)
    make("setup")
    make.calls()

    make("setup", "PYTHON=python3.12")
    assert make.calls()[0] == "python3.12 -m venv .venv"

    make("setup", "PYTHON=python3.12")
    make("setup")
    assert make.calls() == []


def test_an_active_environment_is_renewed_by_its_base_python():
    """An active .venv comes first on PATH, and the set-up empties it, its Python included."""
    fits = (REPO / "Makefile").read_text().split("define FITS\n")[1].split("\nendef")[0]

    result = subprocess.run([sys.executable, "-c", fits, "uv"], capture_output=True, text=True)

    assert result.returncode == 0
    assert result.stdout.strip() == sys._base_executable


# --- Which machine ---


def test_an_unsupported_machine_is_named(make):
    make.python("python3")
    assert make("setup", "PLATFORM=Darwin-arm64", "-n").returncode != 0, "PLATFORM cannot be set"

    make.as_on("Darwin-arm64")
    result = make("setup")

    assert result.returncode != 0
    assert "Linux on x86-64, and this is Darwin-arm64" in result.stderr
    assert "docker build --platform linux/amd64" in result.stderr
    assert not make.venv.exists()


def test_linux_on_arm64_is_untested_and_allowed(make):
    make.python("python3")
    make.as_on("Linux-aarch64")

    result = make("setup")
    assert result.returncode == 0
    assert "untested" in result.stdout

    result = make("setup", "GPU=1")
    assert result.returncode != 0
    assert "mxnet-cu112 1.9.1 has no wheel" in result.stderr


# --- What is installed ---


def test_the_lock_is_installed_first_and_logoflow_after_it(make):
    make.python("python3")

    result = make("setup")

    assert result.returncode == 0
    pip = "python3 -m pip --disable-pip-version-check --no-input install"
    assert make.calls() == [
        "python3 -m venv .venv",
        f"{pip} --no-deps --require-hashes -r requirements.txt",
        f"{pip} --no-deps --no-build-isolation -e .",
    ]
    assert make("setup").returncode == 0
    assert make.calls() == [], "everything is installed"


def test_uv_is_used_if_it_is_installed(make):
    python = make.python("python3")
    make.uv()

    assert make("setup").returncode == 0

    venv, lock, logoflow = make.calls()
    assert venv == f"uv venv --seed --allow-existing --python {python} .venv"
    assert lock.startswith("uv pip install --python .venv/bin/python ")
    assert lock.endswith("--no-deps --require-hashes -r requirements.txt")
    assert logoflow.endswith("--no-deps --no-build-isolation -e .")


def test_a_uv_that_does_not_run_is_skipped(make):
    make.python("python3")
    make.command("uv", "#!/bin/sh\nexit 127\n")

    assert make("setup").returncode == 0
    assert make.calls()[0] == "python3 -m venv .venv"


def test_a_python_that_only_uv_knows_is_used(make, tmp_path):
    managed = make.python("python3").rename(tmp_path / "managed-python")
    make.uv(found=managed)

    assert make("setup").returncode == 0
    assert f"--python {managed} .venv" in make.calls()[1]


def test_the_gpu_set_up_stays_until_gpu_0(make):
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
    assert installs("setup") == [], "a newer file with the same text is the same lock"


def test_a_failed_gpu_set_up_continues_as_a_gpu_set_up(make):
    make.python("python3")

    result = make("setup", "GPU=1", IMPORT_ERROR="OSError: libcuda.so.1: cannot open shared object")
    assert result.returncode != 0
    assert "NVIDIA's driver" in result.stderr
    assert "make setup GPU=0" in result.stderr
    assert not (make.venv / "complete").exists()

    make.calls()
    assert make("setup").returncode == 0
    assert "requirements-gpu.txt" in make.calls()[1]


def test_a_missing_system_library_is_named_with_its_package(make):
    make.python("python3")

    result = make("setup", IMPORT_ERROR="ImportError: libGL.so.1: cannot open shared object file")

    assert result.returncode != 0
    assert "libGL.so.1" in result.stderr
    assert "apt install libgl1" in result.stderr


def test_a_wrong_value_of_gpu_is_refused(make):
    for value in ("2", "yes", ""):
        result = make("-n", "setup", f"GPU={value}")
        assert result.returncode != 0
        assert "Say GPU=1" in result.stderr

    result = make("-n", "setup", "GPU=1", CONDA_DEFAULT_ENV="logoflow")
    assert result.returncode != 0
    assert "conda deactivate" in result.stderr


def test_an_interrupted_set_up_is_repeated(make):
    make.python("python3")
    make.venv.mkdir()
    (make.venv / "made-by-make").write_text("requirements.txt\n")
    (make.venv / "half").touch()

    assert make("lint").returncode == 0

    assert (make.venv / "complete").exists()
    assert not (make.venv / "half").exists()


def test_an_environment_without_its_python_is_renewed(make):
    make.python("python3")
    make("setup")
    make.calls()
    (make.venv / "bin" / "python").unlink()

    assert make("setup").returncode == 0
    assert make.calls()[0] == "python3 -m venv .venv"


# --- Files that make did not create ---


@pytest.mark.parametrize("target", ["setup", "run"])
def test_the_target_of_a_symbolic_link_is_not_changed(make, tmp_path, target):
    make.python("python3")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "complete").touch()  # even if an older logoflow made it
    (theirs / "work").write_text("a week's")
    make.venv.symlink_to(theirs)

    result = make(target)

    assert result.returncode != 0
    assert f"a symbolic link to {theirs}" in result.stderr
    assert "Rename or remove .venv" in result.stderr
    assert make.venv.is_symlink()
    assert (theirs / "work").read_text() == "a week's"
    assert make.calls() == []


def test_a_folder_or_file_that_make_did_not_create_is_not_changed(make):
    make.python("python3")
    make.venv.mkdir()
    (make.venv / "pyvenv.cfg").write_text("home = /usr/bin")

    result = make("setup", "GPU=1")
    assert result.returncode != 0
    assert "a folder that make did not make" in result.stderr
    assert [path.name for path in make.venv.iterdir()] == ["pyvenv.cfg"]

    shutil.rmtree(make.venv)
    make.venv.write_text("mine")
    assert "a file" in make("setup").stderr
    assert make.venv.read_text() == "mine"


def test_an_empty_folder_and_a_folder_of_an_older_logoflow_are_used(make):
    make.python("python3")
    make.venv.mkdir()
    assert make("setup").returncode == 0

    shutil.rmtree(make.venv)
    make.venv.mkdir()
    (make.venv / "complete").touch()
    assert make("setup").returncode == 0
    assert (make.venv / "made-by-make").read_text() == "requirements.txt\n"


def test_clean_keeps_the_users_files(make):
    folders = ("runs/mine", "data/sample-16", "data/prepared", "data/FlickrLogos-v2", ".venv/bin")
    for name in folders:
        (make.folder / name).mkdir(parents=True)

    assert make("clean").returncode == 0

    left = {str(path.relative_to(make.folder)) for path in make.folder.rglob("*")}
    locks = {"requirements.txt", "requirements-gpu.txt"}
    assert left == {".venv", ".venv/bin", "Makefile", "data", "data/FlickrLogos-v2", *locks}


# --- Variables ---


def test_only_variables_of_the_command_line_are_passed_on(make):
    result = make(
        "-n", "run", "DATASET=folder", "DATA_DIR=it's mine", "EPOCHS=2", NAME="host", SEED="7"
    )

    run = result.stdout.partition("logoflow.run_notebooks")[2]
    assert run.split() == [
        "\\",
        "'dataset=folder'",
        r"'data_dir=it'\''s",
        "mine'",
        "'num_epochs=2'",
    ]
    assert r"logoflow data --check --dataset 'folder'  'it'\''s mine'" in result.stdout
    assert "--name 'mine'" in make("-n", "run", "NAME=mine").stdout


def test_an_unknown_variable_is_an_error(make):
    result = make("-n", "run", "EPOCS=2")

    assert result.returncode != 0
    assert "no variable EPOCS" in result.stderr
    assert "GPU IP PORT MODEL PYTHONS SOLUTIONS DATASET" in result.stderr
    assert "EPOCHS" in result.stderr


def test_variables_of_pip_and_uv_are_allowed(make):
    assert make("-n", "setup", "PIP_NO_CACHE_DIR=1", "UV_NO_CACHE=1").returncode == 0


def test_the_conda_environment_is_used_if_it_is_active(make):
    result = make("-n", "test", CONDA_DEFAULT_ENV="logoflow")

    assert ".venv" not in result.stdout
    assert "python -m pytest tests" in result.stdout


def test_lab_uses_the_address_and_port_of_the_command_line(make):
    make.python("python3")
    make("setup")
    make.calls()

    lab = "python3 -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/my-notebooks"
    result = make("lab", IP="10.0.0.1", PORT="80")
    assert "root" not in result.stdout
    assert make.calls() == [lab], "IP and PORT of the environment are ignored"

    make("lab", "IP=0.0.0.0", "PORT=9000")
    assert make.calls() == [f"{lab} --ServerApp.ip=0.0.0.0 --ServerApp.port=9000"]


def test_lab_runs_as_root_and_says_so(make):
    make.python("python3")
    make.command("id", "#!/bin/sh\necho 0\n")
    make("setup")
    make.calls()

    result = make("lab", "PORT=9000")

    assert "JupyterLab refuses to run as root" in result.stdout
    assert make.calls()[0].endswith("--allow-root --ServerApp.port=9000")


# --- Locks ---


def test_lock_says_how_to_get_uv(make):
    result = make("lock")

    assert result.returncode != 0
    assert "pip install uv" in result.stderr


def test_lock_renews_both_files_and_installs_nothing(make):
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
