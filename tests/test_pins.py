"""The lock files, environment.yml and the bounds in pyproject.toml agree."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPO = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LOCKS = {"cpu": "requirements.txt", "gpu": "requirements-gpu.txt"}
GPU_PACKAGES = {
    "mxnet-cu112",
    "gluoncv",
    "opencv-python",
    "matplotlib",
    "jupyter",
    "nbval",
    "papermill",
}


def project() -> dict:
    return tomllib.loads((REPO / "pyproject.toml").read_text())


def locked(name: str, python: str, machine: str = "x86_64") -> dict[str, str]:
    """Return the versions in a lock file by package name, for one Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    versions = {}
    for line in (REPO / name).read_text().splitlines():
        if re.match("[a-z0-9]", line):
            pin = Requirement(line.removesuffix("\\"))
            if pin.marker is None or pin.marker.evaluate(environment):
                (specifier,) = pin.specifier
                assert specifier.operator == "=="
                assert pin.name not in versions, f"{pin.name} twice for Python {python}"
                versions[canonicalize_name(pin.name)] = specifier.version
    return versions


def required(kind: str, python: str) -> list[Requirement]:
    """Return what pyproject.toml requires with all extras, except the other kind of MXNet."""
    extras = project()["project"]["optional-dependencies"]
    lines = project()["project"]["dependencies"] + [
        line
        for name, lines in extras.items()
        if name in (kind, *set(extras) - {"cpu", "gpu"})
        for line in lines
    ]
    requirements = [Requirement(line) for line in lines]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python})
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_has_everything_that_the_package_requires(kind, python):
    """This fails if pyproject.toml was changed and `make lock` was not run."""
    pins = locked(LOCKS[kind], python)
    for requirement in required(kind, python):
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned, f"{requirement} is not in {LOCKS[kind]}: run make lock"
        assert requirement.specifier.contains(pinned), f"{requirement} against {pinned}"
    for line in project()["tool"]["uv"]["override-dependencies"]:
        override = Requirement(line)
        assert override.specifier.contains(pins[override.name])


@pytest.mark.parametrize("name", LOCKS.values())
def test_every_pin_of_a_lock_has_hashes_and_no_address(name):
    text = (REPO / name).read_text()
    pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9#]|\Z)", text, re.M | re.S)
    assert len(pins) > 100
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert "--find-links" not in text


def test_the_locks_have_a_current_numpy():
    for python in PYTHONS:
        assert Version(locked("requirements.txt", python)["numpy"]) >= Version("2.3")


@pytest.mark.parametrize("name", LOCKS.values())
@pytest.mark.parametrize("python", PYTHONS)
def test_opencv_is_pinned_once(name, python):
    pins = [pin for pin in locked(name, python) if pin.startswith("opencv")]
    assert pins == ["opencv-python"]


def test_each_lock_has_one_kind_of_mxnet():
    assert "mxnet-cu112" not in locked("requirements.txt", "3.13")
    assert "mxnet" not in locked("requirements-gpu.txt", "3.13")


@pytest.fixture(scope="module")
def environment() -> dict:
    return yaml.safe_load((REPO / "environment.yml").read_text())


def pip_lines(environment: dict) -> list[str]:
    return next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))


def test_the_conda_environment_has_the_gpu_packages_and_cuda(environment):
    pins = {line.split("==")[0]: line.split("==")[1] for line in pip_lines(environment)[:-1]}

    assert pins.keys() >= GPU_PACKAGES
    assert pins["mxnet-cu112"] == "1.9.1"
    assert "mxnet" not in pins
    assert pins["numpy"].startswith("1.26.")
    assert not [name for name in pins if name.startswith("nvidia")], "conda has them"
    assert {"python=3.11", "cudatoolkit=11.2", "cudnn=8.1", "nccl"} <= {
        part for part in environment["dependencies"] if isinstance(part, str)
    }


def test_the_conda_environments_pins_are_within_the_packages_bounds(environment):
    pins = {line.split("==")[0]: line.split("==")[1] for line in pip_lines(environment)[:-1]}

    for requirement in required("gpu", "3.11"):
        if not requirement.name.startswith("nvidia"):
            pinned = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pinned), f"{requirement} against {pinned}"


@pytest.mark.skipif(
    not os.environ.get("LOGOFLOW_SLOW_TESTS"), reason="installs 2 GB: set LOGOFLOW_SLOW_TESTS=1"
)
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="environment.yml is for Python 3.11")
def test_the_conda_environments_pip_section_installs(environment, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    lines = [line if line != "-e ." else f"-e {REPO}" for line in pip_lines(environment)]
    (tmp_path / "pip.txt").write_text("\n".join(lines))
    install = [python, "-m", "pip", "install", "--quiet", "-r", tmp_path / "pip.txt"]
    subprocess.run(install, check=True)
    subprocess.run([python, "-m", "pip", "check"], check=True)
