"""Containers, Binder and Colab get the same packages as any other machine."""

import json
import re
import stat
import tomllib
from pathlib import Path

import pytest

from logoflow.cli.serve import serve

REPO = Path(__file__).resolve().parent.parent


def read(name: str) -> str:
    return (REPO / name).read_text()


def debian_packages(line: str) -> list[str]:
    """Return the packages in a command with `apt install` or `apt-get install`."""
    words = line.replace("\\\n", " ").split("install", 1)[1].split()
    return [word for word in words if not word.startswith("-")]


def cells() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", read("docs/colab.md"), re.MULTILINE | re.DOTALL)


def pins(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9][a-z0-9-]*==[^\s;]+", text))


def test_a_bare_server_a_container_and_binder_get_the_same_debian_packages():
    readme = debian_packages(re.search(r"^sudo apt install .*", read("README.md"), re.M)[0])

    docker = re.search(r"apt-get install(?:.*\\\n)*.*", read("Dockerfile"))[0]
    assert debian_packages(docker.removesuffix(" \\").split("&&")[0]) == readme

    # Binder's Python already has venv. The Makefile names the libraries without make and venv.
    libraries = read("Makefile").split("SYSTEM_LIBRARIES := ")[1].splitlines()[0].split()
    assert ["make", "python3-venv", *libraries] == readme
    assert read(".binder/apt.txt").split() == ["make", *libraries]


def test_the_container_runs_make_as_an_ordinary_user():
    steps = [line for line in read("Dockerfile").splitlines() if re.match("[A-Z]", line)]

    user, setup = steps.index("USER logoflow"), steps.index("RUN make setup PIP_NO_CACHE_DIR=1")
    assert user < setup
    assert steps[-3:] == ["FROM setup", "EXPOSE 8888", 'CMD ["make", "lab", "IP=0.0.0.0"]']


def test_the_container_serve_answers_for_a_mounted_model():
    stage = read("Dockerfile").split("FROM setup AS serve\n")[1].split("\nFROM ")[0]
    (entry,) = re.findall(r"^ENTRYPOINT (.*)", stage, re.M)
    program, command, *arguments = json.loads(entry)
    assert (program, command) == (".venv/bin/logoflow", "serve")
    options = serve.make_context(command, arguments).params
    assert (options["model"], options["host"], options["port"]) == ("/model", "0.0.0.0", 8000)
    assert "EXPOSE 8000" in stage


def test_ignored_files_stay_out_of_the_container():
    ignored = set(read(".dockerignore").splitlines())

    assert {".git", ".venv", "runs", "data/*", "!data/README.md"} < ignored


def test_binder_runs_the_set_up():
    script = REPO / ".binder" / "postBuild"
    assert script.stat().st_mode & stat.S_IXUSR
    assert "make setup" in script.read_text()

    version = tuple(
        map(int, read(".binder/runtime.txt").strip().removeprefix("python-").split("."))
    )
    assert (3, 11) <= version <= (3, 14)


@pytest.mark.parametrize("cell", cells())
def test_a_cell_for_colab_is_python(cell):
    from IPython.core.inputtransformer2 import TransformerManager

    compile(TransformerManager().transform_cell(cell), "cell", "exec")


def test_colab_gets_the_locked_mxnet_and_cuda_and_existing_extras():
    setup, gpu = cells()
    extras = set(re.search(r"logoflow\[([a-z,]+)\]", setup)[1].split(","))

    declared = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert extras <= set(declared)
    assert extras.isdisjoint({"cpu", "gpu", "notebooks"}), (
        "these extras would replace Colab's own packages"
    )
    assert pins(setup) <= pins(read("requirements.txt"))
    assert pins(gpu) <= pins(read("requirements-gpu.txt"))
    locked = {pin for pin in pins(read("requirements-gpu.txt")) if pin.startswith("nvidia-")}
    assert locked <= pins(gpu)


def test_make_lock_uses_every_extra():
    declared = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]

    extras = read("Makefile").split("EXTRAS := ")[1].splitlines()[0].split()
    assert sorted([*extras, "cpu", "gpu"]) == sorted(declared)
