import random

import numpy as np
import pytest

from logoflow.loading.appearance import LightAug, NegativeAug, QualityAug, ViewpointAug

AUGS = [ViewpointAug(), LightAug(), QualityAug(probability=1.0)]


def picture(size=64):
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3))
    return pixels.astype(np.float32)


@pytest.mark.parametrize("aug", AUGS, ids=lambda aug: type(aug).__name__)
def test_a_changed_picture_has_the_same_shape_type_and_range(aug):
    random.seed(0)
    for _ in range(20):
        changed = aug(picture())
        assert changed.shape == (64, 64, 3)
        assert changed.dtype == np.float32
        assert 0 <= changed.min() <= changed.max() <= 255
        assert not np.array_equal(changed, picture())


@pytest.mark.parametrize("aug", AUGS, ids=lambda aug: type(aug).__name__)
def test_changes_are_drawn_from_the_seed(aug):
    changed = []
    for seed in (1, 1, 2):
        random.seed(seed)
        changed.append(aug(picture()))
    assert np.array_equal(changed[0], changed[1])
    assert not np.array_equal(changed[0], changed[2])


def test_zero_strength_changes_nothing():
    random.seed(0)
    for aug in (ViewpointAug(0, 0), LightAug(0, 0, 0), NegativeAug(0), QualityAug(0)):
        assert np.allclose(aug(picture()), picture(), atol=1e-2)


def test_light_keeps_a_grey_picture_grey():
    random.seed(3)
    grey = np.full((8, 8, 3), 120, np.float32)
    for _ in range(20):
        changed = LightAug()(grey)
        assert np.ptp(changed, axis=2).max() < 1.0


def test_rotating_the_hue_keeps_the_brightness():
    random.seed(4)
    red = np.tile([150.0, 100.0, 100.0], (8, 8, 1)).astype(np.float32)
    changes = []
    for _ in range(10):
        changed = LightAug(strength=0, hue=0.3, grey=0)(red)[0, 0]
        assert changed @ [0.299, 0.587, 0.114] == pytest.approx(150 * 0.299 + 100 * 0.701, abs=1)
        changes.append(abs(changed - [150, 100, 100]).max())
    assert max(changes) > 10


def test_viewpoint_moves_no_point_far():
    random.seed(5)
    dot = np.zeros((100, 100, 3), np.float32)
    dot[45:55, 45:55] = 255
    for _ in range(20):
        seen = ViewpointAug()(dot)[:, :, 0]
        rows, columns = np.nonzero(seen > 128)
        assert abs(rows.mean() - 49.5) < 8
        assert abs(columns.mean() - 49.5) < 8


def test_some_pictures_become_their_negative():
    random.seed(5)
    changed = [NegativeAug(probability=0.5)(picture()) for _ in range(20)]
    is_negative = [np.array_equal(part, 255 - picture()) for part in changed]
    assert 3 < sum(is_negative) < 17
    assert all(np.array_equal(changed[n], picture()) for n in range(20) if not is_negative[n])
