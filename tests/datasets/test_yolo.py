import shutil

import pytest

from logoflow.datasets.load import load_splits
from logoflow.datasets.yolo import read_yolo
from logoflow.labels import NO_LOGO

LINE = "{} 0.5 0.5 0.5 0.25\n"
BOX = (8, 9, 16, 6)  # of a photo of 32 x 24 pixels


def counts(splits):
    return [tuple(row) for row in splits.counts().itertuples(index=False)]


def fill(draw, photos, labels, count, prefix=""):
    """Draw photos of class 0 and 1 in turn, each with a label file."""
    labels.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw(photos / f"{prefix}{number}.jpg", number)
        (labels / f"{prefix}{number}.txt").write_text(LINE.format(number % 2))


@pytest.mark.parametrize("places", ["{split}/{kind}", "{kind}/{split}"])
@pytest.mark.parametrize("names", ["[bmw, dhl]", "{0: bmw, 1: dhl}"])
def test_an_export_with_splits_is_read(tmp_path, draw, places, names):
    base = tmp_path / "set"
    for split, count in (("train", 6), ("valid", 2), ("test", 4)):
        photos, labels = (base / places.format(split=split, kind=k) for k in ("images", "labels"))
        fill(draw, photos, labels, count, prefix=split)
    (base / "data.yaml").write_text(f"train: ../train/images\nnc: 2\nnames: {names}\n")
    splits = load_splits("yolo", base)
    assert splits.classes == ("bmw", "dhl")
    assert counts(splits) == [(3, 1, 2)] * 2
    assert {photo.boxes for photo in splits.test} == {(BOX,)}
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", base)
    assert counts(read_yolo(archive)) == counts(splits)


def test_label_files_beside_the_photos_are_read(tmp_path, draw):
    fill(draw, tmp_path / "set", tmp_path / "set", 10)
    (tmp_path / "set/classes.txt").write_text("bmw\ndhl\n")
    assert counts(read_yolo(tmp_path / "set")) == [(3, 1, 1)] * 2


def test_lists_of_photos_are_a_split(tmp_path, draw):
    fill(draw, tmp_path / "set/obj_train_data", tmp_path / "set/obj_train_data", 10)
    (tmp_path / "set/obj.names").write_text("bmw\ndhl\n")
    for name, numbers in (("train", range(6)), ("valid", (6, 7)), ("test", (8, 9))):
        lines = "\n".join(f"data/obj_train_data/{number}.jpg" for number in numbers)
        (tmp_path / f"set/{name}.txt").write_text(lines)
    assert counts(read_yolo(tmp_path / "set")) == [(3, 1, 1)] * 2


def test_an_outline_becomes_a_box_and_a_photo_without_boxes_shows_no_logo(tmp_path, draw):
    base = tmp_path / "set"
    fill(draw, base / "images", base / "labels", 12)
    (base / "classes.txt").write_text("bmw\ndhl\n")
    for number in range(6):
        outline = f"{number % 2} 0.25 0.375 0.75 0.375 0.75 0.625 0.5 0.5\n"
        (base / f"labels/{number}.txt").write_text(outline)
    (base / "labels/10.txt").write_text("")
    (base / "labels/11.txt").unlink()
    splits = read_yolo(base, test_share=0)
    assert {photo.boxes for photo in splits.train if photo.label != NO_LOGO} == {(BOX,)}
    assert splits.counts().loc[NO_LOGO].sum() == 2
    assert "2 photos have no box and got the class no-logo" in " ".join(splits.notes)


def test_faulty_lines_are_reported_and_the_photos_stay(tmp_path, draw):
    base = tmp_path / "set"
    fill(draw, base / "images", base / "labels", 10)
    (base / "classes.txt").write_text("bmw\ndhl\n")
    (base / "labels/0.txt").write_text("0 0.5 wide 0.5 0.5\n" + LINE.format(0))
    (base / "labels/1.txt").write_text("1 5 5 0.5 0.5\n")
    (base / "labels/2.txt").write_text("7 0.5 0.5 0.5 0.5\n" + LINE.format(0))
    splits = read_yolo(base)
    assert counts(splits) == [(3, 1, 1)] * 2
    notes = " ".join(splits.notes)
    for where in ("0.txt, line 1: 0 0.5 wide", "2.txt, line 1: 7", "1.txt, line 1"):
        assert where in notes


def test_a_photo_with_faulty_lines_only_is_never_one_without_a_logo(tmp_path, draw):
    base = tmp_path / "set"
    fill(draw, base / "images", base / "labels", 12)
    (base / "classes.txt").write_text("bmw\ndhl\n")
    faulty = ("0 0.5 wide 0.5 0.5", "1", "7 0.5 0.5 0.5 0.5", "dhl 0.5 0.5 0.5 0.5")
    for number, line in enumerate(faulty):
        (base / f"labels/{number}.txt").write_text(line)
    splits = read_yolo(base, test_share=0)
    assert splits.counts().sum(axis=1).to_dict() == {"bmw": 5, "dhl": 5}
    photos = {photo.path.stem: photo for photo in (*splits.train, *splits.val)}
    assert (photos["0"].label, photos["0"].boxes) == ("bmw", ())
    assert (photos["1"].label, photos["1"].boxes) == ("dhl", ())
    notes = " ".join(splits.notes)
    assert "2 photos were left out, because no line tells their class: 2.jpg, 3.jpg" in notes


def test_missing_names_or_photos_are_refused(tmp_path, draw):
    draw(tmp_path / "set/1.jpg")
    with pytest.raises(FileNotFoundError, match=r"data.yaml, classes.txt or obj.names"):
        read_yolo(tmp_path / "set")
    (tmp_path / "set/1.jpg").unlink()
    (tmp_path / "set/classes.txt").write_text("bmw\n")
    with pytest.raises(FileNotFoundError, match="There are no photos"):
        read_yolo(tmp_path / "set")
