import io
import os

import fsspec
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from logoflow.errors import AddressError, ImageError
from logoflow.inference import pictures
from logoflow.inference.pictures import as_pictures, load_in_batches, read_pictures


@pytest.fixture
def folder(tmp_path):
    """Two pictures, one of them in a folder below, and files that are none."""
    below = tmp_path / "photos" / "below"
    below.mkdir(parents=True)
    Image.new("RGB", (8, 6), "red").save(tmp_path / "photos" / "b.JPG", "JPEG")
    Image.new("RGB", (8, 6), "blue").save(below / "a.png")
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    (tmp_path / "photos" / "._b.jpg").write_bytes(b"what macOS writes beside a file")
    return tmp_path / "photos"


def names(images, **options):
    return [os.path.basename(picture.path) for picture in read_pictures(images, **options)]


def test_a_folder_stands_for_all_pictures_below_it(folder):
    assert names(folder) == names(str(folder)) == names([folder]) == ["b.JPG", "a.png"]


def test_a_file_without_a_suffix_counts_by_its_content(folder):
    (folder / "below" / "a.png").rename(folder / "below" / "picture")
    assert names(folder) == ["b.JPG", "picture"]


def test_a_pattern_stands_for_the_files_that_fit(folder):
    assert names(f"{folder}/**/*.png") == ["a.png"]
    assert names(f"{folder}/*") == ["b.JPG", "a.png"], "folders that fit are opened, as by a shell"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder):
    (folder / "b.JPG").rename(folder / "b[1].jpg")
    assert names(folder / "b[1].jpg") == ["b[1].jpg"]


@pytest.mark.parametrize("name", ["photos [2023]", "what?", "a*"])
def test_a_pattern_may_follow_a_folder_whose_name_looks_like_one(folder, name, monkeypatch):
    folder.rename(folder.parent / name)
    assert names(f"{folder.parent / name}/*.JPG") == ["b.JPG"]
    monkeypatch.chdir(folder.parent)
    assert names(f"{name}/**/*.png") == ["a.png"]
    assert names(f"{folder.parent}/*/*.JPG") == ["b.JPG"]


def test_a_file_that_is_open_as_text_or_closed_is_refused(folder):
    with open(folder / "b.JPG", encoding="utf-8") as file, pytest.raises(TypeError, match="'rb'"):
        read_pictures(file)
    with pytest.raises(TypeError, match=r"b\.JPG is closed: open it, or give its path"):
        read_pictures(file.buffer)
    (row,) = read_pictures([file], "row")
    assert isinstance(row.error, TypeError)


def test_files_folders_and_patterns_may_be_mixed(folder):
    assert names([folder / "b.JPG", folder / "below", f"{folder}/*.JPG"]) == [
        "b.JPG",
        "a.png",
        "b.JPG",
    ]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("cup.jpg", "no file or folder cup.jpg"),
        ("*.jpeg", r"No picture fits the pattern \*.jpeg"),
        ("empty", "The folder empty has no pictures"),
        (["empty"], "The folder empty has no pictures"),
    ],
)
def test_what_is_missing_is_an_error_with_its_name(missing, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=message):
        read_pictures(missing)
    (row,) = read_pictures(missing, "row")
    assert row.path == (missing if isinstance(missing, str) else missing[0])
    assert isinstance(row.error, FileNotFoundError)


@pytest.mark.parametrize("wrong", [None, 3, 2.5, object(), {"a.jpg": 1}, np.array(3)])
def test_what_holds_no_pictures_is_refused(wrong):
    for on_error in ("raise", "row"):
        with pytest.raises(TypeError, match="holds no pictures"):
            read_pictures(wrong, on_error)


def test_a_table_is_refused_and_its_column_is_taken(folder):
    table = pd.DataFrame({"path": [str(folder / "b.JPG")]})
    with pytest.raises(TypeError, match="Of a table, give the column of paths"):
        read_pictures(table)
    assert names(table.path) == names(table.path.to_numpy()) == ["b.JPG"]


@pytest.mark.parametrize("wrong", [None, float("nan"), ("a.jpg", 3), ["a.jpg"]])
def test_an_entry_that_is_no_picture_is_refused(wrong):
    with pytest.raises(TypeError, match="is no picture"):
        read_pictures([wrong])
    (row,) = read_pictures([wrong], "row")
    assert isinstance(row.error, TypeError)


def test_urls_and_remote_addresses_are_refused_with_what_to_do():
    with pytest.raises(ImageError, match="lf.fetch_image first"):
        read_pictures("https://example.com/cup.jpg")
    with pytest.raises(AddressError, match="nonsense://bucket/cup.jpg cannot be opened"):
        read_pictures("nonsense://bucket/cup.jpg")


def test_pictures_in_a_storage_are_read(folder):
    memory = fsspec.filesystem("memory")
    for name in ("b.JPG", "notes.txt"):
        memory.pipe_file(f"/shop/{name}", (folder / name).read_bytes())
    for images in ("memory://shop/b.JPG", "memory://shop"):
        (batch,) = load_in_batches(read_pictures(images), 4)
        assert [loaded.pixels.shape for loaded in batch] == [(6, 8, 3)]
        assert batch[0].path.endswith("/b.JPG")


def test_an_unknown_way_to_treat_errors_is_refused():
    with pytest.raises(ValueError, match="on_error is 'skip'"):
        read_pictures([], "skip")


def test_files_and_pil_pictures_keep_the_path_that_they_were_opened_with(folder):
    with open(folder / "b.JPG", "rb") as file, Image.open(folder / "b.JPG") as picture:
        assert names([file, picture]) == ["b.JPG"] * 2
    (without,) = read_pictures(io.BytesIO((folder / "b.JPG").read_bytes()))
    assert without.path is None


def test_a_file_that_was_read_already_is_read_from_its_beginning(folder):
    with open(folder / "b.JPG", "rb") as file:
        file.read()
        for _ in range(2):
            (loaded,) = next(load_in_batches(read_pictures(file), 1))
            assert loaded.pixels.shape == (6, 8, 3)


def test_a_pipe_is_read_where_it_is(folder):
    reading, writing = os.pipe()
    os.write(writing, (folder / "b.JPG").read_bytes())
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        (loaded,) = next(load_in_batches(read_pictures(pipe), 1))
    assert loaded.pixels.shape == (6, 8, 3)


def test_a_file_that_is_open_as_text_is_refused(folder):
    with open(folder / "notes.txt") as file, pytest.raises(TypeError, match="mode 'rb'"):
        read_pictures(file)


def test_an_array_of_four_dimensions_is_a_batch():
    batch = np.arange(2, dtype=np.uint8).repeat(48).reshape(2, 4, 4, 3)
    assert [picture.max() for picture in as_pictures(batch)] == [0, 1]
    assert len(list(as_pictures([batch, batch[0]]))) == 3


def test_arrays_of_another_shape_are_refused_in_words():
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8), np.zeros((4, 4, 3))):
        with pytest.raises(ImageError, match="This array has shape"):
            list(load_in_batches(read_pictures(wrong), 1))


def test_a_generator_is_read_as_the_pictures_are_needed(folder):
    def endless():
        while True:
            yield folder / "b.JPG"

    batches = load_in_batches(read_pictures(endless()), 3)
    assert [len(next(batches)) for _ in range(2)] == [3, 3]


def test_pictures_in_formats_that_are_not_read_are_told(folder):
    (folder / "phone.DNG").write_bytes(b"raw")
    with pytest.warns(UserWarning, match="1 pictures are left out, such as .*phone.DNG"):
        assert names(folder) == ["b.JPG", "a.png"]


def test_a_broken_picture_raises_its_error_or_comes_with_it(folder):
    (folder / "b.JPG").write_bytes(b"broken")
    with pytest.raises(ImageError, match="b.JPG"):
        list(load_in_batches(read_pictures(folder), 8))
    (batch,) = load_in_batches(read_pictures(folder), 8, "row")
    assert [loaded.pixels is None for loaded in batch] == [True, False]
    assert "b.JPG" in str(batch[0].error)


def test_large_pictures_make_smaller_batches(monkeypatch):
    monkeypatch.setattr(pictures, "BATCH_PIXELS", 100)
    small, large = np.zeros((5, 6, 3), np.uint8), np.zeros((10, 10, 3), np.uint8)
    batches = load_in_batches(read_pictures([small, small, large, large, small]), 32)
    assert [len(batch) for batch in batches] == [3, 1, 1]
