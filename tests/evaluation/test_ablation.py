import pytest

from logoflow.evaluation.ablation import (
    ABLATION,
    ENSEMBLE_BACKBONES,
    SETUPS,
    Change,
    Experiment,
    accumulate_changes,
)
from logoflow.evaluation.runs import training_key
from logoflow.inference.levels import Level


def test_each_experiment_keeps_the_changes_before_its_own():
    start = Experiment("start", {"use_boxes": False}, decision_rule="likeliest")
    changes = [
        Change("+ boxes", {"use_boxes": True}),
        Change("+ windows", level="windows"),
        Change("+ threshold", {"refit_epochs": 4}, decision_rule="threshold"),
    ]
    assert accumulate_changes(start, changes) == (
        start,
        Experiment("+ boxes", {"use_boxes": True}, Level(), "likeliest"),
        Experiment("+ windows", {"use_boxes": True}, "windows", "likeliest"),
        Experiment("+ threshold", {"use_boxes": True, "refit_epochs": 4}, "windows", "threshold"),
    )


@pytest.mark.parametrize("index", range(1, len(ABLATION)), ids=lambda i: ABLATION[i].name)
def test_no_experiment_repeats_the_one_before_it(index):
    before, after = ABLATION[index - 1 : index + 1]
    assert before._replace(name=after.name) != after


def test_the_single_network_of_the_study_is_that_of_the_setups(small_root):
    single, backbone = ABLATION[-6], {"backbone": "efficientnet_lite0"}
    assert single.name == "+ threshold for the target rate of false alarms"
    keys = [
        training_key(small_root, {**backbone, **settings})
        for settings in (single.settings, SETUPS[0].settings)
    ]
    assert keys[0] == keys[1]
    assert (single.level, single.decision_rule) == (Level("windows"), "threshold")


def test_the_last_experiments_look_closer_with_three_networks():
    single, *others = ABLATION[-6:]
    *unrefitted, last = others
    for experiment in unrefitted:
        assert experiment.settings == {**single.settings, "backbone": ENSEMBLE_BACKBONES}
    assert last.settings == {**unrefitted[-1].settings, "refit_epochs": 4}
    assert [str(experiment.level) for experiment in others] == [
        "windows",
        "more-windows",
        "more-windows, match_logos",
        "more-windows, match_logos, read_names",
        "more-windows, match_logos, read_names",
    ]
    assert {experiment.decision_rule for experiment in others} == {"threshold"}


def test_the_first_experiments_take_the_likeliest_class_of_the_whole_photo():
    for experiment in ABLATION[:3]:
        assert (experiment.level, experiment.decision_rule) == (Level("whole"), "likeliest")
