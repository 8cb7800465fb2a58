import numpy as np
import pytest

from logoflow.inference.scoring import combine
from logoflow.inference.windows import window_count, windows


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("views", "count"), [(1, 1), (2, 5), (3, 14), (4, 39), (5, 39), (6, 39)])
def test_each_number_of_views_adds_its_grid_to_those_before(views, count):
    found = windows(640, 480, views)
    assert len(found) == window_count(views) == count
    assert found == windows(640, 480, 4)[:count]
    assert found[0] == (0, 0, 640, 480)


def test_a_grid_reaches_all_four_corners_and_its_windows_overlap():
    last = windows(600, 300, 4)[14:]
    assert {(w, h) for _, _, w, h in last} == {(200, 100)}
    assert [x for x, *_ in last[:5]] == [0, 100, 200, 300, 400]
    assert [y for _, y, *_ in last[::5]] == [0, 50, 100, 150, 200]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (7, 1000), (1023, 769)])
def test_windows_lie_in_photos_of_any_size_and_have_their_shape(size):
    width, height = size
    for x, y, w, h in windows(width, height, 4):
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert abs(w / width - h / height) <= 0.5 / width + 0.5 / height or min(w, h) == 1


@pytest.mark.parametrize("views", [0, 7, -1, 1.5, None, "2"])
def test_another_number_of_views_is_refused(views):
    with pytest.raises(ValueError, match="1 to 6"):
        windows(640, 480, views)


def test_a_photo_without_pixels_is_refused():
    with pytest.raises(ValueError, match="0 x 480"):
        windows(0, 480, 1)


def test_one_window_keeps_the_nets_probabilities():
    for logits in np.random.default_rng(0).normal(size=(6, 1, 4)) * 5:
        for no_logo in (None, 2):
            scores = combine(logits, no_logo)
            assert np.allclose(np.exp(scores), softmax(logits)[0], rtol=1e-12)


def test_brands_take_their_best_odds_against_no_logo_over_the_windows():
    whole, close = [0.1, 0.1, 0.8], [0.7, 0.2, 0.1]
    scores = combine(np.log([whole, close]), no_logo=2)
    assert np.allclose(np.exp(scores), [0.7, 0.2, 0.1])

    two_parts = [[0.4, 0.05, 0.55], [0.1, 0.3, 0.6]]  # odds 0.73 and 0.5 in different windows
    odds = np.array([0.4 / 0.55, 0.3 / 0.6, 1.0])
    scores = combine(np.log(two_parts), no_logo=2)
    assert np.allclose(np.exp(scores), odds / odds.sum())


def test_without_a_no_logo_class_brands_take_their_highest_probability():
    scores = combine(np.log([[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]]), no_logo=None)
    assert np.allclose(np.exp(scores), [0.7 / 1.7, 0.2 / 1.7, 0.8 / 1.7])


def test_large_logits_stay_finite():
    scores = combine(np.array([[1e4, -1e4], [0.0, 0.0]]), no_logo=1)
    assert np.isfinite(scores).all()
    assert scores.tolist() == [0.0, -2e4]
