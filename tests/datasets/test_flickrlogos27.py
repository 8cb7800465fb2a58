import tarfile

import pytest

from logoflow.datasets.flickrlogos27 import (
    IMAGE_FOLDER,
    QUERY_LIST,
    TRAINING_LIST,
    read_flickrlogos27,
)
from logoflow.labels import NO_LOGO


@pytest.fixture
def flickrlogos27(tmp_path, draw):
    """A data set in FlickrLogos-27's layout: two brands, five photos of each, a query set."""
    base = tmp_path / "flickr_logos_27_dataset"
    for number in (*range(1, 11), 21, 22, 31, 32):
        draw(base / IMAGE_FOLDER / f"{number}.jpg", number)
    training = [
        f"{number}.jpg {'BMW' if number > 5 else 'Adidas'} {subset} {number} 2 20 12 "
        for number in range(1, 11)
        for subset in (1, 2)
    ]
    (base / TRAINING_LIST).write_text("\n".join(training) + "\n")
    query = ["21.jpg\tAdidas", "22.jpg\tbmw", "31.jpg\tnone", "32.jpg\tnone"]
    (base / QUERY_LIST).write_text("\n".join(query))
    return base


def test_the_query_set_is_the_test_set(flickrlogos27):
    splits = read_flickrlogos27(flickrlogos27)
    assert splits.classes == ("Adidas", "BMW")
    assert [(photo.path.name, photo.label) for photo in splits.test] == [
        ("21.jpg", "Adidas"),
        ("22.jpg", "BMW"),  # spelled as in training
    ]
    assert splits.notes[0].startswith("2 test photos without a logo were left out")
    assert "no_logo_dir" in splits.notes[0]


def test_validation_is_a_share_of_each_brand_by_seed(flickrlogos27):
    splits = read_flickrlogos27(flickrlogos27)
    assert splits.counts().to_dict("list") == {"train": [4, 4], "val": [1, 1], "test": [1, 1]}
    assert read_flickrlogos27(flickrlogos27, seed=0) == splits
    assert any(read_flickrlogos27(flickrlogos27, seed=s).val != splits.val for s in range(1, 5))


def test_boxes_are_unique_and_have_an_area(flickrlogos27):
    with open(flickrlogos27 / TRAINING_LIST, "a") as file:
        file.write("1.jpg Adidas 3 5 5 8 9\n1.jpg Adidas 3 5 5 5 9\n1.jpg Adidas three\n")
    splits = read_flickrlogos27(flickrlogos27, val_share=0)
    boxes = {photo.path.name: photo.boxes for photo in splits.train}
    assert boxes["1.jpg"] == ((1, 2, 19, 10), (5, 5, 3, 4))
    assert boxes["7.jpg"] == ((7, 2, 13, 10),)
    assert splits.notes == (
        f"1 lines of annotations cannot be read: {TRAINING_LIST}, line 23: 1.jpg Adidas three.",
        f"1 boxes have no area and were dropped, the photos stay: {TRAINING_LIST}, line 22: "
        "5, 5, 0, 4 in 1.jpg.",
        splits.notes[-1],
    )


@pytest.mark.parametrize(
    "form", ["{} {} 1 {} {} {} {}", "{},{},1,{},{},{},{}", "{}\t{}; 1;{},{} {} {}"]
)
@pytest.mark.parametrize("corners", [(1, 2, 20, 12), (1.5, 2.5, 20.5, 12.25)])
def test_lines_may_have_commas_and_fractions(flickrlogos27, form, corners):
    lines = [form.format(f"{n}.jpg", "BMW" if n > 5 else "Adidas", *corners) for n in range(1, 11)]
    (flickrlogos27 / TRAINING_LIST).write_text("\n".join(lines))
    splits = read_flickrlogos27(flickrlogos27, val_share=0)
    left, top, right, bottom = corners
    assert {photo.boxes for photo in splits.train} == {((left, top, right - left, bottom - top),)}
    assert len(splits.notes) == 1


def test_boxes_outside_the_photo_are_dropped_with_file_and_line_and_the_photo_stays(flickrlogos27):
    lines = [f"{n}.jpg {'BMW' if n > 5 else 'Adidas'} 1 400 300 900 800" for n in range(1, 10)]
    lines += ["10.jpg BMW 1 20 10 900 800", "9.jpg BMW unreadable"]
    (flickrlogos27 / TRAINING_LIST).write_text("\n".join(lines))
    splits = read_flickrlogos27(flickrlogos27, val_share=0)
    boxes = {photo.path.name: photo.boxes for photo in splits.train}
    assert len(boxes) == 10
    assert boxes["10.jpg"] == ((20, 10, 12, 14),)
    assert boxes["1.jpg"] == boxes["9.jpg"] == ()
    unreadable, outside, clipped, _ = splits.notes
    assert f"{TRAINING_LIST}, line 11" in unreadable
    assert outside.startswith("9 boxes lie outside their photo")
    assert f"{TRAINING_LIST}, line 1: 400, 300, 500, 500 in 1.jpg of 32 x 24 pixels" in outside
    assert f"{TRAINING_LIST}, line 10" in clipped


def test_a_photo_of_two_brands_gets_the_brand_that_covers_the_larger_area(flickrlogos27):
    with open(flickrlogos27 / TRAINING_LIST, "a") as file:
        file.write("1.jpg BMW 1 0 0 32 24\n")
    splits = read_flickrlogos27(flickrlogos27, val_share=0)
    photo = next(photo for photo in splits.train if photo.path.name == "1.jpg")
    assert (photo.label, photo.boxes) == ("BMW", ((0, 0, 32, 24),))
    assert splits.notes[0].endswith("1.jpg (BMW).")


def test_a_folder_of_photos_without_logos_adds_the_no_logo_class(flickrlogos27, tmp_path, draw):
    for number in range(10):
        draw(tmp_path / "holiday" / str(number % 2) / f"{number}.JPG", number)
    splits = read_flickrlogos27(flickrlogos27, no_logo_dir=tmp_path / "holiday")
    assert splits.classes == ("Adidas", "BMW", NO_LOGO)
    assert splits.counts().loc[NO_LOGO].tolist() == [8, 2, 2]
    assert splits.notes == ()
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="0 photos in .*empty"):
        read_flickrlogos27(flickrlogos27, no_logo_dir=tmp_path / "empty")


def test_missing_photos_are_reported(flickrlogos27):
    for name in ("1.jpg", "21.jpg"):
        (flickrlogos27 / IMAGE_FOLDER / name).unlink()
    splits = read_flickrlogos27(flickrlogos27)
    assert splits.notes[0] == "2 listed photos are missing: 1.jpg, 21.jpg."
    assert splits.counts()["test"].tolist() == [0, 1]


def test_an_archive_that_contains_the_photos_as_an_archive_is_read(flickrlogos27, tmp_path, serve):
    expected = read_flickrlogos27(flickrlogos27).counts()
    packed = flickrlogos27 / f"{IMAGE_FOLDER}.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(flickrlogos27 / IMAGE_FOLDER, IMAGE_FOLDER)
    for photo in (flickrlogos27 / IMAGE_FOLDER).iterdir():
        photo.unlink()
    (flickrlogos27 / IMAGE_FOLDER).rmdir()
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as tar:
        tar.add(flickrlogos27, flickrlogos27.name)
    for source in (tmp_path / "set.tar.gz", serve(tmp_path) + "/set.tar.gz", flickrlogos27):
        assert read_flickrlogos27(source).counts().equals(expected)


def test_a_wrong_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="flickr_logos_27_dataset.tar.gz"):
        read_flickrlogos27(tmp_path)


def test_the_published_data(shared):
    splits = read_flickrlogos27(
        shared / "flickrlogos27", no_logo_dir=shared / "no_logo_photos", val_share=0.2
    )
    brands = [photo for photo in (*splits.train, *splits.val) if photo.label != NO_LOGO]
    assert (len(brands), len(splits.test), len(splits.classes)) == (809, 270, 28)
    counts = splits.counts()
    assert counts.loc["Adidas"].tolist() == [24, 6, 5]
    # Of the 30 Coca-Cola photos, one shows a larger Pepsi logo.
    assert counts.loc["Cocacola"].tolist() == [23, 6, 5]
    assert counts.loc[NO_LOGO].tolist() == [400, 100, 135]
    boxes = sum(len(photo.boxes) for photo in brands)
    assert boxes == 1261 - 1 - 2  # one box has no area, two Coca-Cola boxes are in the Pepsi photo
