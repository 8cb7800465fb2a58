import random

import numpy as np
import pytest

from logoflow.images.boxes import resize_region
from logoflow.loading.crops import LogoCropAug, crop_anywhere, crop_around, crop_background


def photo(height=300, width=400):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "box", [(50, 60, 40, 30), (0, 0, 400, 300), (390, 290, 30, 30), (5, 5, 1, 1)]
)
def test_crops_around_a_box_contain_it_and_stay_in_the_photo(box):
    random.seed(1)
    right, bottom = min(400, box[0] + box[2]), min(300, box[1] + box[3])
    areas = []
    for _ in range(200):
        x, y, width, height = crop_around(box, 400, 300)
        assert 0 <= x <= box[0]
        assert 0 <= y <= box[1]
        assert right <= x + width <= 400
        assert bottom <= y + height <= 300
        areas.append(width * height)
    if box[2] < 100:
        assert min(areas) < 0.1 * 400 * 300 < 0.8 * 400 * 300 < max(areas)


def test_crops_without_a_box_keep_most_of_the_photo():
    random.seed(2)
    for _ in range(200):
        x, y, width, height = crop_anywhere(400, 300, min_area=0.5)
        assert x >= 0
        assert y >= 0
        assert x + width <= 400
        assert y + height <= 300
        assert width * height > 0.48 * 400 * 300


def test_the_seed_decides_a_logo_crop():
    crops = []
    for _ in range(2):
        random.seed(3)
        crops.append(LogoCropAug()(photo(), [(50, 60, 40, 30)]))
    assert np.array_equal(*crops)


def test_background_crops_show_almost_nothing_of_any_logo():
    random.seed(5)
    boxes = [(100, 50, 80, 60), (300, 200, 90, 90)]
    sides = []
    for _ in range(200):
        x, y, width, height = crop_background(boxes, 400, 300)
        assert 0 <= x <= x + width <= 400
        assert 0 <= y <= y + height <= 300
        for left, top, across, down in boxes:
            shown_x = max(0, min(x + width, left + across) - max(x, left))
            shown_y = max(0, min(y + height, top + down) - max(y, top))
            assert shown_x * shown_y < 0.1 * across * down
        sides.append(width / 400)
    assert min(sides) < 0.2
    assert max(sides) > 0.4


def test_a_photo_that_its_logo_fills_has_no_background():
    assert crop_background([(0, 0, 400, 300)], 400, 300) is None
    assert crop_background([], 400, 300) is not None


def test_a_region_is_cut_out_and_brought_to_a_square():
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:60, 50:150] = 200
    assert (resize_region(image, (50, 20, 100, 40), 32) == 200).all()
    assert resize_region(image, (0, 0, 200, 100), 32).mean() == pytest.approx(40, abs=1)
    assert resize_region(image[:3, :3], (0, 0, 3, 3), 8).shape == (8, 8, 3)


def test_a_region_takes_precedence_over_boxes():
    image = np.zeros((100, 200, 3), np.float32)
    image[20:60, 50:150] = 200
    square = LogoCropAug(16)(image, [(0, 0, 10, 10)], (50, 20, 100, 40))
    assert (square == 200).all()
