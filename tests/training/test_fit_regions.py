import json
import shutil
import time

import numpy as np
import pytest

from logoflow.datasets.prepared import photos_of
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net
from logoflow.training.fit import fit
from logoflow.training.fit_regions import (
    fit_region_head,
    left_out_evidence,
    photos_with_boxes,
)
from logoflow.training.refit import refit

pytestmark = pytest.mark.slow

GRID, REGIONS, WHOLE = Level("grid"), Level("regions"), Level("whole")


@pytest.fixture(scope="module")
def fitted(small_root):
    return fit(small_root, num_epochs=2, false_positive_rate=0.2, seed=3, quiet=True)


def right_answers(classifier, root) -> float:
    paths, truth = zip(*photos_of(root, "test_data"), strict=True)
    answers = classifier.predict(list(paths)).brand
    return float(np.mean([classifier.classes[label] for label in truth] == answers))


def test_with_boxes_the_default_is_fine_tuned_and_looks_at_regions(fitted, small_root):
    assert list(fitted.decisions) == [WHOLE, REGIONS]
    assert fitted.level == REGIONS
    assert fitted.metadata["recipe"] == "regions"
    assert fitted.metadata["history"]["step"] == [2]
    assert fitted.decisions[REGIONS].no_logo_photos > 6, "the background counts too"
    assert right_answers(fitted, small_root) > 0.8
    assert np.unique(fitted.prototypes.labels).tolist() == [0, 1, 2]


def test_it_saves_and_loads(fitted, small_root, tmp_path):
    again = LogoClassifier.load(fitted.save(tmp_path / "model"))
    paths = [path for path, _ in photos_of(small_root, "test_data")]
    assert np.array_equal(again.scores(paths), fitted.scores(paths))
    assert json.loads((tmp_path / "model" / "classifier.json").read_text())["level"] == "regions"


def test_a_seed_repeats_it_to_the_last_bit(small_root):
    settings = {"fine_tune": False, "false_positive_rate": 0.2, "seed": 1, "quiet": True}
    first, second = fit(small_root, **settings), fit(small_root, **settings)
    assert first.decisions == second.decisions
    assert np.array_equal(
        first.net.output.weight.data().asnumpy(), second.net.output.weight.data().asnumpy()
    )


def test_without_fine_tuning_only_the_output_layer_changes(small_root, fitted):
    heads = fit(small_root, fine_tune=False, false_positive_rate=0.2, quiet=True)
    assert heads.metadata["history"] == {}
    first_layer = heads.net.features[0].conv.weight.data().asnumpy()
    last_layer = heads.net.features[16].body[2].conv.weight.data().asnumpy()
    assert np.array_equal(first_layer, fitted.net.features[0].conv.weight.data().asnumpy())
    tuned = fitted.net.features[16].body[2].conv.weight.data().asnumpy()
    assert not np.array_equal(last_layer, tuned)


def test_a_budget_that_is_over_leaves_the_head(small_root):
    start = time.monotonic()
    classifier = fit(small_root, minutes=1e-9, false_positive_rate=0.2, quiet=True)
    assert classifier.metadata["history"] == {"step": [], "loss": []}
    assert classifier.decisions
    assert time.monotonic() - start < 120


def test_without_boxes_cross_validation_calibrates_on_all_photos(small_root):
    with pytest.warns(UserWarning, match="photos without a logo"):
        classifier = fit(small_root, use_boxes=False, quiet=True)
    counts = {split: len(photos_of(small_root, split)) for split in ("train_data", "val_data")}
    assert classifier.decisions[GRID].photos == sum(counts.values())
    assert classifier.level == GRID
    assert len(np.unique(classifier.prototypes.photos)) == sum(counts.values())


def test_no_photo_is_compared_with_itself_in_the_calibration(small_root):
    net = finetune_net(3, "logo_lite0")
    _, augs = make_augs("regions", net)
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=False)
    head = fit_region_head(net, augs, photos, no_logo=2, seed=0)
    classifier = LogoClassifier(
        net, ("adidas", "aldi", "no-logo"), augs, prototypes=head.prototypes
    )
    evidence, labels = left_out_evidence(classifier, head)
    assert labels == [label for _, label, _ in photos]
    (with_itself,) = collect_evidence(classifier, [photos[0][0]], [GRID])
    own = labels[0]
    grids = [one.parts(GRID) for one in (evidence[0], with_itself)]
    left_out, known = (grid.compare(np.arange(len(grid.logits)))[:, own] for grid in grids)
    assert (left_out <= known + 1e-6).all()
    assert left_out.mean() < known.mean() - 0.05


def test_without_validation_photos_cross_validation_calibrates(small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    for photo in (root / "val_data").glob("*/*"):
        photo.unlink()
    with pytest.warns(UserWarning, match="photos without a logo"):
        classifier = fit(root, use_boxes=False, quiet=True)
    assert classifier.decisions[GRID].photos == len(photos_of(root, "train_data"))
    with pytest.raises(ValueError, match="needs validation photos"):
        fit(root, quiet=True)  # with boxes, the validation photos choose the threshold


def test_one_photo_a_class_is_enough_but_is_not_calibrated(small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    for folder in [*(root / "train_data").iterdir(), *(root / "val_data").iterdir()]:
        keep = 1 if folder.parent.name == "train_data" else 0
        for photo in sorted(folder.iterdir())[keep:]:
            photo.unlink()
    with pytest.warns(UserWarning, match="only one photo, so the probabilities are not calibrated"):
        classifier = fit(root, use_boxes=False, quiet=True)
    assert classifier.decisions == {}
    assert right_answers(classifier, root) > 0.3


def test_other_levels_are_calibrated_on_the_validation_photos(small_root):
    settings = {"levels": ["few-windows"], "false_positive_rate": 0.2, "quiet": True}
    classifier = fit(small_root, use_boxes=False, **settings)
    assert classifier.decisions[Level("few-windows")].photos == len(
        photos_of(small_root, "val_data")
    )


def test_networks_from_scratch_and_other_backbones_keep_the_recipe_of_crops(small_root):
    with pytest.raises(ValueError, match='minutes need the recipe "regions"'):
        fit(small_root, "lenet5", minutes=1, quiet=True)
    with pytest.raises(ValueError, match='minutes need the recipe "regions"'):
        fit(small_root, "efficientnet_lite0", fine_tune=False, quiet=True)


def test_several_networks_share_the_regions(small_root):
    classifier = fit(
        small_root,
        ["logo_lite0", "logo_lite0"],
        num_epochs=1,
        false_positive_rate=0.2,
        quiet=True,
    )
    assert len(classifier.net.members) == 2
    assert classifier.prototypes.embeddings.shape[1] == 2 * 256
    assert classifier.level == REGIONS


def test_refit_goes_on_with_all_photos(fitted, small_root):
    refitted = refit(fitted, small_root, num_epochs=1)
    assert refitted.decisions == fitted.decisions
    assert refitted.metadata["refit_epochs"] == 1
    before, after = (one.net.output.weight.data().asnumpy() for one in (fitted, refitted))
    assert not np.array_equal(before, after)
    assert len(refitted.prototypes.labels) > len(fitted.prototypes.labels)


def test_without_boxes_refit_fits_the_output_layer_to_all_photos(small_root):
    settings = {"use_boxes": False, "levels": ["whole"], "false_positive_rate": 0.2}
    classifier = fit(small_root, use_no_logo=False, **settings, quiet=True)
    refitted = refit(classifier, small_root, num_epochs=1)
    before, after = (one.net.output.weight.data().asnumpy() for one in (classifier, refitted))
    assert not np.array_equal(before, after)


def test_photos_come_with_their_boxes_or_without(small_root):
    with_boxes = photos_with_boxes(small_root, ["train_data", "val_data"], use_boxes=True)
    without = photos_with_boxes(small_root, ["train_data", "val_data"], use_boxes=False)
    assert len(with_boxes) == len(without) == 28
    assert any(boxes for *_, boxes in with_boxes)
    assert not any(boxes for *_, boxes in without)
    brands_only = photos_with_boxes(small_root, ["train_data"], use_boxes=True, leave_out=2)
    assert {label for _, label, _ in brands_only} == {0, 1}
