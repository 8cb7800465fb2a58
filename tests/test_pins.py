"""The CPU pins, the GPU pins and the package's bounds say the same."""

import re
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

REPO = Path(__file__).resolve().parent.parent
TWINS = {"mxnet", "mxnet-cu112"}


def pins(lines: list[str]) -> dict[str, str]:
    """Exact versions by package name; anything that is no exact pin fails."""
    found = {}
    for line in lines:
        if requirement := line.split("#")[0].strip():
            name, version = re.fullmatch(r"([\w.-]+)==([^\s;]+)(?: ;.*)?", requirement).groups()
            found[canonicalize_name(name)] = version
    return found


@pytest.fixture(scope="module")
def cpu() -> dict[str, str]:
    return pins((REPO / "requirements.txt").read_text().splitlines())


@pytest.fixture(scope="module")
def environment() -> dict:
    return yaml.safe_load((REPO / "environment.yml").read_text())


def pip_lines(environment: dict) -> list[str]:
    return next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))


def test_gpu_and_cpu_pins_agree(cpu, environment):
    gpu = pins([line for line in pip_lines(environment) if not line.startswith("-")])

    assert cpu["mxnet"] == gpu["mxnet-cu112"] == "1.9.1"
    assert "mxnet" not in gpu, "the two wheels hold the same package"
    shared = (cpu.keys() & gpu.keys()) - TWINS
    assert {name: gpu[name] for name in shared} == {name: cpu[name] for name in shared}
    assert gpu.keys() - cpu.keys() == {"mxnet-cu112", "jupyter"}
    assert "-c requirements.txt" in pip_lines(environment), "what they pull in agrees as well"


def test_the_gpu_set_up_has_the_cards_packages(environment):
    gpu = pins([line for line in pip_lines(environment) if not line.startswith("-")])
    card = {
        "mxnet-cu112",
        "gluoncv",
        "opencv-python",
        "matplotlib",
        "jupyter",
        "nbval",
        "papermill",
    }

    assert card <= gpu.keys()
    assert {"python=3.11", "cudatoolkit=11.2", "cudnn=8.1", "nccl"} <= {
        part for part in environment["dependencies"] if isinstance(part, str)
    }


def test_the_pins_are_within_the_packages_bounds(cpu):
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]

    for requirement in map(Requirement, project["dependencies"] + extras):
        name = canonicalize_name(requirement.name)
        pinned = "1.9.1" if name in TWINS else cpu[name]
        assert requirement.specifier.contains(pinned), f"{requirement} against {pinned}"


def test_opencv_comes_once(cpu):
    assert [name for name in cpu if name.startswith("opencv")] == ["opencv-python"]
