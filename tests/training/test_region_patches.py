import random

import numpy as np
import pytest

from logoflow.training.region_patches import (
    GREY,
    PATCH_CELLS,
    PATCH_SIDE,
    UNKNOWN,
    View,
    cut,
    draw_patch,
    draw_view,
    label_regions,
)

BRAND, NO_LOGO = 0, 1


def photo_with_white_box(box: tuple, size: tuple = (300, 400)) -> np.ndarray:
    image = np.full((*size, 3), 60, np.uint8)
    x, y, width, height = box
    image[y : y + height, x : x + width] = 255
    return image


def brightness_of_regions(patch: np.ndarray) -> np.ndarray:
    cells = patch.reshape(8, 32, 8, 32, 3).mean(axis=(1, 3, 4))
    return np.array([cells[t : t + h, x : x + w].mean() for t, x, h, w in PATCH_CELLS])


@pytest.mark.parametrize("seed", range(12))
def test_labelled_regions_show_the_logo_and_the_others_do_not(seed):
    random.seed(seed)
    box = (150, 90, 90, 60)
    patch, labels = draw_patch(photo_with_white_box(box), BRAND, [box], NO_LOGO)
    bright = brightness_of_regions(patch)
    assert patch.shape == (PATCH_SIDE, PATCH_SIDE, 3)
    assert (labels == BRAND).any()
    assert bright[labels == BRAND].min() > 100
    if (labels == NO_LOGO).any():
        assert bright[labels == NO_LOGO].max() < bright[labels == BRAND].min()


def test_a_seed_repeats_a_patch():
    image, patches = photo_with_white_box((150, 90, 90, 60)), []
    for _ in range(2):
        random.seed(3)
        patches.append(draw_patch(image, BRAND, [(150, 90, 90, 60)], NO_LOGO)[0])
    assert np.array_equal(*patches)


def test_all_regions_inside_a_photo_without_a_logo_are_no_logo():
    random.seed(0)
    _, labels = draw_patch(np.zeros((900, 900, 3), np.uint8), NO_LOGO, [], NO_LOGO)
    assert set(labels) <= {NO_LOGO, UNKNOWN}
    assert (labels == NO_LOGO).any()


def test_without_boxes_no_region_of_a_brand_has_a_label():
    random.seed(0)
    _, labels = draw_patch(np.zeros((300, 300, 3), np.uint8), BRAND, [], NO_LOGO)
    assert set(labels) == {UNKNOWN}


def test_without_a_class_no_logo_the_background_has_no_label():
    view = View(0.0, 0.0, 1.0, 1.0)
    labels = label_regions(view, 256, 256, BRAND, [(0, 0, 64, 64)], None)
    assert set(labels) == {BRAND, UNKNOWN}


def test_outside_the_photo_a_patch_is_grey_and_its_regions_have_no_label():
    view = View(-128.0, 0.0, 1.0, 1.0)
    patch = cut(np.zeros((256, 256, 3), np.uint8), view)
    assert (patch[:, :128] == GREY).all()
    assert not patch[:, 128:].any()
    labels = label_regions(view, 256, 256, NO_LOGO, [], NO_LOGO)
    left_half = PATCH_CELLS[:, 1] + PATCH_CELLS[:, 3] <= 4
    assert set(labels[left_half]) == {UNKNOWN}


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0])
def test_a_patch_shows_the_place_at_any_scale(scale):
    box = (160, 160, 200, 200)
    view = View(box[0] - 20 / scale, box[1] - 20 / scale, scale, scale)
    patch = cut(photo_with_white_box(box, (1200, 1200)), view)
    side = min(PATCH_SIDE - 20, round(200 * scale))
    assert patch[24 : 16 + side, 24 : 16 + side].min() > 250
    assert patch[:16, :16].max() < 70


@pytest.mark.parametrize("seed", range(8))
def test_one_logo_is_in_view(seed):
    random.seed(seed)
    box = (700, 40, 60, 30)
    view = draw_view(800, 600, [box])
    (logo,) = view.boxes_in_patch([box])
    assert (logo[:2] > -40).all()
    assert (logo[:2] + logo[2:] < PATCH_SIDE + 40).all()
