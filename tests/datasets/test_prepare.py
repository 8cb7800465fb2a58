import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import logoflow
from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepare import prepare_datasets, prepare_root, prepare_splits
from logoflow.datasets.prepared import photos_of, read_boxes, read_summary, unlabelled_photos
from logoflow.datasets.splits import Box, Photo, Splits
from logoflow.errors import ClassListError

CLASSES = ("HP", "adidas", "no-logo")


def draw(path: Path, seed: int = 0, size: tuple[int, int] = (32, 24)) -> Path:
    """Write a small real photo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([seed, *path.parent.name.encode()])  # no photo in two classes
    pixels = random.integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def base(tmp_path):
    """Write photos in FlickrLogos-32's layout, three of each class."""
    base = tmp_path / "FlickrLogos-v2"
    for seed, label in enumerate(CLASSES):
        for number in range(3):
            draw(base / "classes/jpg" / label / f"{seed}{number}.jpg", 10 * seed + number)
    return base


@pytest.fixture
def filenames():
    return [
        f"classes/jpg/{label}/{seed}{n}.jpg" for seed, label in enumerate(CLASSES) for n in (0, 1)
    ]


@pytest.fixture
def splits(base):
    """Put one photo of each class into each split."""
    parts = [
        tuple(
            Photo(base / "classes/jpg" / label / f"{seed}{n}.jpg", label, BOXES.get(label, ()))
            for seed, label in enumerate(CLASSES)
        )
        for n in range(3)
    ]
    return Splits(*parts, classes=CLASSES, notes=("A note from the reader.",))


BOXES = {"HP": (Box(1, 2, 3, 4),), "adidas": (Box(5, 6, 7, 8), Box(0, 0, 9, 9))}


def photos_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# prepare_datasets of the article


@pytest.mark.parametrize("spell", [str, lambda base: f"{base}/", Path])
def test_listed_photos_go_into_one_folder_per_class(base, filenames, spell):
    prepared = prepare_datasets(spell(base), filenames, "train_data")
    expected = {"HP/00.jpg", "HP/01.jpg", "adidas/10.jpg", "adidas/11.jpg", "no-logo/20.jpg"}
    assert photos_in(base / "train_data") == expected | {"no-logo/21.jpg"}
    copy = base / "train_data/HP/00.jpg"
    assert copy.read_bytes() == (base / "classes/jpg/HP/00.jpg").read_bytes()
    assert copy.samefile(base / "classes/jpg/HP/00.jpg")  # a hard link needs no space
    assert str(prepared) == f"6 photos in {base / 'train_data'} (6 new)."


def test_a_second_call_changes_nothing(base, filenames):
    prepare_datasets(base, filenames, "train_data")
    before = {path: path.stat() for path in (base / "train_data").rglob("*")}
    prepared = prepare_datasets(base, filenames, "train_data")
    assert (prepared.copied, prepared.reused, prepared.removed) == (0, 6, 0)
    assert {path: path.stat() for path in (base / "train_data").rglob("*")} == before


def test_a_second_call_decodes_nothing(base, filenames, monkeypatch):
    (base / "classes/jpg/HP/00.jpg").write_bytes(b"no photo")
    first = prepare_datasets(base, filenames, "train_data")
    monkeypatch.setattr("logoflow.datasets.placing.decode_image", None)  # would raise TypeError
    second = prepare_datasets(base, filenames, "train_data")
    assert second.reused == first.copied == 5
    assert second.skipped == first.skipped


def test_the_result_summarises_every_problem_of_a_list(base, filenames):
    whole = (base / "classes/jpg/adidas/10.jpg").read_bytes()
    (base / "classes/jpg/adidas/10.jpg").write_bytes(whole[: len(whole) // 2])
    (base / "classes/jpg/adidas/11.jpg").write_text("<html>not found</html>")
    lines = [name.replace("/", "\\").replace("HP", "hp") + "\r\n" for name in filenames]
    lines += ["\r\n", "classes/jpg/HP/99.jpg\n", "../secret.jpg", "loose.jpg", lines[0]]
    draw(base.parent / "secret.jpg")
    prepared = prepare_datasets(base, lines, "train_data", classes=CLASSES)
    assert photos_in(base / "train_data") == {
        "HP/00.jpg",
        "HP/01.jpg",
        "no-logo/20.jpg",
        "no-logo/21.jpg",
    }
    reasons = {name: reason.split(":")[0] for name, reason in prepared.skipped}
    assert reasons == {
        "classes/jpg/HP/99.jpg": "missing",
        "../secret.jpg": "missing",
        "loose.jpg": "missing",
        "adidas/10.jpg": "cannot be decoded",
        "adidas/11.jpg": "cannot be decoded",
    }
    assert str(prepared).startswith(f"4 photos in {base / 'train_data'} (4 new). 5 left out: ")
    assert str(prepared).count("\n") == 0


def test_a_repaired_photo_is_added(base, filenames):
    photo = base / "classes/jpg/HP/00.jpg"
    whole = photo.read_bytes()
    photo.write_bytes(whole[:300])
    assert prepare_datasets(base, filenames, "train_data").copied == 5
    photo.write_bytes(whole)
    prepared = prepare_datasets(base, filenames, "train_data")
    assert (prepared.copied, prepared.reused, prepared.skipped) == (1, 5, ())


def test_photos_that_are_no_longer_listed_are_removed_and_other_files_stay(base, filenames):
    prepare_datasets(base, filenames, "train_data")
    draw(base / "train_data/HP/mine.jpg")
    draw(base / "train_data/other/mine.jpg")
    prepared = prepare_datasets(base, filenames[1:], "train_data")
    assert prepared.removed == 1
    assert not (base / "train_data/HP/00.jpg").exists()
    assert (base / "classes/jpg/HP/00.jpg").exists()
    assert prepared.unexpected == ("HP/mine.jpg", "other")
    assert "HP/mine.jpg, other" in str(prepared)
    assert (base / "train_data/HP/mine.jpg").exists()


def test_a_photo_that_the_user_has_replaced_stays(base, filenames):
    prepare_datasets(base, filenames, "train_data")
    (base / "train_data/HP/00.jpg").unlink()
    draw(base / "train_data/HP/00.jpg", 77, size=(40, 30))
    prepared = prepare_datasets(base, filenames[1:], "train_data")
    assert (prepared.removed, prepared.unexpected) == (0, ("HP/00.jpg",))


def test_prepare_datasets_records_boxes(base, filenames):
    mask = base / "classes/masks/hp/00.jpg.bboxes.txt"
    mask.parent.mkdir(parents=True)
    mask.write_text("x y width height\n1 2 3 4\n")
    prepare_datasets(base, filenames, "train_data")
    assert read_boxes(base) == {"train_data/HP/00.jpg": [[1, 2, 3, 4]]}
    prepare_datasets(base, filenames[1:], "train_data")
    assert read_boxes(base) == {}


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        prepare_datasets(tmp_path / "nowhere", ["classes/jpg/HP/00.jpg"], "train_data")


# the class list


def test_the_first_call_fixes_the_classes(base, filenames):
    prepare_datasets(base, filenames, "train_data")
    assert read_classes(base) == CLASSES
    prepare_datasets(base, filenames[:2], "val_data")
    assert sorted(os.listdir(base / "val_data")) == sorted(CLASSES)  # empty folders too
    draw(base / "classes/jpg/bmw/1.jpg")
    with pytest.raises(ClassListError, match="but not bmw"):
        prepare_datasets(base, ["classes/jpg/bmw/1.jpg"], "test_data")
    assert not (base / "test_data").exists()


def test_classes_can_be_given(base, filenames):
    prepare_datasets(base, filenames, "train_data", classes=["no-logo", "adidas", "bmw", "HP"])
    assert read_classes(base) == ("HP", "adidas", "bmw", "no-logo")
    assert (base / "train_data/bmw").is_dir()
    with pytest.raises(ClassListError, match="the data has no bmw"):
        prepare_datasets(base, filenames, "val_data", classes=CLASSES)


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "", " x"])
def test_a_class_name_that_cannot_be_a_folder_is_refused(tmp_path, splits, name):
    with pytest.raises(ClassListError, match="cannot be the name of a folder"):
        prepare_splits(replace(splits, classes=(*CLASSES, name)), tmp_path / "root")


def test_classes_that_differ_in_case_are_refused(tmp_path, splits):
    with pytest.raises(ClassListError, match="HP, hp"):
        prepare_splits(replace(splits, classes=(*CLASSES, "hp")), tmp_path / "root")


# prepare_splits and prepare_root


def test_prepare_splits_writes_three_folders_classes_boxes_and_a_summary(tmp_path, splits):
    root = tmp_path / "root"
    prepared = prepare_splits(splits, root)
    for number, name in enumerate(("train_data", "val_data", "test_data")):
        expected = {f"{label}/{seed}{number}.jpg" for seed, label in enumerate(CLASSES)}
        assert photos_in(root / name) == expected
    assert read_classes(root) == CLASSES
    boxes = read_boxes(root)
    assert len(boxes) == 6
    assert boxes["val_data/adidas/11.jpg"] == [[5, 6, 7, 8], [0, 0, 9, 9]]
    assert prepared.copied == 9
    assert read_summary(root).splitlines() == [str(prepared), "A note from the reader."]
    assert prepare_splits(splits, root).reused == 9


def test_photos_of_the_same_name_do_not_overwrite_each_other(tmp_path, splits):
    twins = tuple(
        Photo(draw(tmp_path / f"camera{n}" / "IMG_1.jpg", 100 + n), "HP", (Box(n, 0, 1, 1),))
        for n in range(3)
    )
    splits = replace(splits, train=(*splits.train, *twins, twins[0]))
    for _ in range(2):
        prepare_splits(splits, tmp_path / "root")
    folder = tmp_path / "root/train_data/HP"
    for number, name in enumerate(("IMG_1.jpg", "IMG_1-2.jpg", "IMG_1-3.jpg")):
        assert (folder / name).read_bytes() == twins[number].path.read_bytes()
        assert read_boxes(tmp_path / "root")[f"train_data/HP/{name}"] == [[number, 0, 1, 1]]
    assert len(photos_in(folder)) == 4


def test_a_format_that_gluon_does_not_load_becomes_png(tmp_path, splits):
    source = draw(tmp_path / "mine/logo.webp", 5)
    splits = replace(splits, train=(*splits.train, Photo(source, "HP")))
    prepare_splits(splits, tmp_path / "root")
    written = Image.open(tmp_path / "root/train_data/HP/logo.webp.png")
    assert written.format == "PNG"
    assert np.array_equal(np.asarray(written), np.asarray(Image.open(source).convert("RGB")))


def test_another_class_list_needs_another_folder(tmp_path, splits):
    prepare_splits(splits, tmp_path / "root")
    fewer = Splits(splits.train[:2], splits.val[:2], splits.test[:2], CLASSES[:2])
    with pytest.raises(ClassListError, match="the data has no no-logo"):
        prepare_splits(fewer, tmp_path / "root")
    assert len(photos_in(tmp_path / "root/train_data")) == 3


def test_a_split_without_a_usable_photo_is_an_error(tmp_path, splits):
    for photo in splits.val:
        photo.path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match=r"No photo of a split can be used.*val_data"):
        prepare_splits(splits, tmp_path / "root")


def test_photos_are_copied_if_links_are_impossible(tmp_path, splits, monkeypatch):
    def no_links(*args, **kwargs):
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr("os.link", no_links)
    prepare_splits(splits, tmp_path / "root")
    copy = tmp_path / "root/train_data/HP/00.jpg"
    assert copy.read_bytes() == splits.train[0].path.read_bytes()
    assert not copy.samefile(splits.train[0].path)
    assert prepare_splits(splits, tmp_path / "root").reused == 9


def test_a_failed_copy_leaves_nothing(tmp_path, splits, monkeypatch):
    def no_links(*args, **kwargs):
        raise OSError("Invalid cross-device link")

    def disk_full(source, target):
        Path(target).write_bytes(Path(source).read_bytes()[:100])
        raise OSError("No space left on device")

    monkeypatch.setattr("os.link", no_links)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", disk_full)
        with pytest.raises(OSError, match="No space left"):
            prepare_splits(splits, tmp_path / "root")
    assert photos_in(tmp_path / "root/train_data") == set()
    assert prepare_splits(splits, tmp_path / "root").copied == 9


@pytest.mark.parametrize("record", ["kept", "lost"])
def test_an_incomplete_photo_is_replaced(tmp_path, splits, record):
    root = tmp_path / "root"
    prepare_splits(splits, root)
    whole = (root / "train_data/HP/00.jpg").read_bytes()
    (root / "train_data/HP/00.jpg").unlink()
    (root / "train_data/HP/00.jpg").write_bytes(whole[:100])
    (root / "train_data/HP/.00.jpg.x1.part").write_bytes(whole[:100])
    if record == "lost":
        (root / "train_data.json").write_text('{"HP/')
    prepare_splits(splits, root)
    assert (root / "train_data/HP/00.jpg").read_bytes() == whole
    assert photos_in(root / "train_data/HP") == {"00.jpg"}


PREPARE = """
import os
def no_links(*args, **kwargs):
    raise OSError("no links here")
os.link = no_links
import sys
from logoflow.datasets.folder import read_folder
from logoflow.datasets.prepare import prepare_splits
prepare_splits(read_folder(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.slow
def test_a_killed_preparation_leaves_only_complete_photos(tmp_path):
    for label in ("acme", "zeta"):
        for number in range(40):
            draw(tmp_path / "brands" / label / f"{number}.jpg", number, size=(640, 480))
    root = tmp_path / "root"
    arguments = [sys.executable, "-c", PREPARE, str(tmp_path / "brands"), str(root)]
    environment = {**os.environ, "PYTHONPATH": str(Path(logoflow.__file__).parents[1])}
    process = subprocess.Popen(arguments, env=environment)
    try:
        wait_for(lambda: len(list(root.glob("train_data/*/*.jpg"))) >= 5, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    survivors = list(root.glob("*_data/*/*.jpg"))
    assert 5 <= len(survivors) < 80
    for path in survivors:
        original = tmp_path / "brands" / path.parent.name / path.name
        assert path.read_bytes() == original.read_bytes()
    subprocess.run(arguments, env=environment, check=True, timeout=60)
    assert len(list(root.glob("*_data/*/*"))) == 80
    assert list(root.rglob("*.part")) == []


def wait_for(ready, process, seconds=60):
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, "the process ended before the test killed it"
        assert time.monotonic() < end
        time.sleep(0.002)


def test_prepare_root_gives_each_combination_of_parameters_a_folder(tmp_path, capfd):
    for label in ("acme", "zeta"):
        for number in range(5):
            draw(tmp_path / "brands" / label / f"{number}.jpg", number)
    root = prepare_root("folder", tmp_path / "brands")
    assert root.parent == tmp_path / "data/prepared"
    assert len(photos_in(root / "train_data")) == 6
    assert prepare_root("folder", str(tmp_path / "brands")) == root
    assert prepare_root("folder", tmp_path / "brands", seed=1) != root
    assert prepare_root("folder", tmp_path / "brands", photos_per_class=1) != root
    chosen = prepare_root("folder", tmp_path / "brands", tmp_path / "chosen")
    assert chosen == tmp_path / "chosen"
    assert read_classes(chosen) == ("acme", "zeta")
    assert capfd.readouterr() == ("", "")


def test_prepare_root_sees_new_photos_and_brands(tmp_path):
    for label in ("acme", "zeta"):
        for number in range(5):
            draw(tmp_path / "brands" / label / f"{number}.jpg", number)
    root = prepare_root("folder", tmp_path / "brands")
    draw(tmp_path / "brands/acme/new.jpg", 50)
    assert prepare_root("folder", tmp_path / "brands") == root
    assert len(photos_in(root / "train_data")) + len(photos_in(root / "val_data")) == 9
    for number in range(3):
        draw(tmp_path / "brands/beta" / f"{number}.jpg", number)
    other = prepare_root("folder", tmp_path / "brands")
    assert read_classes(other) == ("acme", "beta", "zeta")
    assert read_classes(root) == ("acme", "zeta")


# names and files as they occur


def brand_folders(folder, count=4):
    for label in ("bmw", "dhl"):
        for number in range(count):
            draw(folder / label / f"{number}.jpg", number)
    return folder


def test_names_that_are_not_utf_8_become_readable(tmp_path):
    source = os.fsencode(brand_folders(tmp_path / "brands"))
    os.rename(source + b"/bmw", source + b"/nestl\xe9")
    os.rename(source + b"/dhl/0.jpg", source + b"/dhl/caf\xe9.jpg")
    Path(os.fsdecode(source + b"/dhl/\xe9.jpg")).touch()
    root = prepare_root("folder", tmp_path / "brands")
    assert read_classes(root) == ("dhl", "nestlé")
    assert list(root.glob("*_data/dhl/café.jpg"))
    assert "dhl/é.jpg (cannot be decoded: é.jpg: empty" in read_summary(root)
    assert prepare_root("folder", tmp_path / "brands") == root
    assert "(0 new)" in read_summary(root)


@pytest.mark.parametrize("can_link", [True, False])
@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_long_names_are_shortened(tmp_path, monkeypatch, suffix, can_link):
    def no_links(*args, **kwargs):
        raise OSError(18, "Invalid cross-device link")

    brand_folders(tmp_path / "brands")
    for number, start in enumerate("xy"):
        draw(tmp_path / f"brands/bmw/{start}{'x' * 244}.{suffix}", 50 + number)
    if not can_link:
        monkeypatch.setattr("os.link", no_links)
    root = prepare_root("folder", tmp_path / "brands")
    names = {path.name for path in root.glob("*_data/bmw/*xxx*")}
    assert len(names) == 2
    assert max(len(name) for name in names) <= 143


def test_names_with_line_ends_slashes_and_other_cases(tmp_path):
    brand_folders(tmp_path / "brands")
    (tmp_path / "brands/bmw").rename(tmp_path / "brands/ b\nmw")
    for number, name in enumerate(("a\nb\\c.jpg", "A B_C.JPG", "A\nB_C.jpg")):
        draw(tmp_path / "brands/ b\nmw" / name, 50 + number)
    root = prepare_root("folder", tmp_path / "brands", test_share=0)
    assert read_classes(root) == ("b mw", "dhl")
    names = [path.name for path in root.glob("*_data/b mw/*")]
    assert len({name.casefold() for name in names}) == 7
    assert not any(set(name) & set("\n\\") for name in names)
    assert len(read_summary(root).splitlines()) == 1


@pytest.mark.parametrize("name", ["\x07.jpg", " .jpg", " .x.jpg"])
def test_a_photo_is_not_hidden_by_its_new_name(tmp_path, name):
    brand_folders(tmp_path / "brands")
    draw(tmp_path / "brands/bmw" / name, 60)
    root = prepare_root("folder", tmp_path / "brands")
    loaded = sum(len(photos_of(root, split)) for split in ("train_data", "val_data", "test_data"))
    assert read_summary(root).startswith(f"{loaded} photos")


def test_a_label_that_no_folder_can_have_is_changed(tmp_path):
    brand_folders(tmp_path / "brands")
    paths = [str(path) for path in sorted((tmp_path / "brands").glob("*/*"))]
    labels = [".NET" if "/bmw/" in path else "x" * 300 for path in paths]
    root = prepare_root("table", pd.DataFrame({"path": paths, "label": labels}))
    assert read_classes(root)[0] == "_NET"
    assert len(photos_of(root, "train_data")) > 2


@pytest.mark.parametrize("operation", ["read", "store"])
def test_one_photo_that_cannot_be_read_or_stored_stops_nothing(tmp_path, monkeypatch, operation):
    photo = brand_folders(tmp_path / "brands") / "bmw/0.jpg"
    read_bytes, link = Path.read_bytes, os.link

    def refuse(path, *args):
        if Path(path) == photo:
            raise PermissionError(13, "Permission denied", str(path))
        return link(path, *args) if args else read_bytes(path)

    if operation == "read":
        monkeypatch.setattr(Path, "read_bytes", refuse)
    else:
        monkeypatch.setattr("os.link", refuse)
        monkeypatch.setattr("shutil.copyfile", refuse)
    root = prepare_root("folder", tmp_path / "brands")
    assert sum(len(list(root.glob(f"{split}_data/*/*"))) for split in ("train", "val", "test")) == 7
    assert f"1 left out: train_data/bmw/0.jpg (cannot be {operation}" in (
        read_summary(root).replace("val_data", "train_data").replace("test_data", "train_data")
    )


def test_a_broken_photo_is_not_the_only_one_to_train_on(tmp_path):
    brand_folders(tmp_path / "brands", 3)
    for path in (tmp_path / "brands/bmw").glob("[12].jpg"):
        path.write_bytes(path.read_bytes()[:100])
    root = prepare_root("folder", tmp_path / "brands")
    assert (root / "train_data/bmw/0.jpg").is_file()


def test_a_class_without_a_usable_training_photo_is_an_error(tmp_path):
    for split in ("train", "val", "test"):
        brand_folders(tmp_path / "brands" / split, len(split) - 1)
    for path in (tmp_path / "brands/train/bmw").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"No training photo of these classes can be used: bmw"):
        prepare_root("folder", tmp_path / "brands", tmp_path / "root")
    for split in ("train", "val", "test"):
        shutil.rmtree(tmp_path / "brands" / split / "bmw")
    draw(tmp_path / "brands/train/ups/1.jpg")
    root = prepare_root("folder", tmp_path / "brands", tmp_path / "root")
    assert read_classes(root) == ("dhl", "ups")


def test_a_class_of_broken_photos_is_left_out(tmp_path):
    brand_folders(tmp_path / "brands")
    draw(tmp_path / "brands/ups/1.jpg").write_bytes(b"broken")
    root = prepare_root("folder", tmp_path / "brands")
    assert read_classes(root) == ("bmw", "dhl")
    assert "The class ups was left out, because none of its 1 photos" in read_summary(root)


def test_own_work_beside_the_brands_is_no_brand(tmp_path):
    brand_folders(tmp_path / "data")
    roots = {prepare_root("folder", tmp_path / "data") for _ in range(3)}
    assert len(roots) == 1
    for _ in range(2):
        inside = prepare_root("folder", tmp_path / "data", tmp_path / "data/mine")
        assert read_classes(inside) == ("bmw", "dhl")
    assert "logoflow wrote it: mine, prepared" in read_summary(inside)


def test_the_folder_of_the_photos_is_not_written_to(tmp_path, monkeypatch):
    brand_folders(tmp_path / "brands")
    monkeypatch.chdir(tmp_path)
    for output in ("brands", tmp_path / "other/../brands"):
        with pytest.raises(ValueError, match="choose another folder, such as .*prepared"):
            prepare_root("folder", tmp_path / "brands", output)
    assert sorted(path.name for path in (tmp_path / "brands").iterdir()) == ["bmw", "dhl"]


def test_heic_and_avif_photos_become_jpegs(tmp_path):
    brand_folders(tmp_path / "brands")
    shutil.copy(Path(__file__).parents[1] / "images/flag.heic", tmp_path / "brands/bmw/IMG_1.HEIC")
    draw(tmp_path / "brands/bmw/IMG_2.avif", 60)
    draw(tmp_path / "brands/bmw/IMG_3.tif", 61)
    root = prepare_root("folder", tmp_path / "brands")
    (photo,) = root.glob("*_data/bmw/IMG_1.HEIC.jpg")
    assert (Image.open(photo).format, Image.open(photo).size) == ("JPEG", (48, 32))
    assert list(root.glob("*_data/bmw/IMG_2.avif.jpg"))
    assert list(root.glob("*_data/bmw/IMG_3.tif.png"))


def test_photos_to_answer_are_listed(tmp_path):
    brand_folders(tmp_path / "brands/train")
    photo = draw(tmp_path / "brands/test/1.jpg", 70)
    root = prepare_root("folder", tmp_path / "brands", tmp_path / "root")
    assert unlabelled_photos(root) == [photo]
    photo.unlink()
    prepare_root("folder", tmp_path / "brands", tmp_path / "root")
    assert unlabelled_photos(root) == []


def test_gluon_gives_every_split_the_same_labels(tmp_path, splits):
    from mxnet.gluon.data.vision import ImageFolderDataset

    prepare_splits(replace(splits, val=splits.val[1:]), tmp_path / "root")
    for name in ("train_data", "val_data", "test_data"):
        dataset = ImageFolderDataset(str(tmp_path / "root" / name))
        assert tuple(dataset.synsets) == read_classes(tmp_path / "root")


def test_real_photos(tmp_path, shared):
    root = prepare_root(
        "flickrlogos27",
        shared / "flickrlogos27",
        tmp_path / "root",
        no_logo_dir=shared / "no_logo_photos",
        photos_per_class=2,
    )
    assert len(photos_in(root / "train_data")) == 27 * 2 + 27
    assert json.loads((root / "classes.json").read_text())[-1] == "no-logo"
    assert 50 <= sum(name.startswith("train_data/") for name in read_boxes(root)) <= 54
