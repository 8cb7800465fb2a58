import shutil

import pytest

from logoflow.datasets.contradictions import identical_files, without_contradictions
from logoflow.datasets.folder import read_folder
from logoflow.datasets.splits import Photo


def test_a_photo_in_two_classes_is_left_out_of_both(tmp_path, draw):
    first = draw(tmp_path / "bmw/1.png")
    other = draw(tmp_path / "dhl/2.png")
    copy = shutil.copy(first, tmp_path / "dhl/another name.png")
    photos = [Photo(first, "bmw"), Photo(copy, "dhl"), Photo(other, "dhl")]
    kept, (note,) = without_contradictions(photos)
    assert kept == [photos[2]]
    assert "bmw/1.png = dhl/another name.png" in note


def test_a_placeholder_that_lies_in_many_places_is_named_three_times(tmp_path, draw):
    first = draw(tmp_path / "a/0.png")
    photos = [Photo(first, "a")]
    for number in range(40):
        copy = tmp_path / "abcdefgh"[number % 8] / f"{number + 1}.png"
        copy.parent.mkdir(exist_ok=True)
        photos.append(Photo(shutil.copy(first, copy), copy.parent.name))
    kept, (note,) = without_contradictions(photos)
    assert not kept
    assert "a/0.png = b/2.png = c/3.png. Keep" in note


def test_a_photo_twice_in_one_class_stays(tmp_path, draw):
    first = draw(tmp_path / "bmw/1.png")
    copy = shutil.copy(first, tmp_path / "bmw/2.png")
    photos = [Photo(first, "bmw"), Photo(copy, "bmw")]
    assert without_contradictions(photos) == (photos, [])
    assert identical_files([first, copy]) == [[first, copy]]


def test_empty_and_unreadable_files_are_in_no_group(tmp_path):
    for name in "ab":
        (tmp_path / name).touch()
    assert identical_files([tmp_path / "a", tmp_path / "b", tmp_path / "gone"]) == []


@pytest.mark.parametrize("prefixes", [("", ""), ("train/", "test/")])
def test_a_folder_is_read_without_such_photos(tmp_path, draw, prefixes):
    for number in range(8):
        for label in ("bmw", "dhl"):
            draw(tmp_path / "own" / f"{prefixes[number % 2]}{label}/{number}.jpg", number)
    first, second = f"{prefixes[0]}bmw/0.jpg", f"{prefixes[1]}dhl/copy.jpg"
    shutil.copy(tmp_path / "own" / first, tmp_path / "own" / second)
    splits = read_folder(tmp_path / "own")
    left = {photo.path for part in (splits.train, splits.val, splits.test) for photo in part}
    assert len(left) == 15
    assert not left & {tmp_path / "own" / first, tmp_path / "own" / second}
    assert "1 photos lie in two or more classes" in " ".join(splits.notes)
