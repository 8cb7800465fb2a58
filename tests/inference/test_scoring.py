import cv2
import numpy as np
import pytest

from logoflow.inference.scoring import Beside, Evidence, windows_beside

NONE = 1  # the class number of no-logo, of three
LOGITS = np.random.default_rng(0).normal(size=(39, 3))
EVERYWHERE = np.ones(39, dtype=bool)


def test_known_logos_count_for_views_5_alone():
    known = Evidence(LOGITS, np.array([12, 0, 0]))
    assert np.array_equal(known.scores(4, NONE), Evidence(LOGITS).scores(4, NONE))
    gain = known.scores(5, NONE) - Evidence(LOGITS).scores(4, NONE)
    assert (gain[0, 0] - gain[0, 1], gain[0, 2] - gain[0, 1]) == pytest.approx((np.log(10), 0))
    beside = [Beside(EVERYWHERE, 0, np.array([0, 0, found])) for found in (0, 9)]
    scores = [found.of(known, 5, NONE)[0] for found in beside]
    assert scores[1][2] - scores[1][1] > scores[0][2] - scores[0][1]


def test_names_count_for_views_6_alone_with_and_without_known_logos():
    matches, letters = np.array([9, 0, 0]), np.array([0.0, 0, 5])
    plain, read = Evidence(LOGITS, matches), Evidence(LOGITS, matches, letters)
    assert np.array_equal(read.scores(5, NONE), plain.scores(5, NONE))
    gain = read.scores(6, NONE) - plain.scores(5, NONE)
    assert (gain[0, 2] - gain[0, 1], gain[0, 0] - gain[0, 1]) == pytest.approx((5, 0))
    gain = Evidence(LOGITS, None, letters).scores(6, NONE) - Evidence(LOGITS).scores(4, NONE)
    assert (gain[0, 2] - gain[0, 1], gain[0, 0] - gain[0, 1]) == pytest.approx((5, 0))


def test_a_photos_own_brand_beside_its_boxes_says_nothing():
    matches, letters = np.array([90, 0, 0]), np.array([3.9, 0, 0])
    for views, found in ((5, (matches,)), (6, (matches, letters)), (6, (None, letters))):
        photo = Evidence(LOGITS, *found)
        own, other = (Beside(EVERYWHERE, brand, *found) for brand in (0, 2))
        scores = own.of(photo, views, NONE)[0]
        assert scores[0] < scores[2] - 5, "what looks like the own brand is left out"
        assert other.of(photo, views, NONE)[0].argmax() == 0
        assert np.isfinite(scores).all()


def test_where_another_brands_name_is_read_no_photo_without_a_logo_is_counted():
    photo = Evidence(LOGITS, None, np.array([5.0, 0, 4.0]))
    for letters, counts in (([5, 0, 3.9], True), ([5, 0, 4], False), ([0, 0, 0], True)):
        beside = Beside(EVERYWHERE, 0, None, np.array(letters, dtype=float))
        assert (beside.of(photo, 6, NONE) is not None) == counts
        assert beside.of(photo, 4, NONE) is not None, "nobody reads there"


def test_windows_beside_show_next_to_nothing_of_any_box():
    picture = np.zeros((90, 120, 3), np.uint8)
    # Views 2: the whole photo, then 80 x 60 windows in the four corners.
    assert windows_beside(picture, [(0, 0, 20, 15)], 2).tolist() == [False, False, True, True, True]
    two = [(0, 0, 20, 15), (100, 70, 20, 20)]
    assert windows_beside(picture, two, 2).tolist() == [False, False, True, True, False]
    assert not windows_beside(picture, [], 3).any()


def test_paths_bytes_and_arrays_have_the_same_windows(tmp_path):
    picture = np.zeros((90, 120, 3), np.uint8)
    path = tmp_path / "x.png"
    cv2.imwrite(str(path), picture)
    expected = windows_beside(picture, [(100, 70, 20, 20)], 4)
    assert expected.any()
    for image in (path, str(path), path.read_bytes()):
        assert np.array_equal(windows_beside(image, [(100, 70, 20, 20)], 4), expected)


def test_for_views_1_the_largest_window_beside_the_logo_stands_for_a_photo():
    photo = Evidence(LOGITS)
    free = np.zeros(39, dtype=bool)
    free[[3, 8, 20]] = True  # of the windows of views 2, 3 and 4
    alone = Beside(free, 0).of(photo, 1, NONE)
    only_the_largest = Evidence(LOGITS[3:4]).scores(1, NONE)
    assert alone[0, 2] - alone[0, NONE] == pytest.approx(
        only_the_largest[0, 2] - only_the_largest[0, NONE]
    )
    assert Beside(np.zeros(39, dtype=bool), 0).of(photo, 1, NONE) is None
    assert Beside(free[:2], 0).of(photo, 2, NONE) is None
