"""A prepared data set with one fault of each kind, and what the check says about it."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from logoflow.cli.main import main
from logoflow.datasets.prepare import prepare_root
from logoflow.evaluation.check_data import FINDINGS, check_data


def draw(path, label, number, side=96):
    """Draw a photo of a class: vertical bars for acme, horizontal ones for zeta."""
    rng = np.random.default_rng([number, len(label)])
    image = rng.integers(0, 60, (side, side, 3), np.uint8)
    for place in rng.integers(0, side - 8, 6):
        bar = np.s_[:, place : place + 6] if label == "acme" else np.s_[place : place + 6]
        image[bar] = rng.integers(150, 255, 3) if number % 2 else (200, 40, 40)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brands")
    for split, count in (("train", 12), ("val", 3), ("test", 3)):
        for label in ("acme", "zetas"):
            for number in range(count):
                draw(folder / split / label / f"{number}.png", label, 100 * len(split) + number)
    draw(folder / "train/zetas/mislabelled.png", "acme", 999)
    draw(folder / "train/acme/tiny.png", "acme", 998, side=40)
    (folder / "train/acme/broken.png").write_bytes(b"broken")
    first = cv2.imread(str(folder / "train/acme/0.png"))
    cv2.imwrite(str(folder / "test/acme/leak.png"), cv2.resize(first, (150, 150)))
    cv2.imwrite(str(folder / "train/acme/again.png"), cv2.resize(first, (140, 140)))
    second = cv2.imread(str(folder / "train/acme/1.png"))
    cv2.imwrite(str(folder / "train/zetas/stolen.png"), cv2.resize(second, (150, 150)))
    draw(folder / "train/few/1.png", "few", 997)
    return folder


@pytest.fixture(scope="module")
def check(folder, tmp_path_factory):
    root = prepare_root("folder", folder, tmp_path_factory.mktemp("root") / "root")
    return check_data(root, image_size=64)


def found(check, kind):
    rows = check.findings[check.findings["kind"] == kind]
    return set(zip(rows["label"], rows["photo"], strict=True))


def test_photos_are_counted_per_class_and_split(check):
    assert check.counts.loc["acme"].tolist() == [14, 3, 4]
    assert check.counts.loc["few"].tolist() == [1, 0, 0]
    assert len(check.photos) == check.counts.to_numpy().sum()
    assert check.photos["width"].median() == 96


@pytest.mark.parametrize(
    ("kind", "photos"),
    [
        ("left out", {("acme", "broken.png")}),
        ("small photo", {("acme", "tiny.png")}),
        ("near-duplicates", {("acme", "again.png")}),
        ("across splits", {("acme", "leak.png")}),
        ("in two classes", {("zetas", "stolen.png")}),
        ("few photos", {("few", "")}),
    ],
)
def test_each_kind_of_fault_is_found(check, kind, photos):
    assert found(check, kind) == photos


def test_a_wrong_label_is_suspected(check):
    suspected = found(check, "suspected label")
    assert ("zetas", "mislabelled.png") in suspected
    assert len(suspected) < 8


def test_each_finding_says_what_to_do(check):
    assert check.findings["advice"].tolist() == [FINDINGS[kind] for kind in check.findings["kind"]]
    assert FINDINGS["in two classes"] in str(check)


def test_a_photo_that_broke_after_the_preparation_is_found(folder, tmp_path):
    root = prepare_root("folder", folder, tmp_path / "root")
    photo = root / "val_data/acme/0.png"
    photo.unlink()
    photo.write_bytes(b"broken")
    check = check_data(root, image_size=64)
    assert found(check, "broken") == {("acme", "0.png")}


def test_the_command_line_prints_the_check(folder, tmp_path, monkeypatch):
    arguments = ["data", str(folder), "--check", "-o", str(tmp_path / "root")]
    first = CliRunner().invoke(main, arguments)
    assert first.exit_code == 0
    assert "in two classes: 1, for example stolen.png" in first.stderr
    monkeypatch.setattr("logoflow.evaluation.check_data.check_data", None)  # would raise TypeError
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 0
    assert again.stderr.splitlines()[1:] == first.stderr.splitlines()[1:]
