"""Only photos of the user are found: no thumbnails, no trash, nothing that logoflow wrote."""

import os
from pathlib import Path

import pytest

from logoflow.datasets.walking import find_photos, is_own_output, notes_on_walk, walk_photos


def names(folder):
    return [path.relative_to(folder).as_posix() for path in find_photos(folder)]


@pytest.fixture
def nas(tmp_path, draw):
    draw(tmp_path / "nas/bmw/1.jpg")
    draw(tmp_path / "nas/dhl/2.jpg")
    return tmp_path / "nas"


@pytest.mark.parametrize(
    "folder",
    ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "bmw/@eaDir"],
)
def test_folders_of_systems_and_network_disks_are_left_out_and_named(nas, draw, folder):
    draw(nas / folder / "S-1-5/0.jpg")
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg"]
    assert folder in " ".join(notes_on_walk(walk_photos(nas), nas))


@pytest.mark.parametrize(
    "folder", [".Trash-1000", ".ipynb_checkpoints", "__MACOSX", ".git", "bmw/.thumbnails"]
)
def test_hidden_folders_are_left_out(nas, draw, folder):
    draw(nas / folder / "0.jpg")
    draw(nas / "bmw/._1.jpg")
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg"]
    assert notes_on_walk(walk_photos(nas), nas) == []


def test_a_link_to_a_folder_elsewhere_is_followed(nas, draw, tmp_path):
    draw(tmp_path / "elsewhere/more/3.jpg")
    (nas / "dhl/more").symlink_to(tmp_path / "elsewhere/more")
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg", "dhl/more/3.jpg"]


def test_links_that_lead_back_or_to_another_class_are_left_out(nas):
    (nas / "all").symlink_to(nas)
    (nas / "parent").symlink_to(nas.parent)
    (nas / "bmw/up").symlink_to("..")
    (nas / "alias").symlink_to(nas / "bmw")
    (nas / "loop").symlink_to("loop")
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg"]
    reason_of = dict(walk_photos(nas).skipped)
    for name in ("all", "parent", "bmw/up"):
        assert "leads back" in reason_of[nas / name]
    assert "read anyway" in reason_of[nas / "alias"]
    assert "nowhere" in reason_of[nas / "loop"]


def test_a_file_is_a_photo_by_its_name_or_its_first_bytes(nas, draw):
    for suffix in ("JPG", "jfif", "gif", "tif", "TIFF", "heic", "HEIF", "avif", "webp", "bmp"):
        (nas / f"bmw/a.{suffix}").touch()
    draw(nas / "bmw/b.jpg").rename(nas / "bmw/b")
    draw(nas / "bmw/c.jpg").rename(nas / "bmw/c.jpg_large")
    (nas / "bmw/Thumbs.db").write_bytes(b"x")
    (nas / "bmw/about.txt").write_text("BMW is a brand. Its name begins like a BMP file.")
    assert len(names(nas / "bmw")) == 13


def test_what_is_no_photo_is_counted_by_suffix(nas):
    for name in ("a.mov", "b.MOV", "c.psd", "d"):
        (nas / "bmw" / name).write_bytes(b"no photo")
    (note,) = notes_on_walk(walk_photos(nas), nas)
    assert note == "4 files are not photos and were left out: 2 .mov, 1 .psd, 1 without a suffix."


def test_a_folder_that_cannot_be_read_is_named(nas, monkeypatch):
    scandir = os.scandir

    def refuse(folder):
        if Path(folder).name == "dhl":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("os.scandir", refuse)
    walk = walk_photos(nas)
    assert [path.name for path in walk.photos] == ["1.jpg"]
    assert walk.skipped == [(nas / "dhl", "it cannot be read (Permission denied)")]


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("root", "classes.json"),
        ("killed", ".prepare.lock"),
        ("runs/mine", "headline.txt"),
        ("runs/yours", "model/classifier.json"),
        ("my-model", "classifier.json"),
    ],
)
def test_what_logoflow_wrote_is_left_out_wherever_it_lies(nas, draw, folder, file):
    for place in (nas / folder, nas / "bmw" / folder):
        draw(place / "train_data/bmw/9.jpg")
        (place / file).parent.mkdir(exist_ok=True)
        (place / file).touch()
        assert is_own_output(place)
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg"]


@pytest.mark.parametrize("folder", ["mine/FlickrLogos-v2", "FlickrLogos-v2"])
def test_data_sets_in_the_articles_layout_are_no_brands(nas, draw, folder):
    draw(nas / folder / "classes/jpg/ups/9.jpg")
    (nas / folder / "trainset.relpaths.txt").touch()
    walk = walk_photos(nas)
    assert len(walk.photos) == 2
    assert notes_on_walk(walk, nas) == [
        f"Left out, because it is a data set of its own: {folder.split('/')[0]}."
    ]
    (nas / folder / "sample.json").touch()
    assert is_own_output(nas / folder.split("/")[0])


def test_the_data_home_may_lie_among_the_brands(nas, draw, monkeypatch):
    monkeypatch.setenv("LOGOFLOW_DATA", str(nas))
    monkeypatch.setenv("LOGOFLOW_RUNS", str(nas / "results"))
    for folder in ("prepared/x", "downloads", "folder-0123456789ab", "results/a"):
        draw(nas / folder / "9.jpg")
    assert names(nas) == ["bmw/1.jpg", "dhl/2.jpg"]
