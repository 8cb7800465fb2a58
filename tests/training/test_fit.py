import json
import shutil

import numpy as np
import pytest

from logoflow.errors import NotPreparedError
from logoflow.evaluation.measure import assess
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.levels import Level
from logoflow.training import fit as fitting
from logoflow.training import strategies
from logoflow.training.fit import fit
from logoflow.training.losses import balanced_weights

pytestmark = pytest.mark.slow

WHOLE, FEW = Level("whole"), Level("few-windows")
QUICK = {"image_size": 64, "num_epochs": 2, "batch_size": 8, "levels": (WHOLE, FEW), "quiet": True}


@pytest.fixture(scope="module")
def fitted(small_root):
    return fit(small_root, "efficientnet_lite0", **QUICK, false_positive_rate=0.2, seed=3)


def test_the_classifier_comes_calibrated_for_every_level(fitted):
    assert list(fitted.decisions) == [WHOLE, FEW]
    assert fitted.level == FEW
    whole, closer = fitted.decisions[WHOLE], fitted.decisions[FEW]
    for one in (whole, closer):
        assert one.no_logo_photos > 6, "what lies beside the logos counts too"
        assert one.photos - one.no_logo_photos == 8
    assert None not in (whole.threshold, closer.threshold)


def test_it_saves_loads_and_answers_alike_and_can_be_assessed(fitted, small_root, tmp_path):
    again = LogoClassifier.load(fitted.save(tmp_path / "model"))
    a, b = assess(fitted, small_root), assess(again, small_root)
    assert np.array_equal(a.answers, b.answers)
    assert len(a.truth) == 14
    metadata = json.loads((tmp_path / "model" / "classifier.json").read_text())["metadata"]
    assert metadata["recipe"] == "logoflow"
    assert len(metadata["history"]["loss"]) == 2


def test_a_seed_repeats_it_to_the_last_bit(fitted, small_root):
    again = fit(small_root, "efficientnet_lite0", **QUICK, false_positive_rate=0.2, seed=3)
    assert again.decisions == fitted.decisions
    assert again.metadata["history"]["loss"] == fitted.metadata["history"]["loss"]
    pairs = zip(
        fitted.net.collect_params().values(), again.net.collect_params().values(), strict=True
    )
    # Running statistics among them: MXNet writes those behind its own scheduler's back.
    assert all(np.array_equal(a.data().asnumpy(), b.data().asnumpy()) for a, b in pairs)


def test_brands_alone_train_without_negatives_and_without_boxes(small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    classifier = fit(
        root, "efficientnet_lite0", **{**QUICK, "num_epochs": 1}, use_no_logo=False, use_boxes=False
    )
    assert classifier.decisions[WHOLE].threshold is not None  # validation still has no-logo photos


def test_a_wrong_setting_is_refused_before_anything_is_trained(small_root):
    with pytest.raises(ValueError, match="no argument speed"):
        fit(small_root, speed=3)


def test_a_net_from_nothing_learns_by_the_articles_recipe(small_root):
    settings = {"recipe": "article", "num_epochs": 2, "image_size": 224, "quiet": True}
    classifier = fit(small_root, "lenet5", **settings)
    assert [aug.__class__.__name__ for aug in classifier.augs] == ["CenterCropAug"]
    assert classifier.metadata["backbone"] == "lenet5"


def test_several_nets_answer_as_one_and_are_saved_as_one(small_root, tmp_path):
    classifier = fit(small_root, ["efficientnet_lite0"] * 2, **{**QUICK, "num_epochs": 1})
    assert classifier.net.architecture == "efficientnet_lite0 + efficientnet_lite0"
    assert len(classifier.metadata["history"]["loss"]) == 2
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    a, b = assess(classifier, small_root), assess(again, small_root)
    assert np.allclose(a.probabilities, b.probabilities, atol=1e-4)
    one, other = (net.output.weight.data().asnumpy() for net in classifier.net.members)
    assert not np.allclose(one, other)


def test_balanced_weights_may_be_asked_for_by_name(small_root):
    quick = {**QUICK, "num_epochs": 1, "levels": ("whole",)}
    named = fit(small_root, "efficientnet_lite0", **quick, class_weights="balanced")
    assert named.metadata["class_weights"] == balanced_weights(small_root)
    given = fit(
        small_root, "efficientnet_lite0", **quick, class_weights=balanced_weights(small_root)
    )
    assert named.metadata["history"]["loss"] == given.metadata["history"]["loss"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"false_positive_rate": 0}, "false_positive_rate is 0"),
        ({"false_positive_rate": 2}, "false_positive_rate is 2"),
        ({"levels": ("closest",)}, "no level 'closest'"),
        ({"levels": ("whole", "windows, read")}, "no switch read"),
        ({"levels": ()}, "give a list of levels"),
        ({"match_logos": True, "use_boxes": False}, "needs the boxes of the logos"),
        ({"class_weights": [1, 2]}, "2 class_weights, but 3 classes"),
        ({"class_weights": "heavy"}, 'numbers or "balanced"'),
    ],
)
def test_what_would_fail_at_the_end_is_refused_at_once(small_root, monkeypatch, wrong, message):
    def never(*_, **__):
        raise AssertionError("Training has begun.")

    monkeypatch.setattr(strategies, "train", never)
    with pytest.raises(ValueError, match=message):
        fit(small_root, "efficientnet_lite0", **wrong)


def test_a_failure_of_the_last_epochs_leaves_the_classifier_of_before(small_root, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fitting, "refit", full)
    quick = {**QUICK, "num_epochs": 1, "levels": ("whole",)}
    with pytest.warns(UserWarning, match=r"No space left.*refit\(classifier, root, num_epochs=4\)"):
        classifier = fit(small_root, "efficientnet_lite0", **quick, refit_epochs=4)
    assert "refit_epochs" not in classifier.metadata
    assert len(assess(classifier, small_root).truth) == 14


def test_backbones_that_do_not_go_together_are_refused_before_anything_is_trained(small_root):
    with pytest.raises(ValueError, match="normalised in different ways"):
        fit(small_root, ["efficientnet_lite0", "resnet18_v2"])
    with pytest.raises(ValueError, match="name at least one backbone"):
        fit(small_root, [])


def test_match_logos_remembers_the_logos_of_the_training_photos(small_root, tmp_path):
    quick = {**QUICK, "num_epochs": 1, "levels": (WHOLE, "few-windows")}
    classifier = fit(small_root, "efficientnet_lite0", **quick, match_logos=True)
    assert [str(level) for level in classifier.decisions] == ["whole", "few-windows, match_logos"]
    assert set(classifier.matcher.index.brands) <= {0, 1}
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    a, b = (assess(one, small_root) for one in (classifier, again))
    assert np.array_equal(a.answers, b.answers)
    assert not np.array_equal(
        a.probabilities, assess(classifier, small_root, level=WHOLE).probabilities
    )


def test_names_are_read_without_boxes_too(small_root, tmp_path):
    quick = {**QUICK, "num_epochs": 1, "levels": ("few-windows",), "use_boxes": False}
    classifier = fit(small_root, "efficientnet_lite0", **quick, read_names=True)
    assert classifier.level == Level("few-windows", read_names=True)
    assert classifier.matcher is None
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    photos = sorted((small_root / "test_data").glob("*/*.jpg"))[:2]
    assert again.predict(photos).equals(classifier.predict(photos))


def test_without_validation_photos_nothing_is_trained(small_root, tmp_path):
    shutil.copytree(small_root, tmp_path / "root")
    for photo in (tmp_path / "root" / "val_data").glob("*/*"):
        photo.unlink()
    with pytest.raises(ValueError, match="no photos in .*val_data"):
        fit(tmp_path / "root")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("epochs", "Did you mean num_epochs?"),
        ("lr", "Did you mean learning_rate?"),
        ("weight_decay", "Did you mean wd?"),
        ("patiance", "Did you mean patience?"),
        ("qqq", "It has appearance, .*wd"),
    ],
)
def test_an_unknown_argument_is_named_with_the_most_similar_one(tmp_path, name, advice):
    with pytest.raises(ValueError, match=rf"fit has no argument {name}. {advice}"):
        fit(tmp_path, **{name: 3})


@pytest.mark.parametrize(
    ("former", "new"),
    [
        ({"rounds": 2}, "hard_negative_rounds=2"),
        ({"negatives": False}, "use_no_logo=False"),
        ({"boxes": False}, "use_boxes=False"),
        ({"size": 64}, "image_size=64"),
        ({"averaging": 0.9}, "ema_decay=0.9"),
    ],
)
def test_a_former_name_of_an_argument_is_an_error_that_gives_the_new_one(small_root, former, new):
    with pytest.raises(ValueError, match=f"has a new name: pass {new}"):
        fit(small_root, "efficientnet_lite0", **former)


def test_the_former_argument_views_is_refused_with_its_new_name(small_root):
    with pytest.raises(TypeError, match=r'views=\(1, 3\) is now levels=\("whole", "windows"\)'):
        fit(small_root, views=(1, 3))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_epochs": 0}, "num_epochs is 0: give a whole number, 1 or more"),
        ({"num_epochs": "2"}, "num_epochs is '2'"),
        ({"num_epochs": 1.5}, r"num_epochs is 1\.5"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"image_size": (32, 32)}, r"image_size is \(32, 32\)"),
        ({"image_size": 8}, "image_size is 8, too small for efficientnet_lite0"),
        ({"levels": 1}, "levels is 1: give a list of levels"),
        ({"hard_negative_rounds": 0}, "hard_negative_rounds is 0"),
        ({"refit_epochs": -1}, "refit_epochs is -1"),
        ({"num_workers": -1}, "num_workers is -1"),
        ({"minutes": "5"}, "minutes is '5'"),
        ({"seed": -1}, "seed is -1"),
        ({"use_boxes": "no"}, "use_boxes is 'no': give True or False"),
        ({"optimizer": "adamx"}, "optimizer is 'adamx': choose one of MXNet's"),
        ({"ctx": "gpu"}, "ctx is 'gpu': give a context"),
        ({"false_positive_rate": "0.1"}, r"false_positive_rate is '0\.1'"),
        ({"class_weights": {"bwm": 2}}, "key 'bwm', which is no class"),
        ({"class_weights": {3: 2}}, "key 3, which is no class.*0 to 2"),
        ({"class_weights": [1, -1, 1]}, "class weight of aldi is -1"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_before_anything_starts(
    small_root, monkeypatch, wrong, message
):
    def never(*_, **__):
        raise AssertionError("A network was made.")

    monkeypatch.setattr(strategies, "train_members", never)
    with pytest.raises(ValueError, match=message):
        fit(small_root, "efficientnet_lite0", **wrong)


def test_numbers_of_numpy_are_numbers_and_are_saved(small_root, tmp_path):
    settings = {**QUICK, "levels": ("whole",), "num_epochs": np.int64(1), "seed": np.int32(2)}
    classifier = fit(small_root, "lenet5", **settings)
    classifier.save(tmp_path / "model")
    assert classifier.metadata["epochs"] == 1


def test_class_weights_in_a_dict_are_by_name_or_label(small_root):
    quick = {**QUICK, "num_epochs": 1, "levels": ("whole",)}
    classifier = fit(small_root, "lenet5", **quick, class_weights={"no-logo": 0.5, 0: 3})
    assert classifier.metadata["class_weights"] == [3.0, 1.0, 0.5]


def test_photos_that_are_not_prepared_are_refused_with_the_call_that_prepares_them(tmp_path):
    (tmp_path / "brands" / "bmw").mkdir(parents=True)
    with pytest.raises(NotPreparedError, match=r"root = logoflow\.prepare_root\(\"folder\", "):
        fit(tmp_path / "brands")
    with pytest.raises(NotPreparedError, match="does not exist"):
        fit(tmp_path / "no such folder")


def test_the_folder_above_a_prepared_data_set_is_refused_with_the_name_of_the_data_set(
    small_root, tmp_path
):
    (tmp_path / "data" / "brands").mkdir(parents=True)
    shutil.copy(small_root / "classes.json", tmp_path / "data" / "brands")
    with pytest.raises(NotPreparedError, match=r"Or did you mean .*data/brands\?"):
        fit(tmp_path / "data")


def test_a_single_class_with_photos_is_refused(small_root, tmp_path):
    shutil.copytree(small_root, tmp_path / "root")
    for photo in (tmp_path / "root" / "train_data").glob("aldi/*"):
        photo.unlink()
    with pytest.raises(ValueError, match="adidas has photos in .*train_data. fit needs two"):
        fit(tmp_path / "root", use_no_logo=False)
