"""A small study that several modules look at. It is trained once."""

from functools import wraps

import pytest

from logoflow.evaluation import runs
from logoflow.evaluation.ablation import Experiment
from logoflow.evaluation.experiments import run_experiments
from logoflow.training.fit import fit


@pytest.fixture(scope="session")
def tiny():
    """Settings of a training that takes about a second."""
    return {"backbone": "lenet5", "recipe": "logoflow", "num_epochs": 1, "image_size": 64}


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """The folder with the stored results of the study."""
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="session")
def study(small_root, study_folder, tiny):
    """Three experiments with two seeds. The last two share their trainings."""
    experiments = [
        Experiment("plain", {"use_boxes": False}, decision_rule="likeliest"),
        Experiment("crops", {}, decision_rule="likeliest"),
        Experiment("closer", {}, "few-windows"),
    ]
    return dict(run_experiments(small_root, experiments, study_folder, seeds=(0, 1), **tiny))


@pytest.fixture
def replace_fit(monkeypatch):
    """Let experiments call another function in place of `fit`."""

    def replace(function):
        # The key of a training depends on the arguments of `fit`.
        monkeypatch.setattr(runs, "fit", wraps(fit)(function))

    return replace


@pytest.fixture
def forbid_training(replace_fit):
    """Fail the test if a network is trained after this call."""

    def fail(*_, **__):
        raise AssertionError("This training has a stored result.")

    return lambda: replace_fit(fail)
