import shutil

import numpy as np
import pytest

from logoflow.evaluation.ablation import ABLATION, SETUPS, Experiment
from logoflow.evaluation.experiments import photos_curve, run_experiments
from logoflow.evaluation.tables import ablation_table
from logoflow.inference.levels import Level
from logoflow.training.fit import fit

pytestmark = pytest.mark.slow


def test_every_experiment_is_assessed_for_every_seed(study):
    assert [len(assessments) for assessments in study.values()] == [2, 2, 2]
    first, second = study["plain"]
    assert not np.array_equal(first.probabilities, second.probabilities)
    assert np.array_equal(first.truth, second.truth)


def test_experiments_with_the_same_settings_share_a_training(study, study_folder):
    assert len(list(study_folder.glob("*.npz"))) == 4, "two trainings with two seeds"
    crops, closer = study["crops"][0], study["closer"][0]
    assert not np.array_equal(crops.probabilities, closer.probabilities)


def test_an_interrupted_study_continues(small_root, tmp_path, tiny, replace_fit, forbid_training):
    experiments = [
        Experiment("one", {"use_boxes": False}),
        Experiment("two", {}),
        Experiment("three", {"use_no_logo": False}),
    ]

    def interrupted_at_the_third(root, use_no_logo=True, **settings):
        if not use_no_logo:
            raise KeyboardInterrupt
        return fit(root, use_no_logo=use_no_logo, **settings)

    replace_fit(interrupted_at_the_third)
    study = run_experiments(small_root, experiments, tmp_path, **tiny)
    finished = [next(study), next(study)]
    with pytest.raises(KeyboardInterrupt):
        next(study)
    assert len(list(tmp_path.iterdir())) == 2, "no file of the third"

    forbid_training()
    again = run_experiments(small_root, experiments[:2], tmp_path, **tiny)
    for (name, (before,)), (same_name, (after,)) in zip(finished, again, strict=True):
        assert name == same_name
        assert np.array_equal(before.probabilities, after.probabilities)


def test_the_curve_has_a_point_for_each_count(small_root, study_folder, study, tiny, tmp_path):
    folder = shutil.copytree(study_folder, tmp_path / "curve")  # with the training on all photos
    points = dict(photos_curve(small_root, folder, (1, None), **tiny))
    assert list(points) == ["1", "all"]
    (one,), (all_photos,) = points.values()
    assert np.array_equal(one.truth, all_photos.truth)
    assert not np.array_equal(one.probabilities, all_photos.probabilities)


def test_experiments_run_with_a_pretrained_network(small_root, tmp_path):
    matching = SETUPS[0]._replace(level=Level("more-windows", match_logos=True))
    settings = {"num_epochs": 2, "image_size": 64, "batch_size": 8}
    settings["backbone"] = "efficientnet_lite0"
    results = dict(run_experiments(small_root, [ABLATION[2], matching], tmp_path, **settings))
    assert ablation_table(results, samples=20).index.tolist() == [ABLATION[2].name, matching.name]
