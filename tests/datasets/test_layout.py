"""The names of folders tell classes from splits, years and groups; what is unclear is refused."""

import pytest

from logoflow.datasets.layout import arrange
from logoflow.errors import LayoutError


def photos(*folders, count=2):
    """Return the parts of two photos in each folder."""
    return [(*folder.split("/"), f"{number}.jpg") for folder in folders for number in range(count)]


def classes(arrangement):
    """Return the classes of each split."""
    return {
        split: sorted({label for label, _ in labelled})
        for split, labelled in arrangement.labelled.items()
    }


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "test"), {"train", "test"}),
        (("train", "val"), {"train", "val"}),
        (("training", "validation", "testing"), {"train", "val", "test"}),
        (("TRAIN", "VALID", "TEST"), {"train", "val", "test"}),
        (("logos_train", "logos_test"), {"train", "test"}),
    ],
)
@pytest.mark.parametrize("wrapper", ["", "archive/", "archive/my data/"])
def test_a_split_is_recognised_however_complete_and_however_deep(names, splits, wrapper):
    folders = [f"{wrapper}{name}/{brand}" for name in names for brand in ("bmw", "dhl")]
    arrangement = arrange(photos(*folders))
    assert arrangement.layout == "split/class"
    assert classes(arrangement) == dict.fromkeys(splits, ["bmw", "dhl"])


def test_evaluation_is_the_test_set_where_there_is_another_validation_set():
    folders = [f"{name}/{b}" for name in ("training", "validation", "evaluation") for b in "ab"]
    assert classes(arrange(photos(*folders))).keys() == {"train", "val", "test"}
    assert classes(arrange(photos("train/a", "train/b", "eval/a"))).keys() == {"train", "val"}


def test_photos_without_a_logo_may_be_spelled_in_two_ways():
    arrangement = arrange(photos("train/no-logo", "train/bmw", "test/none"))
    assert arrangement.labelled["test"] == [("none", 4), ("none", 5)]


def test_a_training_folder_alone_only_wraps_the_classes():
    assert classes(arrange(photos("train/bmw", "train/dhl"))) == {"all": ["bmw", "dhl"]}


def test_a_split_folder_may_repeat_itself():
    folders = [f"seg_{name}/seg_{name}/{brand}" for name in ("train", "test") for brand in "ab"]
    arrangement = arrange(photos(*folders, "seg_pred/seg_pred"))
    assert classes(arrangement) == {"train": ["a", "b"], "test": ["a", "b"]}
    assert arrangement.unlabelled == {"seg_pred": [8, 9]}


@pytest.mark.parametrize("folder", ["test", "Test/images", "test/unknown", "testing"])
def test_a_test_folder_without_classes_has_photos_to_answer(folder):
    arrangement = arrange(photos("train/bmw", "train/dhl", folder))
    assert classes(arrangement) == {"train": ["bmw", "dhl"]}
    assert list(arrangement.unlabelled.values()) == [[4, 5]]


def test_each_class_may_have_its_own_split():
    arrangement = arrange(photos("bmw/train", "bmw/test", "dhl/train", "dhl/test"))
    assert arrangement.layout == "class/split"
    assert classes(arrangement) == {"train": ["bmw", "dhl"], "test": ["bmw", "dhl"]}
    assert classes(arrange(photos("bmw/train", "bmw/test", "dhl/train")))["train"] == ["bmw", "dhl"]


@pytest.mark.parametrize(
    "folders",
    [
        ("nike/2023", "nike/2024", "puma/2023"),
        ("brands/nike/2023", "brands/nike/2024-05", "brands/puma/2022"),
        ("nike/store", "nike/web", "puma/store", "puma/web"),
        ("nike", "nike/details", "puma"),
        ("2023/nike", "2023/puma", "2024/nike"),
        ("batch1/nike", "batch1/puma", "batch2/nike"),
        ("train/nike/2023", "train/puma/2024"),
    ],
)
def test_years_and_places_are_no_classes(folders):
    (found,) = classes(arrange(photos(*folders))).values()
    assert found == ["nike", "puma"]


def test_a_single_brand_with_folders_by_year_stays_one_class():
    assert classes(arrange(photos("nike/2023", "nike/2024"))) == {"all": ["nike"]}


def test_loose_photos_are_listed():
    arrangement = arrange([("cover.jpg",), *photos("archive/bmw", "archive/dhl")])
    assert (classes(arrangement), arrangement.loose) == ({"all": ["bmw", "dhl"]}, [0])
    arrangement = arrange([("cover.jpg",), ("train", "1.jpg"), *photos("train/a", "test/a")])
    assert (classes(arrangement), arrangement.loose) == ({"train": ["a"], "test": ["a"]}, [0, 1])


@pytest.mark.parametrize(
    ("folders", "found", "option"),
    [
        (("train/bmw", "test/bmw", "dhl"), "train", "layout='class'"),
        (("bmw", "dhl", "test"), "test", "layout='class'"),
        (("train", "test"), "no class folders", "dataset='table'"),
        (("train/images", "valid/images"), "no class folders", "'yolo'"),
        (("val/bmw", "test/bmw"), "no folder train", "layout='class'"),
        (("train/bmw", "training/bmw", "test/bmw"), "all look like train", "layout='class'"),
        (("bmw/train", "bmw/test", "dhl"), "bmw", "layout='class'"),
        (("food/kfc", "food/lays", "cars/bmw", "cars/kia"), "two levels", "layout='group/class'"),
        (("food/kfc", "food/lays", "cars/bmw"), "two levels", "layout='group/class'"),
    ],
)
def test_what_is_unclear_is_refused_with_the_option_that_settles_it(folders, found, option):
    with pytest.raises(LayoutError, match=found) as raised:
        arrange(photos(*folders), where="my-photos")
    assert option in str(raised.value)
    assert "my-photos" in str(raised.value)


def test_the_layout_can_be_given():
    folders = photos("food/kfc", "food/lays", "cars/bmw", "cars/kia")
    assert classes(arrange(folders, "class")) == {"all": ["cars", "food"]}
    assert classes(arrange(folders, "group/class")) == {"all": ["bmw", "kfc", "kia", "lays"]}
    assert classes(arrange(photos("food/kfc", "food/lays"), "group/class"))["all"] == [
        "kfc",
        "lays",
    ]
    assert classes(arrange(photos("train", "test"), "class")) == {"all": ["test", "train"]}
    with pytest.raises(ValueError, match="class, split/class, class/split, group/class"):
        arrange(folders, "classes")
