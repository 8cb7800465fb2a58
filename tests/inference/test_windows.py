import numpy as np
import pytest

from logoflow.inference.levels import LAYOUTS
from logoflow.inference.windows import windows


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_begins_with_the_windows_of_those_before_it(layout):
    regions = windows(640, 480, layout)
    assert len(regions) == LAYOUTS[layout].window_count
    assert regions == windows(640, 480, "more-windows")[: len(regions)]
    assert regions[0] == (0, 0, 640, 480)


def test_a_grid_reaches_all_four_corners_and_its_windows_overlap():
    last = windows(600, 300, "more-windows")[14:]
    assert {(w, h) for _, _, w, h in last} == {(200, 100)}
    assert [x for x, *_ in last[:5]] == [0, 100, 200, 300, 400]
    assert [y for _, y, *_ in last[::5]] == [0, 50, 100, 150, 200]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (7, 1000), (1023, 769)])
def test_windows_lie_inside_photos_of_any_size_and_have_their_shape(size):
    width, height = size
    for x, y, w, h in windows(width, height, "more-windows"):
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert abs(w / width - h / height) <= 0.5 / width + 0.5 / height or min(w, h) == 1


@pytest.mark.parametrize("layout", [3, None, "closest", "windows, read_names"])
def test_an_unknown_layout_is_refused(layout):
    with pytest.raises(ValueError, match="choose one of whole, few-windows"):
        windows(640, 480, layout)


def test_a_photo_without_pixels_is_refused():
    with pytest.raises(ValueError, match="0 x 480"):
        windows(0, 480, "whole")
