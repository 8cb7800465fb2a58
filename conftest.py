"""An empty folder to work in for the examples in the docstrings, and no figures on a screen."""

import os

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def folder_for_examples(request, tmp_path, monkeypatch):
    """Run each docstring's examples in an empty folder of their own."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setitem(os.environ, "LOGOFLOW_PROGRESS", "0")
        mpl.use("Agg")
