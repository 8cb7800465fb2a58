"""The comparison of backbones, without networks and without FlickrLogos-27."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from logoflow.datasets.splits import Box, Photo
from logoflow.images.decode import read_image

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "backbones.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("backbones", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_crop_is_a_square_that_the_logo_fills(script):
    photo = np.zeros((200, 300, 3), np.uint8)
    photo[80:120, 100:200] = 255
    crop = script.square_crop(photo, Box(100, 80, 100, 40), size=115)
    assert crop.shape == (115, 115, 3)
    assert (crop > 127).mean() == pytest.approx(0.3, abs=0.02)  # 40 x 100 of 115 x 115


def test_a_crop_beyond_the_photo_repeats_its_border(script):
    photo = np.full((40, 40, 3), 200, np.uint8)
    assert (script.square_crop(photo, Box(0, 0, 40, 40), size=64) == 200).all()


def test_each_photo_gives_its_largest_box_sorted_by_brand(script, tmp_path):
    for seed, name in enumerate("ab"):
        pixels = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    photos = [
        Photo(tmp_path / "a.png", "puma", (Box(0, 0, 14, 14), Box(0, 0, 20, 20))),
        Photo(tmp_path / "b.png", "nike", (Box(0, 0, 14, 14),)),
        Photo(tmp_path / "b.png", "nike", (Box(0, 0, 5, 14),)),
        Photo(tmp_path / "b.png", "nike"),
    ]
    crops, labels = script.box_crops(photos, size=32)
    assert labels.tolist() == [0, 1]
    largest = script.square_crop(read_image(tmp_path / "a.png"), Box(0, 0, 20, 20), 32)
    assert np.array_equal(crops[1], largest)


def test_recall_is_one_for_brands_that_features_part_and_chance_for_noise(script):
    labels = np.repeat(np.arange(4), 20)
    rng = np.random.default_rng(0)
    apart = np.eye(4)[labels] + rng.normal(0, 0.01, (80, 4))
    assert script.mean_recall(apart, labels, count=2, draws=2) == 1
    noise = rng.normal(0, 1, (80, 4))
    assert script.mean_recall(noise, labels, count=2, draws=5) == pytest.approx(0.25, abs=0.1)


def test_missing_photos_give_a_message(script, tmp_path, capsys):
    assert script.main(["--data", str(tmp_path)]) == 2
    assert "flickr_logos_27" in capsys.readouterr().err
