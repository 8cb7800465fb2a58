import json
import shutil

import pytest

from logoflow.datasets.coco import read_coco
from logoflow.datasets.load import load_splits
from logoflow.labels import NO_LOGO

CATEGORIES = [{"id": 0, "name": "logos"}, {"id": 1, "name": "bmw"}, {"id": 2, "name": "dhl"}]


def write(path, names, boxes=None, **changes):
    """Write an annotation file: photos of bmw and dhl in turn, each with one box."""
    boxes = boxes or [[2, 3, 10, 8]] * len(names)
    content = {
        "images": [{"id": 10 + n, "file_name": name} for n, name in enumerate(names)],
        "categories": CATEGORIES,
        "annotations": [
            {"id": n, "image_id": 10 + n, "category_id": 1 + n % 2, "bbox": box}
            for n, box in enumerate(boxes)
        ],
    }
    content.update(changes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def roboflow(tmp_path, draw):
    """An export with a folder per split, each with its own annotation file."""
    for split, count in (("train", 6), ("valid", 2), ("test", 4)):
        names = [f"{split}{number}.jpg" for number in range(count)]
        for number, name in enumerate(names):
            draw(tmp_path / "set" / split / name, number)
        write(tmp_path / "set" / split / "_annotations.coco.json", names)
    (tmp_path / "set/README.roboflow.txt").write_text("exported")
    return tmp_path / "set"


def counts(splits):
    return [tuple(row) for row in splits.counts().itertuples(index=False)]


def test_an_export_with_a_file_per_split_is_read(roboflow, tmp_path):
    splits = load_splits("coco", roboflow)
    assert splits.classes == ("bmw", "dhl")
    assert counts(splits) == [(3, 1, 2)] * 2
    assert {photo.boxes for photo in splits.test} == {((2, 3, 10, 8),)}
    assert splits.notes == ()
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", roboflow)
    assert counts(read_coco(archive)) == counts(splits)


@pytest.mark.parametrize("photos", ["images", ".", "images/default", "elsewhere"])
def test_an_export_with_one_file_is_split(tmp_path, draw, photos):
    names = [f"{number}.jpg" for number in range(10)]
    for number, name in enumerate(names):
        draw(tmp_path / "set" / photos / name, number)
    path = write(tmp_path / "set/annotations/instances_default.json", names)
    (tmp_path / "set/info.json").write_text("{}")
    assert counts(read_coco(tmp_path / "set")) == [(3, 1, 1)] * 2
    if photos == ".":
        shutil.move(path, tmp_path / "set/result.json")
        assert counts(read_coco(tmp_path / "set/result.json")) == [(3, 1, 1)] * 2


def test_official_names_of_files_and_folders_are_a_split(tmp_path, draw):
    for split, count in (("train", 6), ("val", 4)):
        names = [f"{split}{number}.jpg" for number in range(count)]
        for number, name in enumerate(names):
            draw(tmp_path / f"set/{split}2017" / name, number)
        write(tmp_path / f"set/annotations/instances_{split}2017.json", names)
    splits = read_coco(tmp_path / "set", test_share=0)
    assert counts(splits) == [(3, 2, 0)] * 2


def test_photos_without_annotation_show_no_logo(tmp_path, draw):
    names = [f"{number}.jpg" for number in range(9)]
    for number, name in enumerate(names):
        draw(tmp_path / "set" / name, number)
    write(tmp_path / "set/a.json", names, boxes=[[2, 3, 10, 8]] * 6)
    splits = read_coco(tmp_path / "set")
    assert splits.counts().loc[NO_LOGO].sum() == 3
    assert "3 photos have no annotation and got the class no-logo" in " ".join(splits.notes)


def test_faulty_annotations_are_reported_and_the_photos_stay(tmp_path, draw):
    names = [f"{number}.jpg" for number in range(8)]
    for number, name in enumerate(names):
        draw(tmp_path / "set" / name, number)
    boxes = [[400, 300, 50, 50], "wide", [1, 2, 0, 5], [1, 2, 900, 5], *[[2, 3, 10, 8]] * 4]
    path = write(tmp_path / "set/a.json", [*names, "gone.jpg"], boxes)
    content = json.loads(path.read_text())
    content["annotations"] += [{"image_id": 10, "category_id": 99, "bbox": [1, 1, 1, 1]}, "text"]
    path.write_text(json.dumps(content))
    splits = read_coco(tmp_path / "set")
    assert counts(splits) == [(2, 1, 1)] * 2
    notes = " ".join(splits.notes)
    for where in (
        "a.json, annotation 1: 400, 300, 50, 50 in 0.jpg of 32 x 24 pixels",
        "a.json, annotation 2: bbox wide",
        "a.json, annotation 3",
        "a.json, annotation 4",
        "a.json, annotation 9: no such category or image",
        "1 listed photos are missing: gone.jpg",
    ):
        assert where in notes


def test_a_photo_of_an_unknown_category_is_left_out_and_not_without_a_logo(tmp_path, draw):
    names = [f"{number}.jpg" for number in range(8)]
    for number, name in enumerate(names):
        draw(tmp_path / "set" / name, number)
    path = write(tmp_path / "set/a.json", names, [[2, 3, 10, 8]] * 8)
    content = json.loads(path.read_text())
    content["annotations"][0]["category_id"] = 99
    path.write_text(json.dumps(content))
    splits = read_coco(tmp_path / "set", test_share=0)
    assert NO_LOGO not in splits.classes
    assert splits.counts().to_numpy().sum() == 7
    notes = " ".join(splits.notes)
    assert "1 photos were left out, because no annotation tells their class: 0.jpg" in notes


def test_the_larger_brand_names_a_photo_of_two(roboflow):
    path = roboflow / "train/_annotations.coco.json"
    content = json.loads(path.read_text())
    content["annotations"].append({"image_id": 10, "category_id": 2, "bbox": [0, 0, 30, 20]})
    path.write_text(json.dumps(content))
    splits = read_coco(roboflow)
    assert counts(splits)[1] == (4, 1, 2)
    assert "assigned to the brand that covers the larger area: train0.jpg (dhl)" in splits.notes[0]


def test_what_is_no_export_is_refused(tmp_path, draw):
    (tmp_path / "set").mkdir()
    with pytest.raises(FileNotFoundError, match="export the data set again as COCO"):
        read_coco(tmp_path / "set")
    (tmp_path / "set/a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a.json is not JSON.*Export it again"):
        read_coco(tmp_path / "set/a.json")
    write(tmp_path / "set/a.json", ["../secret.jpg", "gone.jpg"])
    draw(tmp_path / "secret.jpg")
    with pytest.raises(FileNotFoundError, match="None of the 2 photos"):
        read_coco(tmp_path / "set")
