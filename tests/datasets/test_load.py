import pytest

from logoflow.datasets.folder import read_folder
from logoflow.datasets.load import load_splits
from logoflow.labels import NO_LOGO


def test_a_data_set_is_loaded_by_its_name(brands, flickrlogos32):
    assert load_splits("folder", brands, seed=2) == read_folder(brands, seed=2)
    assert load_splits("flickrlogos32", flickrlogos32).classes == ("HP", "adidas", NO_LOGO)


def test_a_missing_or_useless_parameter_is_named(brands):
    with pytest.raises(
        ValueError, match="sample, flickrlogos32, flickrlogos27, folder, table, coco, yolo"
    ):
        load_splits("imagenet")
    with pytest.raises(ValueError, match="ask its authors"):
        load_splits("flickrlogos32")
    with pytest.raises(ValueError, match="data_dir"):
        load_splits("folder")
    with pytest.raises(ValueError, match="no_logo_dir"):
        load_splits("folder", brands, no_logo_dir=brands)


def test_photos_per_class_limits_every_split(brands, draw):
    for number in range(20):
        draw(brands / "no-logo" / f"more{number}.jpg", number)
    splits = load_splits("folder", brands, photos_per_class=3)
    # no-logo: half as many as of all brands together, 2 * 3 / 2
    assert splits.counts().to_dict("list") == {
        "train": [3] * 3,
        "val": [2, 2, 3],
        "test": [2, 2, 3],
    }
    assert splits == load_splits("folder", brands, photos_per_class=3)
    with pytest.raises(ValueError, match="photos_per_class is 0"):
        load_splits("folder", brands, photos_per_class=0)
