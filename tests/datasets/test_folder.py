import shutil
import unicodedata

import pytest
from PIL import Image

from logoflow.datasets.folder import read_folder
from logoflow.labels import NO_LOGO


def test_every_class_is_split_in_the_same_proportion(brands):
    splits = read_folder(brands)
    assert splits.classes == ("Zeta", "acme", NO_LOGO)
    assert splits.counts().to_dict("list") == {"train": [6] * 3, "val": [2] * 3, "test": [2] * 3}
    paths = [photo.path for part in (splits.train, splits.val, splits.test) for photo in part]
    assert len(set(paths)) == 30
    assert splits.notes == ()


def test_one_class_that_is_left_is_an_error_that_says_what_became_of_the_others(tmp_path, draw):
    for number in range(4):
        draw(tmp_path / "two/bmw" / f"{number}.jpg", number)
        draw(tmp_path / "two/ups" / f"{number}.jpg").write_bytes(b"broken")
    with pytest.raises(ValueError, match="only one class, bmw.*none of its 4 photos can be used"):
        read_folder(tmp_path / "two")
    shutil.rmtree(tmp_path / "two/ups")
    shutil.copytree(tmp_path / "two/bmw", tmp_path / "two/ups")
    with pytest.raises(ValueError, match="no photos that can be used.*4 photos lie in two"):
        read_folder(tmp_path / "two")


def test_the_seed_decides_the_split(brands):
    assert read_folder(brands, seed=3) == read_folder(brands, seed=3)
    assert len({read_folder(brands, seed=seed).test for seed in range(4)}) > 1


def test_one_more_brand_does_not_reshuffle_the_others(brands, draw):
    before = read_folder(brands).test
    for number in range(5):
        draw(brands / "beta" / f"{number}.jpg", number)
    after = read_folder(brands).test
    assert [photo for photo in after if photo.label != "beta"] == list(before)


def test_classes_of_one_or_two_photos_are_used_for_training_only(brands, draw):
    for number in range(3):
        draw(brands / "tiny" / f"{number}.jpg", number)
    assert read_folder(brands).counts().loc["tiny"].tolist() == [1, 1, 1]
    (brands / "tiny" / "0.jpg").unlink()
    splits = read_folder(brands)
    assert splits.counts().loc["tiny"].tolist() == [2, 0, 0]
    assert "all used for training: tiny (2)" in " ".join(splits.notes)


def test_without_test_photos_all_others_are_for_training_and_validation(brands):
    counts = read_folder(brands, test_share=0).counts()
    assert counts.test.tolist() == [0] * len(counts)
    assert (counts.val > 0).all()
    with pytest.raises(ValueError, match="test_share is 0.9: give 0 to 0.8"):
        read_folder(brands, test_share=0.9)


def test_near_duplicates_stay_on_the_same_side(brands):
    for photo in [*brands.glob("acme/?.*")]:
        Image.open(photo).resize((64, 48)).save(photo.with_name(f"again-{photo.stem}.png"))
    splits = read_folder(brands)
    sides = [
        {p.path.stem[-1] for p in side if p.label == "acme"}
        for side in (splits.train, splits.val, splits.test)
    ]
    assert sum(map(len, sides)) == 10, "each of the ten pictures is on one side"
    assert all(sides)
    assert splits.notes[0].startswith(
        "20 photos are near-duplicates of another photo of their class"
    )


def test_a_class_that_consists_of_near_duplicates_is_split_nevertheless(brands, draw):
    for number in range(6):
        draw(brands / "same" / f"{number}.png", seed=1)
    assert (read_folder(brands).counts().loc["same"] > 0).all()


def test_files_and_folders_without_photos_are_left_out_and_reported(brands, draw):
    (brands / "empty").mkdir()
    draw(brands / ".thumbnails" / "0.jpg")
    draw(brands / "acme" / ".hidden.jpg")
    (brands / "readme.txt").write_text("mine")
    splits = read_folder(brands)
    assert splits == read_folder(brands)
    assert splits.counts().sum().sum() == 30
    loose, empty = splits.notes
    assert "readme.txt" in loose
    assert empty == f"The folder {brands / 'empty'} has no photos and was left out."


@pytest.mark.parametrize("spelling", ["no_logo", "nologo", "None"])
def test_other_spellings_of_no_logo_are_accepted(brands, spelling):
    (brands / "no-logo").rename(brands / spelling)
    splits = read_folder(brands)
    assert splits.classes == ("Zeta", "acme", NO_LOGO)
    assert spelling in splits.notes[0]


@pytest.mark.parametrize("names", [("train", "val", "test"), ("train_data", "val_data", "Test")])
def test_an_existing_split_is_kept(tmp_path, draw, names):
    for name, count in zip(names, (4, 1, 2), strict=True):
        for label in ("acme", "zeta"):
            for number in range(count):
                draw(tmp_path / "own" / name / label / f"{number}.jpg", number)
    splits = read_folder(tmp_path / "own")
    assert splits.counts().to_dict("list") == {"train": [4, 4], "val": [1, 1], "test": [2, 2]}
    draw(tmp_path / "own" / names[2] / "unseen" / "0.jpg")
    with pytest.raises(ValueError, match="no training photos of unseen"):
        read_folder(tmp_path / "own")


def test_a_folder_without_photos_is_named(tmp_path, draw):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"empty/<class>"):
        read_folder(tmp_path / "empty")
    for number in range(3):
        draw(tmp_path / "one" / "acme" / f"{number}.jpg", number)
    with pytest.raises(ValueError, match="at least two classes"):
        read_folder(tmp_path / "one")


def fill(folder, draw, count=5, first=0):
    """Draw photos of two brands."""
    for label in ("bmw", "dhl"):
        for number in range(first, first + count):
            draw(folder / label / f"{number}.jpg", number)


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (("train", "test"), (4, 1, 5)),
        (("train", "val"), (4, 5, 1)),
        (("training", "validation", "testing"), (5, 5, 5)),
    ],
)
def test_what_a_split_lacks_is_cut_off_from_its_training_photos(tmp_path, draw, names, counts):
    for number, name in enumerate(names):
        fill(tmp_path / "own" / name, draw, first=10 * number)
    splits = read_folder(tmp_path / "own")
    assert splits.classes == ("bmw", "dhl")
    assert tuple(splits.counts().loc["bmw"]) == counts
    assert splits == read_folder(tmp_path / "own")
    assert ("cut off" in " ".join(splits.notes)) == (len(names) == 2)


def test_a_split_in_an_archive_is_recognised(tmp_path, draw):
    fill(tmp_path / "own/data/Train", draw)
    fill(tmp_path / "own/data/Test", draw, first=10)
    draw(tmp_path / "own/__MACOSX/data/Train/._0.jpg")
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", tmp_path / "own")
    assert tuple(read_folder(archive).counts().loc["dhl"]) == (4, 1, 5)


def test_photos_of_a_test_folder_without_classes_are_to_be_answered(tmp_path, draw):
    fill(tmp_path / "own/train", draw)
    paths = [draw(tmp_path / f"own/test/{number}.jpg", number) for number in range(3)]
    splits = read_folder(tmp_path / "own")
    assert splits.unlabelled == tuple(paths)
    assert tuple(splits.counts().loc["bmw"]) == (3, 1, 1)
    assert "Its 3 photos are not trained on" in " ".join(splits.notes)
    assert tuple(read_folder(tmp_path / "own", test_share=0).counts().loc["bmw"]) == (4, 1, 0)


def test_one_class_may_be_spelled_in_two_ways(tmp_path, draw):
    fill(tmp_path / "own/train", draw)
    for number in range(2):
        draw(tmp_path / "own/test/BMW" / f"{number}.jpg", 20 + number)
        draw(tmp_path / "own/train" / unicodedata.normalize("NFC", "nestlé") / f"{number}.jpg")
        draw(tmp_path / "own/test" / unicodedata.normalize("NFD", "nestlé") / f"{number}.jpg", 9)
    splits = read_folder(tmp_path / "own")
    assert splits.classes == ("bmw", "dhl", "nestlé")
    assert splits.counts().test.tolist() == [2, 0, 2]
    assert "The folders bmw and BMW are one class, bmw." in splits.notes


@pytest.mark.parametrize(
    ("file", "dataset"),
    [("data.yaml", "yolo"), ("_annotations.coco.json", "coco"), ("a.csv", "table")],
)
def test_an_export_that_is_no_folder_of_classes_names_its_reader(tmp_path, draw, file, dataset):
    for number in range(4):
        draw(tmp_path / "own/images" / f"{number}.jpg", number)
    (tmp_path / "own" / file).touch()
    with pytest.raises(ValueError, match=f"only one class, images: .*dataset='{dataset}'"):
        read_folder(tmp_path / "own")
