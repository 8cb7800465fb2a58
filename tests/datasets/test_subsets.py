import json
import shutil

import pytest

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import BOX_FILE, class_folders, photos_of, read_boxes
from logoflow.datasets.subsets import merge_train_val, subset_of_classes, subset_per_brand


def names(root, split="train_data"):
    return {(path.parent.name, path.name) for path, _ in photos_of(root, split)}


def test_a_subset_has_fewer_brand_photos_and_all_others(small_root, tmp_path):
    one, two = (subset_per_brand(small_root, tmp_path / str(count), count) for count in (1, 2))
    assert (
        sorted(brand for brand, _ in names(two)) == ["adidas"] * 2 + ["aldi"] * 2 + ["no-logo"] * 6
    )
    assert names(one) < names(two) < names(small_root)
    assert names(one, "val_data") == names(small_root, "val_data")
    draws = [names(subset_per_brand(small_root, tmp_path / "again", 1, seed)) for seed in range(8)]
    assert len(set(map(frozenset, draws))) > 1
    with pytest.raises(ValueError, match="give 1 or more"):
        subset_per_brand(small_root, tmp_path / "none", 0)


def test_merging_adds_the_validation_photos_and_their_boxes_to_training(small_root, tmp_path):
    everything = merge_train_val(small_root, tmp_path / "everything")
    assert names(everything) == names(small_root) | names(small_root, "val_data")
    assert names(everything, "val_data") == names(small_root, "val_data")
    boxes, original_boxes = read_boxes(everything), read_boxes(small_root)
    for name in original_boxes:
        split, *rest = name.split("/")
        if split != "test_data":
            assert boxes["/".join(["train_data", *rest])] == original_boxes[name]


def test_merging_keeps_two_photos_of_the_same_name(small_root, tmp_path):
    first, second = (tmp_path / "root" / split / "adidas" for split in ("train_data", "val_data"))
    photos = sorted((small_root / "train_data" / "adidas").iterdir())
    for folder, photo in ((first, photos[0]), (second, photos[1])):
        folder.mkdir(parents=True)
        (folder / "same.jpg").write_bytes(photo.read_bytes())
    boxes = {
        "train_data/adidas/same.jpg": [[1, 2, 3, 4]],
        "val_data/adidas/same.jpg": [[1, 2, 3, 4], [5, 6, 7, 8]],
    }
    (tmp_path / "root" / BOX_FILE).write_text(json.dumps(boxes))
    everything = merge_train_val(tmp_path / "root", tmp_path / "everything")
    merged = sorted((everything / "train_data" / "adidas").iterdir())
    assert [path.read_bytes() for path in merged] == [photo.read_bytes() for photo in photos[:2]]
    counts = [len(read_boxes(everything)[f"train_data/adidas/{path.name}"]) for path in merged]
    assert counts == [1, 2]


def test_the_original_photos_are_never_replaced(small_root):
    before = sorted(small_root.rglob("*"))
    for target in (small_root, small_root.parent):
        with pytest.raises(ValueError, match="contains the original photos"):
            merge_train_val(small_root, target)
        with pytest.raises(ValueError, match="contains the original photos"):
            subset_per_brand(small_root, target, 1)
    assert sorted(small_root.rglob("*")) == before


def test_a_class_without_photos_stays_a_class(small_root, tmp_path):
    shutil.copytree(small_root, tmp_path / "root")
    for split in ("train_data", "val_data"):
        (tmp_path / "root" / split / "empty").mkdir()
    everything = merge_train_val(tmp_path / "root", tmp_path / "everything")
    assert class_folders(everything, "train_data") == ["adidas", "aldi", "empty", "no-logo"]


def test_a_subset_of_classes_keeps_their_photos_boxes_and_no_logo(small_root, tmp_path):
    subset = subset_of_classes(small_root, tmp_path / "aldi", ["no-logo", "aldi"])
    assert read_classes(subset) == ("aldi", "no-logo")
    for split in ("train_data", "val_data", "test_data"):
        assert names(subset, split) == {
            name for name in names(small_root, split) if name[0] != "adidas"
        }
    assert read_boxes(subset) == read_boxes(small_root)
    for kept, message in ((["bmw"], "bmw cannot be kept"), ([], "No class cannot be kept")):
        with pytest.raises(ValueError, match=message):
            subset_of_classes(small_root, tmp_path / "none", kept)
