import cv2
import numpy as np
import pytest

import logoflow as lf
from logoflow.datasets.composing.artwork import Artwork, read_artwork
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.photos import compose_photo, compose_photos
from logoflow.datasets.composing.printing import MIN_CONTRAST, print_artwork
from logoflow.datasets.composing.simple_icons import icon_of, wordmarks
from logoflow.errors import ArtworkError


@pytest.fixture
def pixels():
    """Draw a red square on transparent ground."""
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[10:50, 10:50] = 200, 0, 0, 255
    return pixels


@pytest.fixture
def square(pixels):
    return read_artwork(pixels)


def test_a_seed_decides_a_crop(square):
    first, again, other = (compose_crop(np.random.default_rng(seed), square) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_logo_differs_from_its_plate_and_from_its_background(square):
    rng, background = np.random.default_rng(0), np.array([210.0, 5.0, 5.0])
    for _ in range(60):
        printed = print_artwork(rng, square, 40, background)
        x, y, width, height = printed.box
        inside = printed.rgb[y + height // 2, x + width // 2]
        has_plate = x > 2 or y > 2
        behind = printed.rgb[y - 2, printed.alpha.shape[1] // 2] if has_plate else background
        assert np.abs(inside - behind).sum() > MIN_CONTRAST / 2


def test_boxes_surround_the_logo(square):
    errors = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        photo, boxes = compose_photo(rng, square, longest_side=300)
        height, width = photo.shape[:2]
        for x, y, box_width, box_height in boxes:
            assert 0 <= x < x + box_width <= width
            assert 0 <= y < y + box_height <= height
            errors.append(box_width / box_height)
    assert 0.5 < np.median(errors) < 2  # a square stays about as wide as it is high


def test_without_artwork_there_is_no_box():
    photo, boxes = compose_photo(np.random.default_rng(0), None, longest_side=100)
    assert max(photo.shape) == 100
    assert boxes == []


def test_a_data_set_is_composed_that_trains(pixels, tmp_path):
    backgrounds = tmp_path / "backgrounds"
    backgrounds.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    cv2.imwrite(str(backgrounds / "noise.png"), noise)
    settings = {"train": 2, "val": 1, "test": 1, "no_logo": 1, "longest_side": 96}
    folder = compose_photos(
        {"acme": [pixels], "zenith": [pixels[:40], pixels]},
        tmp_path,
        backgrounds=backgrounds,
        **settings,
    )
    root = lf.prepare_root("flickrlogos32", folder, output_dir=tmp_path / "root")
    assert lf.read_classes(root) == ("acme", "no-logo", "zenith")
    assert len(lf.photos_of(root, "train_data")) == 5
    again = compose_photos(
        {"acme": [pixels], "zenith": [pixels[:40], pixels]},
        tmp_path / "again",
        backgrounds=backgrounds,
        **settings,
    )
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes()


def test_an_error_leaves_nothing_behind(pixels, tmp_path):
    empty = np.zeros((9, 9, 4), np.uint8)
    with pytest.raises(ArtworkError, match="is empty"):
        compose_photos({"acme": [pixels, empty]}, tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no photos"):
        compose_photos({"acme": [pixels]}, tmp_path, backgrounds=tmp_path)
    with pytest.raises(ValueError, match="at least one logo"):
        compose_photos({"acme": []}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_data_set_is_not_replaced(pixels, tmp_path):
    (tmp_path / "FlickrLogos-v2").mkdir()
    with pytest.raises(FileExistsError, match="another output_dir"):
        compose_photos({"acme": [pixels]}, tmp_path)


def test_simple_icons_are_found_by_any_spelling():
    for spelling in ("Red Bull", "redbull", "RED-BULL"):
        assert icon_of(spelling).colour is not None
    with pytest.raises(LookupError, match="has no icon of 'acme corp'"):
        icon_of("acme corp")


def test_wordmarks_are_names_in_several_typefaces():
    drawings = wordmarks("acme", "#0066B1")
    assert len(drawings) == 4
    assert all(isinstance(drawing, Artwork) for drawing in drawings)
    assert {tuple(drawing.colour) for drawing in drawings} == {(0, 102, 177)}
    assert not np.array_equal(drawings[0].picture, drawings[1].picture)
