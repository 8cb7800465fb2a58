"""Homes that cannot be written lead to another folder, or to a sentence that names the variable."""

import os

import pytest

from logoflow.errors import AddressError
from logoflow.utils import paths
from logoflow.utils.files import write_text
from logoflow.utils.paths import cache_home, data_home, runs_home


@pytest.fixture
def read_only_checkout(tmp_path, monkeypatch):
    """A checkout that cannot be written. Tests may run as root, who can write anywhere."""
    for name in ("LOGOFLOW_DATA", "LOGOFLOW_RUNS"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(paths, "checkout", lambda: tmp_path)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path and allowed(path, mode))
    return tmp_path


def test_a_read_only_checkout_is_left_alone(read_only_checkout):
    assert paths.data_home() == paths.cache_home() / "data"
    assert paths.runs_home() == paths.cache_home() / "runs"


def test_a_checkout_that_can_be_written_holds_data_and_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("LOGOFLOW_DATA")
    monkeypatch.setattr(paths, "checkout", lambda: tmp_path)
    assert paths.data_home() == tmp_path / "data"


@pytest.mark.parametrize("variable", ["LOGOFLOW_HOME", "LOGOFLOW_DATA", "LOGOFLOW_RUNS"])
def test_a_home_that_cannot_be_made_names_its_variable(tmp_path, monkeypatch, variable):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(variable, str(tmp_path / "file" / "home"))
    home = {
        "LOGOFLOW_HOME": paths.cache_home,
        "LOGOFLOW_DATA": paths.data_home,
        "LOGOFLOW_RUNS": paths.runs_home,
    }[variable]()
    with pytest.raises(NotADirectoryError, match=f"set {variable} to a folder"):
        write_text(home / "photos" / "list.txt", "")


@pytest.mark.parametrize(
    ("folder", "variable"),
    [(cache_home, "LOGOFLOW_HOME"), (data_home, "LOGOFLOW_DATA"), (runs_home, "LOGOFLOW_RUNS")],
)
def test_homes_are_expanded_and_other_machines_are_refused(folder, variable, tmp_path, monkeypatch):
    monkeypatch.setenv("DISK", str(tmp_path))
    for written in ("$DISK/mine", (tmp_path / "mine").as_uri()):
        monkeypatch.setenv(variable, written)
        assert folder() == tmp_path / "mine"
    monkeypatch.setenv(variable, "s3://bucket/mine")
    with pytest.raises(AddressError, match="s3://bucket/mine is not on this machine"):
        folder()


def test_other_folders_get_no_advice(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError) as caught:
        write_text(tmp_path / "file" / "list.txt", "")
    assert "set LOGOFLOW" not in str(caught.value)
