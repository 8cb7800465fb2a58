"""Fixtures of the tests of backbones. No test uses the internet or the user's MXNet folder."""

from pathlib import Path
from typing import NamedTuple

import pytest

from logoflow.web.serve_folder import serve_folder


@pytest.fixture(autouse=True)
def own_mxnet_home(tmp_path, monkeypatch) -> Path:
    """An empty $MXNET_HOME."""
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "mxnet"))
    return tmp_path / "mxnet"


class Served(NamedTuple):
    """A folder and the URL at which its files are served."""

    folder: Path
    address: str


@pytest.fixture
def served(tmp_path, monkeypatch) -> Served:
    """A local server instead of MXNet's bucket and the ONNX Model Zoo. It has no files yet."""
    folder = tmp_path / "served"
    folder.mkdir()
    with serve_folder(folder) as address:
        monkeypatch.setenv("MXNET_GLUON_REPO", address)
        monkeypatch.setenv("LOGOFLOW_ONNX_REPO", address)
        yield Served(folder, address)
