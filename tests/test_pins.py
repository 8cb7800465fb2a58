"""The locks, environment.yml and the package's bounds agree."""

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
CARD = {"mxnet-cu112", "gluoncv", "opencv-python", "matplotlib", "jupyter", "nbval", "papermill"}


def project() -> dict:
    return tomllib.loads((REPO / "pyproject.toml").read_text())


def locked(name: str, python: str, machine: str = "x86_64") -> dict[str, str]:
    """A lock's versions by package name, for one Python."""
    place = {
        **{"python_version": python, "python_full_version": f"{python}.1"},
        **{"sys_platform": "linux", "platform_machine": machine},
        **{"implementation_name": "cpython", "platform_python_implementation": "CPython"},
    }
    found = {}
    for line in (REPO / name).read_text().splitlines():
        if re.match("[a-z0-9]", line):
            pin = Requirement(line.removesuffix("\\"))
            if pin.marker is None or pin.marker.evaluate(place):
                (specifier,) = pin.specifier
                assert specifier.operator == "=="
                assert pin.name not in found, f"{pin.name} twice for Python {python}"
                found[canonicalize_name(pin.name)] = specifier.version
    return found


def wanted(kind: str, python: str) -> list[Requirement]:
    """What pyproject.toml asks for, all extras but the other kind of MXNet's; uv's overrides."""
    about = project()
    extras = about["project"]["optional-dependencies"]
    lines = about["project"]["dependencies"] + [
        line
        for name, lines in extras.items()
        if name in (kind, *set(extras) - {"cpu", "gpu"})
        for line in lines
    ]
    place = {"python_version": python}
    asked = [Requirement(line) for line in lines]
    return [one for one in asked if one.marker is None or one.marker.evaluate(place)]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_has_what_the_package_asks_for(kind, python):
    """It fails where pyproject.toml was changed and `make lock` was not run."""
    pins = locked(LOCKS[kind], python)
    for requirement in wanted(kind, python):
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


def test_the_locks_hold_todays_numpy():
    for python in PYTHONS:
        assert Version(locked("requirements.txt", python)["numpy"]) >= Version("2.3")


@pytest.mark.parametrize("name", LOCKS.values())
@pytest.mark.parametrize("python", PYTHONS)
def test_opencv_comes_once(name, python):
    found = [pin for pin in locked(name, python) if pin.startswith("opencv")]
    assert found == ["opencv-python"]


def test_the_two_kinds_of_mxnet_exclude_each_other():
    assert "mxnet-cu112" not in locked("requirements.txt", "3.13")
    assert "mxnet" not in locked("requirements-gpu.txt", "3.13")


@pytest.fixture(scope="module")
def environment() -> dict:
    return yaml.safe_load((REPO / "environment.yml").read_text())


def pip_lines(environment: dict) -> list[str]:
    return next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))


def test_the_conda_environment_has_the_cards_packages_and_cuda(environment):
    pins = {line.split("==")[0]: line.split("==")[1] for line in pip_lines(environment)[:-1]}

    assert pins.keys() >= CARD
    assert pins["mxnet-cu112"] == "1.9.1"
    assert "mxnet" not in pins
    assert pins["numpy"].startswith("1.26.")
    assert not [name for name in pins if name.startswith("nvidia")], "conda has them"
    assert {"python=3.11", "cudatoolkit=11.2", "cudnn=8.1", "nccl"} <= {
        part for part in environment["dependencies"] if isinstance(part, str)
    }


def test_the_conda_environments_pins_are_within_the_packages_bounds(environment):
    pins = {line.split("==")[0]: line.split("==")[1] for line in pip_lines(environment)[:-1]}

    for requirement in wanted("gpu", "3.11"):
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
