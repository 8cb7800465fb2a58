import numpy as np
import pytest

from logoflow.datasets.subsets import subset_per_brand
from logoflow.evaluation.measure import assess
from logoflow.evaluation.results import TrainingResult
from logoflow.evaluation.runs import DECISION_RULES, assess_result, train_or_load, training_key
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level
from logoflow.training.fit import fit

WHOLE, FEW_WINDOWS = Level("whole"), Level("few-windows")


def test_a_stored_result_agrees_with_the_saved_classifier(
    small_root, tmp_path, tiny, forbid_training
):
    model = tmp_path / "model"
    trained = train_or_load(
        small_root, tmp_path, tiny, levels=(WHOLE, FEW_WINDOWS), model_folder=model, quiet=True
    )
    forbid_training()
    loaded = train_or_load(small_root, tmp_path, tiny, levels=(FEW_WINDOWS,), model_folder=model)
    classifier = LogoClassifier.load(model)
    for level in (WHOLE, FEW_WINDOWS):
        expected = assess(classifier, small_root, level=level)
        for result in (trained, loaded):
            assessment = assess_result(result, small_root, level=level)
            assert np.allclose(assessment.probabilities, expected.probabilities, atol=1e-5)
            assert np.array_equal(assessment.answers, expected.answers)
            assert assessment.paths == expected.paths
    assert trained.seconds > 0


def test_a_training_whose_last_epochs_failed_is_not_stored(small_root, tmp_path, tiny, replace_fit):
    replace_fit(lambda root, refit_epochs=0, **settings: fit(root, **settings))
    with pytest.raises(RuntimeError, match="last epochs on all photos failed"):
        train_or_load(small_root, tmp_path, {**tiny, "refit_epochs": 1}, quiet=True)
    assert not list(tmp_path.glob("*.npz"))


@pytest.mark.slow
def test_a_new_level_trains_again_and_keeps_the_levels_before(
    small_root, tmp_path, tiny, forbid_training
):
    train_or_load(small_root, tmp_path, tiny, quiet=True)
    both = train_or_load(small_root, tmp_path, tiny, levels=(FEW_WINDOWS,), quiet=True)
    assert set(both.scores) == {WHOLE, FEW_WINDOWS}
    forbid_training()
    train_or_load(small_root, tmp_path, tiny, levels=(FEW_WINDOWS,))
    with pytest.raises(AssertionError, match="stored result"):
        train_or_load(small_root, tmp_path, tiny, levels=("windows",))


@pytest.mark.parametrize(
    "settings",
    [
        {"hard_negative_rounds": 2},
        {"recipe": "logoflow"},
        {"backgrounds": None},
        {"label_smoothing": 0.1},
        {"num_workers": 2},
        {"num_epochs": 10},
    ],
)
def test_default_values_do_not_change_the_key(small_root, settings):
    backbone = {"backbone": "efficientnet_lite0"}
    assert training_key(small_root, backbone | settings) == training_key(small_root, backbone)


def test_the_default_recipe_depends_on_the_backbone(small_root):
    by_default, regions = {}, {"backbone": "logo_lite0", "recipe": "regions"}
    assert training_key(small_root, by_default) == training_key(small_root, regions)
    crops = {"backbone": "logo_lite0", "recipe": "logoflow"}
    assert training_key(small_root, by_default) != training_key(small_root, crops)


def test_everything_that_changes_the_result_changes_the_key(small_root, tmp_path):
    few = subset_per_brand(small_root, tmp_path / "few", 2)
    keys = [
        training_key(small_root, {}),
        training_key(small_root, {"hard_negative_rounds": 1}),
        training_key(small_root, {"label_smoothing": 0.2}),
        training_key(small_root, {"recipe": "article"}),
        training_key(small_root, {"image_size": 64}),
        training_key(small_root, {"fine_tune": False}),
        training_key(small_root, {"backbone": "efficientnet_lite0"}),
        training_key(small_root, {"backbone": ["efficientnet_lite0"] * 2}),
        training_key(few, {}),
    ]
    assert len(set(keys)) == len(keys)


def test_former_names_of_settings_are_refused(small_root):
    with pytest.raises(ValueError, match="hard_negative_rounds=2"):
        training_key(small_root, {"rounds": 2})


@pytest.fixture
def result():
    """Three photos. Calibration makes no-logo likelier, and the threshold rejects all brands."""
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.1, 0.1, 0.8]])
    decision = Decision(no_logo_bias=0.5, threshold=0.9, false_positive_rate=0.02, photos=3)
    return TrainingResult(
        ("adidas", "aldi", "no-logo"),
        ("adidas/1.jpg", "aldi/2.jpg", "no-logo/3.jpg"),
        np.array([0, 1, 2]),
        {WHOLE: np.log(shares)},
        {WHOLE: decision},
        60.0,
    )


@pytest.mark.parametrize(
    ("decision_rule", "answers"),
    [("likeliest", [0, 1, 2]), ("calibrated", [0, 2, 2]), ("threshold", [2, 2, 2])],
)
def test_decision_rules_give_different_answers(result, decision_rule, answers):
    assessment = assess_result(result, "root", decision_rule=decision_rule)
    assert assessment.answers.tolist() == answers


def test_the_threshold_does_not_change_the_probabilities(result):
    likeliest, calibrated, threshold = (
        assess_result(result, "root", decision_rule=rule).probabilities for rule in DECISION_RULES
    )
    assert np.array_equal(calibrated, threshold)
    assert np.allclose(likeliest, np.exp(result.scores[WHOLE]))


def test_unknown_rules_and_levels_are_refused(result):
    with pytest.raises(ValueError, match="choose one of likeliest, calibrated, threshold"):
        assess_result(result, "root", decision_rule="guess")
    with pytest.raises(ValueError, match='no scores for level "windows", only for "whole"'):
        assess_result(result, "root", level="windows")


def test_the_level_auto_is_refused_before_the_training(small_root, tmp_path):
    with pytest.raises(ValueError, match='"auto" has no scores to store'):
        train_or_load(small_root, tmp_path, {}, levels=("whole", "auto"))
    assert not list(tmp_path.iterdir())
