"""The bundle has what a class needs, and its installer says what is missing.

benchmarks/bundle.py installs a whole bundle without a network and runs its notebooks.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from zipfile import ZipFile

import pytest

import logoflow as lf
from tools import bundle
from tools.notebooks import notebook_paths

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A bundle without packages, with a small sample and one page."""
    home = tmp_path_factory.mktemp("bundle")
    sample = lf.make_sample(home / "sample-2", brands=2, train=1, val=1, test=1, no_logo=2)
    (home / "site").mkdir()
    (home / "site" / "index.html").write_text("<h1>logoflow</h1>")
    bundle.fill(home / "a class", [VERSION], home / "site", sample.parent, solutions=True)
    return home / "a class"


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "a class")


def install(folder, *arguments, path=os.environ["PATH"], **variables):
    environment = {"PATH": path, "HOME": str(folder), **variables}
    return subprocess.run(
        ["/bin/sh", "install.sh", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bundle_has_notebooks_pages_data_and_an_installer(folder):
    names = [path.name for path in notebook_paths()]

    assert sorted(path.name for path in (folder / "notebooks").iterdir()) == names
    assert sorted(p.name for p in (folder / "notebooks-with-solutions").iterdir()) == names
    assert (folder / "pages" / "index.html").is_file()
    assert (folder / "docs" / "glossary.md").is_file()
    assert len(list((folder / "data" / "sample-2").rglob("*.jpg"))) == 12
    for name in ("install.sh", "README.txt", "requirements.txt", "LICENSE"):
        assert (folder / name).is_file()


def test_versions_are_filled_in(folder):
    readme = (folder / "README.txt").read_text()

    assert f"logoflow {lf.__version__}" in readme
    assert f"You need Python {VERSION} with" in readme
    assert "@" not in readme + (folder / "install.sh").read_text().replace('"$@"', "")


def test_solutions_are_left_out_unless_they_are_asked_for():
    assert bundle.parse(["3.13"]).solutions is False


def test_a_python_without_packages_is_refused(capsys):
    with pytest.raises(SystemExit):
        bundle.parse(["3.9"])
    assert "no packages for Python 3.9" in capsys.readouterr().err


def test_the_packages_are_those_of_the_learners_python():
    lines = {python: bundle.locked_for(f"{python}.1") for python in bundle.PYTHONS}

    assert "\nsetuptools==" in lines["3.14"]
    assert len(set(lines.values())) > 1
    for text in lines.values():
        names = [line.split("==")[0] for line in text.splitlines() if "==" in line]
        assert len(names) == len(set(names)) > 100
        assert ";" not in text
        assert text.count("--hash=sha256:") > len(names)


def test_the_checksums_are_of_all_files(folder):
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]

    assert sums.keys() == {path.relative_to(folder).as_posix() for path in files}
    for name, checksum in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum


def test_the_archive_has_one_folder_and_keeps_the_installer_executable(copy):
    with ZipFile(bundle.pack(copy)) as archive:
        infos = {info.filename: info for info in archive.infolist()}

    assert {name.split("/")[0] for name in infos} == {copy.name}
    assert infos[f"{copy.name}/install.sh"].external_attr >> 16 & 0o100


def test_the_installer_names_a_python_that_does_not_fit(copy):
    (copy / "install.sh").write_text(
        (copy / "install.sh").read_text().replace(f'pythons="{VERSION}"', 'pythons="2.6"')
    )
    result = install(copy, PYTHON=sys.executable)

    assert result.returncode == 1
    assert f"{sys.executable} is Python {VERSION}" in result.stderr
    assert "packages for Python 2.6" in result.stderr
    assert not (copy / ".venv").exists()


def test_the_installer_says_that_there_is_no_python(copy, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "uname"):
        (tools / name).symlink_to(shutil.which(name))
    result = install(copy, path=str(tools))

    assert result.returncode == 1
    assert "none of these was found" in result.stderr
    assert "python3 is Python (not found)" in result.stderr


def test_the_installer_names_a_file_that_was_damaged(copy):
    (copy / "LICENSE").write_text("cut off")
    result = install(copy, PYTHON=sys.executable)

    assert result.returncode == 1
    assert "LICENSE: FAILED" in result.stdout
    assert "Unpack it again" in result.stderr


def test_an_installed_bundle_opens_jupyterlab_with_its_own_data(copy):
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$LOGOFLOW_DATA" "$@"\n')
    python.chmod(0o755)
    (copy / ".venv" / "complete").touch()
    result = install(copy, "--port=9000")

    assert result.returncode == 0
    assert result.stdout.startswith(f"{copy}/data -m jupyterlab ")
    assert result.stdout.endswith(" --port=9000\n")
