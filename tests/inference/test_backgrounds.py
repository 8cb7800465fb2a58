import cv2
import numpy as np
import pytest

from logoflow.inference.backgrounds import BackgroundWindows, background_mask
from logoflow.inference.evidence import Evidence
from logoflow.inference.levels import Level

NONE = 1  # the label of no-logo, of three classes
LOGITS = np.random.default_rng(0).normal(size=(39, 3))
EVERYWHERE = np.ones(39, dtype=bool)
PLAIN = Level("more-windows")
MATCH = Level("more-windows", match_logos=True)
READ = Level("more-windows", read_names=True)
BOTH = Level("more-windows", match_logos=True, read_names=True)


def test_known_logos_count_only_at_levels_that_match_logos():
    known = Evidence(LOGITS, np.array([12, 0, 0]))
    assert np.array_equal(known.scores(PLAIN, NONE), Evidence(LOGITS).scores(PLAIN, NONE))
    gain = known.scores(MATCH, NONE) - Evidence(LOGITS).scores(PLAIN, NONE)
    assert (gain[0, 0] - gain[0, 1], gain[0, 2] - gain[0, 1]) == pytest.approx((np.log(10), 0))
    scores = [
        BackgroundWindows(EVERYWHERE, 0, np.array([0, 0, count])).scores(known, MATCH, NONE)[0]
        for count in (0, 9)
    ]
    assert scores[1][2] - scores[1][1] > scores[0][2] - scores[0][1]


def test_names_count_only_at_levels_that_read_names():
    matches, letters = np.array([9, 0, 0]), np.array([0.0, 0, 5])
    plain, read = Evidence(LOGITS, matches), Evidence(LOGITS, matches, letters)
    assert np.array_equal(read.scores(MATCH, NONE), plain.scores(MATCH, NONE))
    gain = read.scores(BOTH, NONE) - plain.scores(MATCH, NONE)
    assert (gain[0, 2] - gain[0, 1], gain[0, 0] - gain[0, 1]) == pytest.approx((5, 0))
    gain = read.scores(READ, NONE) - plain.scores(PLAIN, NONE)
    assert (gain[0, 2] - gain[0, 1], gain[0, 0] - gain[0, 1]) == pytest.approx((5, 0))


def test_evidence_for_the_photos_own_brand_in_the_background_is_ignored():
    matches, letters = np.array([90, 0, 0]), np.array([3.9, 0, 0])
    photo = Evidence(LOGITS, matches, letters)
    own, other = (BackgroundWindows(EVERYWHERE, brand, matches, letters) for brand in (0, 2))
    for level in (MATCH, READ, BOTH):
        scores = own.scores(photo, level, NONE)[0]
        assert scores[0] < scores[2] - 5
        assert other.scores(photo, level, NONE)[0].argmax() == 0
        assert np.isfinite(scores).all()


def test_the_name_of_another_brand_in_the_background_rules_the_photo_out():
    photo = Evidence(LOGITS, None, np.array([5.0, 0, 4.0]))
    for letters, counts in (([5, 0, 3.9], True), ([5, 0, 4], False), ([0, 0, 0], True)):
        background = BackgroundWindows(EVERYWHERE, 0, None, np.array(letters, dtype=float))
        assert (background.scores(photo, READ, NONE) is not None) == counts
        assert background.scores(photo, PLAIN, NONE) is not None, "this level reads no names"


def test_background_windows_show_next_to_nothing_of_any_box():
    picture = np.zeros((90, 120, 3), np.uint8)
    # Few windows: the whole photo, then windows of 80 x 60 in the four corners.
    mask = background_mask(picture, [(0, 0, 20, 15)], "few-windows")
    assert mask.tolist() == [False, False, True, True, True]
    two = [(0, 0, 20, 15), (100, 70, 20, 20)]
    mask = background_mask(picture, two, "few-windows")
    assert mask.tolist() == [False, False, True, True, False]
    assert not background_mask(picture, [], "windows").any()


def test_paths_bytes_and_arrays_have_the_same_windows(tmp_path):
    picture = np.zeros((90, 120, 3), np.uint8)
    path = tmp_path / "x.png"
    cv2.imwrite(str(path), picture)
    boxes = [(100, 70, 20, 20)]
    expected = background_mask(picture, boxes, "more-windows")
    assert expected.any()
    for image in (path, str(path), path.read_bytes()):
        assert np.array_equal(background_mask(image, boxes, "more-windows"), expected)


def test_at_level_whole_the_largest_background_window_stands_for_a_photo():
    photo = Evidence(LOGITS)
    whole, few = Level("whole"), Level("few-windows")
    mask = np.zeros(39, dtype=bool)
    mask[[3, 8, 20]] = True  # one window of each size
    alone = BackgroundWindows(mask, 0).scores(photo, whole, NONE)
    only_the_largest = Evidence(LOGITS[3:4]).scores(whole, NONE)
    assert alone[0, 2] - alone[0, NONE] == pytest.approx(
        only_the_largest[0, 2] - only_the_largest[0, NONE]
    )
    assert BackgroundWindows(np.zeros(39, dtype=bool), 0).scores(photo, whole, NONE) is None
    assert BackgroundWindows(mask[:2], 0).scores(photo, few, NONE) is None
