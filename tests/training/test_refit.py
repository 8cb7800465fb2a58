from pathlib import Path

import mxnet as mx
import numpy as np
import pytest

from logoflow.datasets.prepared import read_boxes
from logoflow.errors import ClassListError
from logoflow.evaluation.measure import assess
from logoflow.inference.classifier import LogoClassifier
from logoflow.training import refit as refitting
from logoflow.training.fit import fit
from logoflow.training.refit import refit

pytestmark = pytest.mark.slow

LEVELS = ("whole", "more-windows, match_logos")
QUICK = {"image_size": 64, "num_epochs": 1, "batch_size": 8, "levels": LEVELS, "quiet": True}


@pytest.fixture(scope="module")
def fitted(small_root):
    return fit(small_root, ["efficientnet_lite0"] * 2, **QUICK, false_positive_rate=0.2)


@pytest.fixture(scope="module")
def grown(fitted, small_root):
    return refit(fitted, small_root, num_epochs=1)


def normalisation_of(augs):
    (aug,) = (aug for aug in augs if isinstance(aug, mx.image.ColorNormalizeAug))
    return aug.mean.asnumpy().tolist(), aug.std.asnumpy().tolist()


def weights(classifier):
    return [p.data().asnumpy() for p in classifier.net.collect_params().values()]


def test_all_nets_learn_on_and_what_was_decided_stays(fitted, grown, small_root):
    for was, now in zip(fitted.net.members, grown.net.members, strict=True):
        outputs = [net.output.weight.data().asnumpy() for net in (was, now)]
        assert not np.allclose(*outputs)
    assert (grown.decisions, grown.level) == (fitted.decisions, fitted.level)
    assert grown.metadata["refit_epochs"] == 1
    assert len(assess(grown, small_root).truth) == 14


def test_validation_photos_measure_nothing_any_more(fitted, grown, small_root, recwarn):
    assess(fitted, small_root, "val_data")
    assert not [one for one in recwarn if one.category is UserWarning]
    with pytest.warns(UserWarning, match="trained on the validation photos"):
        assess(grown, small_root, "val_data")


def test_the_validation_photos_logos_are_known_afterwards(fitted, grown, small_root):
    drawn = read_boxes(small_root)
    in_training = sum(len(boxes) for name, boxes in drawn.items() if name.startswith("train_data"))
    logos = [len(one.matcher.index.brands) for one in (fitted, grown)]
    assert logos[0] <= in_training < logos[1]


def test_what_was_given_and_where_it_lies_stay_as_they_were(fitted, small_root):
    before, files = weights(fitted), sorted(small_root.rglob("*"))
    refit(fitted, small_root, num_epochs=1)
    assert sorted(small_root.rglob("*")) == files
    for was, kept in zip(before, weights(fitted), strict=True):
        assert np.array_equal(was, kept)


def test_it_learns_from_all_photos_by_the_settings_of_before(small_root, tmp_path, monkeypatch):
    seen = []

    def spy(net, ctx, loader, val_data, *rest, **options):
        seen.append((loader.dataset, rest, options))

    how = {"num_epochs": 1, "learning_rate": 0.02, "label_smoothing": 0.3}
    classifier = fit(small_root, "lenet5", image_size=64, levels=("whole",), quiet=True, **how)
    monkeypatch.setattr(refitting, "train", spy)
    grown = refit(classifier, small_root)
    ((photos, rest, options),) = seen
    names = {Path(path).name for path, _ in photos.items[: photos._num_photos]}
    assert len(names) == 28
    assert rest[0:1] == (None,)
    assert rest[5] == 0.01
    assert options["recipe"].label_smoothing == 0.3
    assert normalisation_of(grown.augs) == normalisation_of(classifier.augs)
    assert normalisation_of(photos.augs) == normalisation_of(classifier.augs)


def test_fit_does_it_when_asked_and_the_result_is_saved_as_any(small_root, tmp_path):
    classifier = fit(
        small_root, "efficientnet_lite0", **{**QUICK, "levels": ("whole",)}, refit_epochs=1
    )
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    assert again.metadata["refit_epochs"] == 1
    a, b = assess(classifier, small_root), assess(again, small_root)
    assert np.allclose(a.probabilities, b.probabilities, atol=1e-4)


def test_what_cannot_learn_on_is_refused(fitted, small_root, tmp_path):
    for metadata in ({}, {"image_size": 64}, {**fitted.metadata, "int8": {}}):
        other = LogoClassifier(fitted.net, fitted.classes, fitted.augs, metadata)
        with pytest.raises(ValueError, match="refit needs a classifier that fit returned"):
            refit(other, small_root)
    (tmp_path / "classes.json").write_text('["adidas", "no-logo", "ups"]')
    with pytest.raises(ClassListError):
        refit(fitted, tmp_path)


def test_a_model_of_an_earlier_version_can_learn_on(small_root, fitted):
    metadata = fitted.metadata
    recipe = {
        name: metadata["plan"][name] for name in ("name", "batch_size", "learning_rate", "wd")
    }
    former = {
        "plan": recipe | {"averaging": 0.9, "head_multiplier": 2.0},
        "image_size": metadata["image_size"],
        "rounds": 1,
        "negatives": True,
        "boxes": True,
        "class_weights": None,
        "seed": 0,
    }
    net = fitted.net
    older = LogoClassifier(net, fitted.classes, fitted.augs, former, matcher=fitted.matcher)
    assert refit(older, small_root, num_epochs=1).metadata["refit_epochs"] == 1
