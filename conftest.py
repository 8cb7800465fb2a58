"""For the examples in the docstrings: a folder, a saved model, and no figures on a screen."""

import os
import shutil

import matplotlib as mpl
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def folder_for_examples(request, tmp_path, monkeypatch):
    """Run each docstring's examples in an empty folder of their own."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setitem(os.environ, "LOGOFLOW_PROGRESS", "0")
        mpl.use("Agg")
        if any('load("my-model")' in example.source for example in request.node.dtest.examples):
            shutil.copytree(request.getfixturevalue("saved_model"), "my-model")
            Image.new("RGB", (400, 300), "grey").save("photo.jpg")


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory):
    """The folder of a small untrained model, which examples load as "my-model"."""
    import logoflow as lf

    net = lf.finetune_net(3, "logo_lite0")
    classifier = lf.LogoClassifier(net, ("bmw", "ford", "no-logo"), lf.val_test_augs)
    return classifier.save(tmp_path_factory.mktemp("my-model"))
