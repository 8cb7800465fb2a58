from functools import wraps

import numpy as np
import pytest

from logoflow.datasets.subsets import subset_per_brand
from logoflow.evaluation import runs as study_runs
from logoflow.evaluation.ablation import SET_UPS, SEVERAL, STEPS, Step
from logoflow.evaluation.assessment import FIGURES, assess
from logoflow.evaluation.experiments import photos_curve, run_steps
from logoflow.evaluation.linear_probe import _rows, assess_head, photo_features
from logoflow.evaluation.runs import _digest, assessment_of, run
from logoflow.evaluation.tables import ablation_table, mean_summary
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.levels import Level
from logoflow.plots.training import plot_photos_curve
from logoflow.training.fit import fit

TINY = {"backbone": "lenet5", "recipe": "logoflow", "num_epochs": 1, "image_size": 64}
FEW = Level("few-windows")
WAYS = ("likeliest", "calibrated", "threshold")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def results(small_root, folder):
    """Three steps: two trainings, one of them looked at in two ways."""
    steps = [
        Step("plain", {"use_boxes": False}, decided="likeliest"),
        Step("crops", {}, decided="likeliest"),
        Step("closer", {}, Level("few-windows"), decided="threshold"),
    ]
    return dict(run_steps(small_root, steps, folder, seeds=(0, 1), **TINY))


@pytest.fixture
def instead(monkeypatch):
    """Let a function train in place of `fit`, under its name."""

    def replace(learn):
        monkeypatch.setattr(study_runs, "fit", wraps(fit)(learn))

    return replace


def never(*_, **__):
    raise AssertionError("This was trained before.")


def test_every_step_is_assessed_for_every_seed_and_trained_once(results, folder):
    assert [len(found) for found in results.values()] == [2, 2, 2]
    assert len(list(folder.glob("*.npz"))) == 4, "two trainings by two seeds; levels train nothing"
    first, second = results["plain"]
    assert not np.array_equal(first.probabilities, second.probabilities)
    assert np.array_equal(first.truth, second.truth)


def test_an_interrupted_study_goes_on_where_it_was(small_root, tmp_path, instead):
    steps = [
        Step("one", {"use_boxes": False}),
        Step("two", {}),
        Step("three", {"use_no_logo": False}),
    ]

    def dies_at_the_third(root, use_no_logo=True, **settings):
        if not use_no_logo:
            raise KeyboardInterrupt
        return fit(root, use_no_logo=use_no_logo, **settings)

    instead(dies_at_the_third)
    study = run_steps(small_root, steps, tmp_path, **TINY)
    done = [next(study), next(study)]
    with pytest.raises(KeyboardInterrupt):
        next(study)
    assert len(list(tmp_path.iterdir())) == 2, "nothing half done is left"

    instead(never)
    again = run_steps(small_root, steps[:2], tmp_path, **TINY)
    for (name, (before,)), (same, (after,)) in zip(done, again, strict=True):
        assert name == same
        assert np.array_equal(before.probabilities, after.probabilities)


def test_a_kept_run_says_what_assess_says(small_root, tmp_path, instead):
    found = run(small_root, tmp_path, TINY, levels=("whole", FEW), keep=tmp_path / "model")
    classifier = LogoClassifier.load(tmp_path / "model")
    instead(never)
    again = run(small_root, tmp_path, TINY, levels=(FEW,), keep=tmp_path / "model")
    for level in ("whole", FEW):
        expected = assess(classifier, small_root, level=level)
        for kept in (found, again):
            assessment = assessment_of(kept, small_root, level=level)
            assert np.allclose(assessment.probabilities, expected.probabilities, atol=1e-5)
            assert np.array_equal(assessment.answers, expected.answers)
            assert assessment.paths == expected.paths
    assert found.seconds > 0


def test_a_training_without_its_last_epochs_is_not_kept(small_root, tmp_path, instead):
    instead(lambda root, refit_epochs=0, **settings: fit(root, **settings))  # as if they failed
    with pytest.raises(RuntimeError, match="last epochs on all photos failed"):
        run(small_root, tmp_path, {**TINY, "refit_epochs": 1})
    assert not list(tmp_path.glob("*.npz"))


def test_levels_that_were_not_kept_are_trained_anew(small_root, tmp_path, instead):
    run(small_root, tmp_path, TINY)
    assert set(run(small_root, tmp_path, TINY, levels=(FEW,)).scores) == {Level("whole"), FEW}
    instead(never)
    run(small_root, tmp_path, TINY, levels=(FEW,))
    with pytest.raises(AssertionError, match="trained before"):
        run(small_root, tmp_path, TINY, levels=("windows",))


def test_three_ways_to_decide(small_root, folder, results):
    found = run(small_root, folder, TINY, levels=("whole", FEW))
    by = {how: assessment_of(found, small_root, level=FEW, decided=how) for how in WAYS}
    assert np.array_equal(by["likeliest"].answers, found.scores[FEW].argmax(axis=1))
    assert np.array_equal(by["calibrated"].answers, by["calibrated"].probabilities.argmax(axis=1))
    assert np.array_equal(by["calibrated"].probabilities, by["threshold"].probabilities)
    assert found.decisions[FEW].threshold is not None


def test_a_runs_name_tells_what_decides_its_result(small_root, tmp_path):
    def name(root=small_root, **settings):
        return _digest(root, settings)

    assert (
        name() == name(hard_negative_rounds=2) == name(backgrounds=None) == name(recipe="logoflow")
    )
    assert name(label_smoothing=0.1) == name(), "the recipe's own value"
    few = subset_per_brand(small_root, tmp_path / "few", 2)
    others = [
        name(hard_negative_rounds=1),
        name(label_smoothing=0.2),
        name(recipe="article"),
        name(image_size=64),
        name(backbone=["efficientnet_lite0"] * 2),
        name(few),
    ]
    assert len({name(), *others}) == 7


def test_the_steps_come_to_fit_as_it_is_and_go_beyond(small_root):
    one, several, closer, known, closest, last = STEPS[-6:]
    first_of_ours = STEPS[2]
    assert _digest(small_root, one.settings) == _digest(small_root, SET_UPS[0].settings)
    assert (one.level, one.decided) == (Level("windows"), "threshold")
    assert several.settings == {**one.settings, "backbone": SEVERAL}
    assert several.settings == closer.settings == known.settings == closest.settings
    assert str(several.level) == "windows"
    assert str(closer.level) == "more-windows"
    assert str(known.level) == "more-windows, match_logos"
    assert last.settings == {**closest.settings, "refit_epochs": 4}
    assert str(closest.level) == "more-windows, match_logos, read_names"
    assert (closest.decided, last.decided, last.level) == ("threshold", "threshold", closest.level)
    assert (first_of_ours.level, first_of_ours.decided) == (Level("whole"), "likeliest")
    for before, after in zip(STEPS[2:], STEPS[3:], strict=False):
        assert before._replace(name="") != after._replace(name=""), f"{after.name} adds nothing"


def test_the_tables_hold_their_values_within_their_intervals(results):
    table = ablation_table(results, "brand top-1", samples=200)
    assert list(table.index) == ["plain", "crops", "closer"]
    assert np.isnan(table.loc["plain", ["change", "low", "high"]].astype(float)).all()
    top1 = {name: np.mean([a.brand_top1 for a in found]) for name, found in results.items()}
    assert table["brand top-1"].to_dict() == pytest.approx(top1)
    for before, after in (("plain", "crops"), ("crops", "closer")):
        row = table.loc[after]
        assert row["change"] == pytest.approx(top1[after] - top1[before])
        assert row["low"] <= row["change"] <= row["high"]

    first = ablation_table(results, "brand top-1", samples=200, against_first=True)
    for name in ("crops", "closer"):
        assert first.loc[name, "change"] == pytest.approx(top1[name] - top1["plain"])

    summary = mean_summary(results["plain"], samples=200)
    assert list(summary.index) == list(FIGURES)
    bounded = summary.drop("calibration error")  # draws of few photos have larger gaps
    assert (bounded["low"] <= bounded["value"]).all()
    assert (bounded["value"] <= bounded["high"]).all()


def test_the_same_answers_twice_are_no_change_at_all(results):
    table = ablation_table({"a": results["plain"], "b": results["plain"]}, samples=50)
    assert table.loc["b", ["change", "low", "high"]].tolist() == [0, 0, 0]


def test_steps_of_different_photos_are_not_compared(results):
    (assessment, _) = results["plain"]
    fewer = assessment.without(assessment.paths[:1])
    with pytest.raises(ValueError, match="different test photos"):
        ablation_table({"all": [assessment], "fewer": [fewer]}, samples=5)


def test_the_curve_has_a_point_for_each_count(small_root, folder, results):
    curve = photos_curve(small_root, folder, (1, None), **TINY)
    points = dict(curve)
    assert list(points) == ["1", "all"]
    assert np.array_equal(points["all"][0].truth, points["1"][0].truth)
    assert not np.array_equal(points["all"][0].probabilities, points["1"][0].probabilities)


def test_a_small_fine_tuning_goes_through(small_root, tmp_path):
    steps = [STEPS[2], SET_UPS[0]._replace(level=Level("more-windows", match_logos=True))]
    results = dict(
        run_steps(small_root, steps, tmp_path, num_epochs=2, image_size=64, batch_size=8)
    )
    assert len(ablation_table(results, samples=20)) == 2


@pytest.fixture(scope="module")
def features(small_root):
    return photo_features(small_root, image_size=64)


def test_features_hold_every_photo_once_a_pass(small_root, features):
    assert [len(labels) for _, labels in features[1:4]] == [2 * (14 + 2), 14, 14]
    first, second = np.split(features.train[1], 2)
    assert np.array_equal(first, second)
    assert not np.array_equal(*np.split(features.train[0], 2)), "cropped anew"
    assert [path.parent.name for path in features.test_paths] == [
        features.classes[int(label)] for label in features.test[1]
    ]


def test_an_output_layer_learns_from_the_photos_it_is_given(features):
    few = {"num_epochs": 3}
    whole = assess_head(features, **few)
    assert np.array_equal(whole.probabilities, assess_head(features, **few).probabilities)
    choices = [{"photos": 1}, {"use_no_logo": False}, {"class_weights": [5, 1, 1]}, {"seed": 1}]
    others = [assess_head(features, **choice, **few) for choice in choices]
    for other in others:
        assert np.array_equal(other.truth, whole.truth)
        assert not np.allclose(other.probabilities, whole.probabilities)


@pytest.mark.parametrize(
    ("photos", "use_no_logo", "counts"),
    [(None, True, [8, 8, 16]), (1, True, [2, 2, 16]), (3, False, [6, 6, 0])],
)
def test_a_photo_is_kept_in_all_its_passes_or_in_none(features, photos, use_no_logo, counts):
    rows = _rows(features, photos, use_no_logo, 0)
    assert np.bincount(features.train[1][rows].astype(int), minlength=3).tolist() == counts
    assert set(rows[: len(rows) // 2] + 16) == set(rows[len(rows) // 2 :])


def test_the_curves_bars_are_the_intervals(results, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "logoflow.plots.training.show_figure", lambda figure, *_: shown.append(figure)
    )
    summaries = {
        name: mean_summary(results[step], ["brand top-1"], samples=200)
        for name, step in (("2", "plain"), ("all", "crops"))
    }
    plot_photos_curve(summaries)
    (axis,) = shown[0].axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["2", "all"]
    summary = summaries["all"].loc["brand top-1"]
    low, high = axis.containers[0].lines[2][0].get_segments()[1][:, 1]
    assert (low, high) == pytest.approx((summary["low"], summary["high"]))
