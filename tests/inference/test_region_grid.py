import numpy as np
import pytest

from logoflow.inference.region_grid import (
    REGION_SHAPES,
    pooling_matrix,
    region_boxes,
    region_cells,
    window_regions,
)
from logoflow.inference.windows import windows


def test_regions_have_all_sizes_at_all_places():
    cells = region_cells(3, 4, ((2, 2), (1, 4)))
    assert len(cells) == 2 * 3 + 3
    assert len(region_cells(8, 8, REGION_SHAPES)) == 1 + 9 + 25 + 36 + 49 + 2 * 18 + 2 * 35


def test_a_region_larger_than_the_photo_is_the_whole_photo():
    assert region_cells(2, 3, ((6, 6),)).tolist() == [[0, 0, 2, 3]]


def test_the_pooling_matrix_averages_the_cells_of_each_region():
    values = np.random.default_rng(0).random((4, 5, 7)).astype(np.float32)
    pooled = pooling_matrix(4, 5, ((2, 3), (4, 1))) @ values.reshape(20, 7)
    for (top, left, rows, columns), mean in zip(
        region_cells(4, 5, ((2, 3), (4, 1))), pooled, strict=True
    ):
        part = values[top : top + rows, left : left + columns]
        assert np.allclose(mean, part.mean(axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize("size", [(420, 300), (300, 420), (40, 900), (5, 5), (3000, 2000)])
def test_regions_lie_inside_the_photo_and_the_first_is_the_whole(size):
    boxes = region_boxes(*size)
    assert boxes[0].tolist() == [0, 0, *size]
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= np.array(size) + 1e-6).all()


def test_each_window_has_a_region_much_like_it():
    boxes, chosen = region_boxes(640, 480), window_regions(640, 480)
    assert chosen[0] == 0
    for window, region in zip(windows(640, 480, "more-windows"), boxes[chosen], strict=True):
        assert np.abs(np.array(window) - region).max() < 110
