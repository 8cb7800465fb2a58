import zipfile

import pytest

from logoflow.datasets.flickrlogos32 import (
    ARTICLE_COUNTS,
    LISTS,
    article_split,
    read_filenames,
    read_flickrlogos32,
)


def names(photos):
    return {photo.path.name for photo in photos}


def test_the_split_is_that_of_the_articles(flickrlogos32):
    splits = read_flickrlogos32(flickrlogos32)
    assert splits.classes == ("HP", "adidas", "no-logo")
    assert names(splits.train) == {"01.jpg", "02.jpg", "11.jpg", "12.jpg", "21.jpg", "22.jpg"}
    assert names(splits.val) == {f"{brand}{n}.jpg" for brand in (0, 1, 2) for n in (3, 4, 5)} | {
        "23.jpg"
    }
    assert names(splits.test) == {"06.jpg", "07.jpg", "16.jpg", "17.jpg", "26.jpg", "27.jpg"}
    assert splits.notes == ()


def test_a_share_of_the_no_logo_validation_photos_moves_to_training(flickrlogos32):
    listed = read_filenames(flickrlogos32, "valset-nologos.relpaths.txt")
    assert len(listed) == 5
    for share, moved in ((0, 0), (0.2, 1), (0.8, 4), (1, 5)):
        split = article_split(flickrlogos32, share)
        assert split["train"][4:] == listed[:moved]
        assert split["val"][6:] == listed[moved:]
    with pytest.raises(ValueError, match="no_logo_share"):
        article_split(flickrlogos32, 1.5)


def test_boxes_are_found_under_another_spelling(flickrlogos32):
    splits = read_flickrlogos32(flickrlogos32)
    boxes = {photo.path.name: photo.boxes for photo in splits.train}
    assert boxes["02.jpg"] == ((2, 2, 10, 8),)  # HP among the photos, hp among the masks
    assert boxes["11.jpg"] == ((1, 2, 10, 8),)
    assert boxes["21.jpg"] == ()


def test_invalid_box_lines_are_skipped(flickrlogos32):
    path = flickrlogos32 / "classes/masks/hp/01.jpg.bboxes.txt"
    path.write_bytes(b"x y width height\r\n\r\n1 2 3\r\n1 2 0 5\r\nnan 1 2 3\r\n4 5 6 7\r\n8 9 1 2")
    photo = next(p for p in read_flickrlogos32(flickrlogos32).train if p.path.name == "01.jpg")
    assert photo.boxes == ((4, 5, 6, 7), (8, 9, 1, 2))


def test_lists_with_windows_line_ends_or_another_spelling_give_the_same_split(flickrlogos32):
    expected = read_flickrlogos32(flickrlogos32)
    for path in flickrlogos32.glob("*.relpaths.txt"):
        lines = path.read_text().replace("/", "\\").splitlines()
        path.write_bytes("\ufeff\r\n".encode() + "\r\n\r\n".join([*lines, "", " "]).encode())
    assert read_flickrlogos32(flickrlogos32) == expected
    for path in flickrlogos32.glob("*.relpaths.txt"):
        path.write_text(path.read_text().replace("HP", "hp"))
    lower = read_flickrlogos32(flickrlogos32)
    assert lower.classes == ("adidas", "hp", "no-logo")
    assert [photo.path for photo in lower.train] == [photo.path for photo in expected.train]


def test_two_spellings_of_a_class_are_one_class(flickrlogos32):
    path = flickrlogos32 / "trainset.relpaths.txt"
    path.write_text(path.read_text().replace("HP", "Hp"))
    assert read_flickrlogos32(flickrlogos32).classes == ("HP", "adidas", "no-logo")


def test_missing_and_repeated_photos_are_reported_in_notes(flickrlogos32):
    (flickrlogos32 / "classes/jpg/adidas/11.jpg").unlink()
    with open(flickrlogos32 / "trainset.relpaths.txt", "a") as file:
        file.write("../../etc/passwd\nclasses/jpg/HP/06.jpg\n")
    splits = read_flickrlogos32(flickrlogos32)
    assert names(splits.train) == {"01.jpg", "02.jpg", "12.jpg", "21.jpg", "22.jpg"}
    assert "06.jpg" in names(splits.test)
    missing, repeated = splits.notes
    assert missing.startswith("2 listed photos are missing: classes/jpg/adidas/11.jpg, ../../etc")
    assert repeated.startswith("1 photos are listed more than once")


def test_the_folder_is_found_in_its_parent_a_zip_and_a_url(flickrlogos32, tmp_path, serve):
    expected = [photo.path.name for photo in read_flickrlogos32(flickrlogos32).train]
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for path in flickrlogos32.rglob("*"):
            file.write(path, path.relative_to(tmp_path))
    for source in (tmp_path, tmp_path / "set.zip", serve(tmp_path) + "/set.zip"):
        splits = read_flickrlogos32(source)
        assert [photo.path.name for photo in splits.train] == expected


def test_a_missing_list_is_named(flickrlogos32, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no trainset.relpaths.txt in .*empty"):
        read_flickrlogos32(tmp_path / "empty")
    (flickrlogos32 / "testset.relpaths.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"FlickrLogos-v2 has no testset.relpaths.txt"):
        read_flickrlogos32(flickrlogos32)


def published_lists(folder):
    """Write list files that name as many photos as the published ones."""
    for name, lines in LISTS.items():
        text = "".join(f"classes/jpg/no-logo/{name[:4]}{n}.jpg\n" for n in range(lines))
        (folder / name).write_text(text)
    return folder


def test_published_lists_give_the_articles_counts(tmp_path):
    split = article_split(published_lists(tmp_path))
    assert {name: len(listed) for name, listed in split.items()} == ARTICLE_COUNTS


def test_a_truncated_published_list_is_an_error(tmp_path):
    path = published_lists(tmp_path) / "valset-nologos.relpaths.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:2990]))
    with pytest.raises(ValueError, match=r"\[320, 960, 2990, 3960\]"):
        article_split(tmp_path)
