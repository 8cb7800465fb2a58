"""The sample has FlickrLogos-32's layout, splits without overlap, and reproducible bytes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from logoflow.datasets.sample import artwork, build, snapshots
from logoflow.datasets.sample.build import make_sample
from logoflow.datasets.sample.scenes import sources_of

SMALL = {"brands": 3, "train": 2, "val": 1, "test": 1, "no_logo": 3, "longest_side": 160}
LISTS = {
    "trainset": 6,
    "valset-logosonly": 3,
    "valset-nologos": 6,
    "testset": 6,
    "testset-logosonly": 3,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"), **SMALL)


@pytest.fixture(scope="module")
def photos(folder) -> list[dict]:
    return json.loads((folder / "sources.json").read_text())


def lines(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.relpaths.txt").read_text().splitlines()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def boxes_of(folder: Path, photo: dict) -> list[list[int]]:
    path = folder / "classes/masks" / photo["class"].lower() / f"{photo['file']}.bboxes.txt"
    header, *rows = path.read_text().splitlines()
    assert header == "x y width height"
    return [[int(n) for n in row.split()] for row in rows]


def test_the_lists_are_those_of_flickrlogos32(folder):
    assert folder.name == "FlickrLogos-v2"
    assert {name: len(lines(folder, name)) for name in LISTS} == LISTS
    assert set(lines(folder, "testset-logosonly")) < set(lines(folder, "testset"))
    for name in LISTS:
        assert all((folder / line).is_file() for line in lines(folder, name))


def test_first_half_of_the_no_logo_validation_photos_is_for_training(folder, photos):
    split = {photo["file"]: photo["split"] for photo in photos}
    order = [split[Path(line).name] for line in lines(folder, "valset-nologos")]
    assert order == ["train"] * 3 + ["val"] * 3


def test_hp_is_upper_case_in_photos_and_lower_case_in_masks(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "BRANDS", ("HP",))
    folder = make_sample(tmp_path, **SMALL | {"brands": 1, "no_logo": 0})
    assert sorted(path.name for path in (folder / "classes/jpg").iterdir()) == ["HP"]
    assert sorted(path.name for path in (folder / "classes/masks").iterdir()) == ["hp"]
    assert lines(folder, "trainset")[0].startswith("classes/jpg/HP/")


def test_file_names_are_unique_and_look_like_flickrs(photos):
    numbers = [photo["file"].removesuffix(".jpg") for photo in photos]
    assert len(set(numbers)) == len(numbers) == 3 * 4 + 3 * 3
    assert all(number.isdigit() and len(number) in (9, 10) for number in numbers)


def test_longest_side_is_exact_and_shapes_vary(folder, photos):
    sizes = {
        Image.open(folder / "classes/jpg" / photo["class"] / photo["file"]).size for photo in photos
    }
    assert {max(size) for size in sizes} == {160}
    assert len(sizes) > 1


def test_boxes_lie_in_the_photo_and_only_where_there_is_a_logo(folder, photos):
    assert not (folder / "classes/masks/no-logo").exists()
    for photo in photos:
        if photo["class"] == "no-logo":
            continue
        path = folder / "classes/jpg" / photo["class"] / photo["file"]
        width, height = Image.open(path).size
        boxes = boxes_of(folder, photo)
        assert boxes
        for x, y, w, h in boxes:
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height
            assert max(w, h) >= 0.05 * 160


def test_the_box_contains_the_logo(monkeypatch):
    """Draw a photo with and without the print: it differs only inside the box."""
    photo = {"file": "4761260517.jpg", "class": "apple", "scene": "wall:0"}
    photo["artwork"] = "dark-on-light/rounded/flat"
    monkeypatch.setattr(snapshots.compositing, "encode", lambda rng, rgb: rgb.astype(int))
    printed, boxes = snapshots.draw_photo(photo, 512)
    monkeypatch.setattr(artwork, "_finish", lambda rng, finish, rgb, ink, colour: rgb)
    plain, same = snapshots.draw_photo(photo, 512)
    assert boxes == same
    changed = np.abs(printed - plain).max(-1) > 60
    inside = np.zeros_like(changed)
    for x, y, w, h in boxes:
        inside[y : y + h, x : x + w] = True
    assert changed[inside].mean() > 0.25
    assert changed[~inside].mean() < 0.002


def test_no_scene_and_no_artwork_is_in_two_splits(photos):
    for field in ("scene", "artwork"):
        used = {
            split: {photo[field] for photo in photos if photo["split"] == split}
            for split in artwork.SPLITS
        }
        assert all(used.values())
        assert not used["train"] & used["val"]
        assert not used["train"] & used["test"]
        assert not used["val"] & used["test"]


def test_splits_share_no_scene_and_no_variant():
    for options in (artwork.variants_of, lambda split: sources_of(split, seed=7)):
        pools = [set(options(split)) for split in artwork.SPLITS]
        assert len(set.union(*pools)) == sum(len(pool) for pool in pools)


def test_every_split_has_all_inks_and_plates():
    for split in artwork.SPLITS:
        variants = artwork.variants_of(split)
        assert {variant.ink for variant in variants} == set(artwork.INKS)
        assert {variant.plate for variant in variants} == set(artwork.PLATES)


def test_no_logo_photos_share_scenes_and_artwork_with_logo_photos():
    plan = build.plan(brands=16, train=10, val=10, test=10, no_logo=80, seed=0, longest_side=512)
    for split in artwork.SPLITS:
        part = [photo for photo in plan if photo["split"] == split]
        assert len(part) == 240
        for field in ("scene", "artwork"):
            logo = {photo[field] for photo in part if photo["class"] != "no-logo"}
            none = {photo[field] for photo in part if photo["class"] == "no-logo"}
            assert none <= logo
            assert len(none) > 0.6 * len(logo)


def test_no_logo_photos_have_the_file_size_of_logo_photos():
    """Noise, blur and JPEG quality must not reveal the class."""
    plan = build.plan(brands=16, train=1, val=1, test=1, no_logo=0, seed=0, longest_side=160)
    logo = [len(snapshots.draw_photo(photo, 160)[0]) for photo in plan[:16]]
    none = [len(snapshots.draw_photo(photo | {"class": "no-logo"}, 160)[0]) for photo in plan[:16]]
    assert 0.85 < np.mean(none) / np.mean(logo) < 1.15


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_cores(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "physical_cores", lambda: 5)
    again = make_sample(tmp_path / "again", **SMALL)
    assert contents(again) == contents(folder)


def test_another_seed_gives_other_photos(photos, tmp_path):
    other = make_sample(tmp_path, **SMALL | {"brands": 1, "no_logo": 1, "seed": 1})
    plan = json.loads((other / "sources.json").read_text())
    assert {p["file"] for p in plan}.isdisjoint(p["file"] for p in photos)
    assert {p["scene"] for p in plan} != {p["scene"] for p in photos}


def test_a_second_call_changes_nothing(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert make_sample(folder.parent, **SMALL) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_interrupted_build_starts_again(folder, tmp_path, monkeypatch):
    def stop(part, photos):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "write_lists", stop)
        with pytest.raises(KeyboardInterrupt):
            make_sample(tmp_path, **SMALL)
    assert not (tmp_path / "FlickrLogos-v2").exists()
    assert contents(make_sample(tmp_path, **SMALL)) == contents(folder)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["FlickrLogos-v2"]


def test_other_parameters_rebuild_the_sample(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "FlickrLogos-v2")
    make_sample(tmp_path, **SMALL | {"brands": 1})
    assert len(lines(tmp_path / "FlickrLogos-v2", "trainset")) == 2


def test_a_folder_with_other_content_is_left_alone(tmp_path):
    theirs = tmp_path / "FlickrLogos-v2" / "README.txt"
    theirs.parent.mkdir()
    theirs.write_text("the real FlickrLogos-32")
    with pytest.raises(FileExistsError, match="was not made by make_sample"):
        make_sample(tmp_path, **SMALL)
    assert theirs.read_text() == "the real FlickrLogos-32"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("brands", 0, "brands must be an integer from 1 to 32, not 0"),
        ("brands", 1000, "from 1 to 32, not 1000"),
        ("train", 0, "train must be"),
        ("longest_side", 10, "from 64 to 2048"),
        ("seed", 0.5, "seed must be an integer"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, name, value, message):
    with pytest.raises(ValueError, match=message):
        make_sample(tmp_path, **SMALL | {name: value})
    assert not list(tmp_path.iterdir())


def test_all_icons_exist_and_a_missing_icon_is_named(monkeypatch):
    for brand in artwork.BRANDS:
        assert max(artwork.brand_glyph(brand).shape) > 300
    monkeypatch.setitem(artwork._ICON_NAME, "becks", "no-such-icon")
    with pytest.raises(LookupError, match="no icon 'no-such-icon'.*'becks'.*simplepycons"):
        artwork.brand_glyph("becks")
