from dataclasses import replace

import numpy as np
import pytest

from logoflow.calibration import (
    Beside,
    Evidence,
    fit_decisions,
    warn_of_weak,
    windows_beside,
)
from logoflow.decision import Decision

CLASSES = ("adidas", "no-logo", "ups")
NONE = 1


def logits_of(photos=60, windows=5, seed=0):
    """Brands show in one window of five; elsewhere no-logo is likely."""
    rng = np.random.default_rng(seed)
    truth = np.arange(photos) % 3
    logits = rng.normal(size=(photos, windows, 3))
    logits[:, :, NONE] += 3
    for photo, label in enumerate(truth):
        logits[photo, photo % windows, label] += 6
    return logits, truth


def photos_of(logits, matches=None):
    """Evidence, one photo after another."""
    matches = [None] * len(logits) if matches is None else matches
    return map(Evidence, logits, matches)


def test_each_number_of_views_gets_a_decision_of_its_own():
    logits, truth = logits_of()
    decisions = fit_decisions(photos_of(logits), truth, CLASSES, (1, 2), 0.1)
    assert sorted(decisions) == [1, 2]
    assert decisions[1] != decisions[2]
    assert {decision.photos for decision in decisions.values()} == {60}
    alone = fit_decisions(photos_of(logits), truth, CLASSES, (2,), 0.1)
    assert alone[2] == decisions[2]


def test_a_threshold_that_is_missing_or_weak_is_told(recwarn):
    sure = Decision(threshold=0.5, false_positive_rate=0.02, photos=90, no_logo_photos=50)
    warn_of_weak({1: sure})
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"views 3\) rests on 10 photos.*: 50 are the least"):
        warn_of_weak({1: sure, 3: replace(sure, no_logo_photos=10)})
    with pytest.warns(UserWarning, match=r"Every photo will be given a brand \(views 1\)"):
        warn_of_weak({1: Decision(), 2: sure})


def test_what_is_beside_the_logos_counts_as_photos_without():
    logits, truth = logits_of()
    beside = np.ones((60, 5), dtype=bool)
    beside[:, 0] = False  # the whole photo
    beside[np.arange(60), np.arange(60) % 5] = False
    beside[truth == NONE] = False
    decisions = fit_decisions(
        photos_of(logits), truth, CLASSES, (1, 2), 0.1, list(map(Beside, beside, truth))
    )
    assert (decisions[1].photos, decisions[1].no_logo_photos) == (60, 20)
    assert (decisions[2].photos, decisions[2].no_logo_photos) == (100, 60)


def test_backgrounds_that_look_like_logos_raise_the_threshold():
    logits, truth = logits_of()
    logits[truth == 0, 4, 2] += 7  # something in adidas photos that looks like ups
    beside = np.zeros((60, 5), dtype=bool)
    beside[truth == 0, 4] = True
    without = fit_decisions(photos_of(logits), truth, CLASSES, (2,), 0.02)[2]
    having = fit_decisions(
        photos_of(logits), truth, CLASSES, (2,), 0.02, list(map(Beside, beside, truth))
    )[2]

    def least_odds(decision):
        share = decision.threshold / (1 - decision.threshold)
        return (np.log(share) + decision.no_logo_bias) * decision.temperature

    assert least_odds(having) > least_odds(without) + 1


def test_known_logos_count_for_views_5_alone():
    logits, truth = logits_of()
    matches = np.zeros((60, 3), dtype=int)
    matches[np.arange(60), truth] = 12
    matches[truth == NONE] = 0
    photo = next(photos_of(logits, matches))
    assert np.array_equal(photo.scores(2, NONE), Evidence(logits[0]).scores(2, NONE))
    gain = photo.scores(5, NONE) - Evidence(logits[0]).scores(4, NONE)
    assert (gain[0, 0] - gain[0, 1], gain[0, 2] - gain[0, 1]) == pytest.approx((np.log(10), 0))
    beside = [Beside(np.ones(5, dtype=bool), 0, np.array([0, 0, found])) for found in (0, 9)]
    scores = [found.of(photo, 5, NONE)[0] for found in beside]
    assert scores[1][2] - scores[1][1] > scores[0][2] - scores[0][1]


def test_names_count_for_views_6_alone_with_and_without_known_logos():
    logits, _ = logits_of()
    letters, matches = np.array([0.0, 5, 0]), np.array([9, 0, 0])
    plain, read = Evidence(logits[0], matches), Evidence(logits[0], matches, letters)
    assert np.array_equal(read.scores(5, NONE), plain.scores(5, NONE))
    gain = read.scores(6, NONE) - plain.scores(5, NONE)
    assert (gain[0, 1] - gain[0, 2], gain[0, 0] - gain[0, 2]) == pytest.approx((5, 0))
    alone = Evidence(logits[0], None, letters).scores(6, NONE) - plain.scores(4, NONE)
    assert alone[0, 1] - alone[0, 0] == pytest.approx(5)
    everywhere = np.ones(5, dtype=bool)
    own, other = (Beside(everywhere, brand, None, letters) for brand in (1, 2))
    assert own.of(read, 6, NONE)[0].argmax() != 1
    assert other.of(read, 6, NONE)[0].argmax() == 1


def test_a_photos_own_brand_beside_its_boxes_says_nothing():
    logits, _ = logits_of()
    photo = Evidence(logits[0], np.array([9, 0, 0]))
    everywhere = np.ones(5, dtype=bool)
    own, other = (Beside(everywhere, brand, photo.matches) for brand in (0, 2))
    scores = own.of(photo, 5, NONE)[0]
    assert scores[0] < scores[2] - 5, "what looks like the own brand is left out"
    assert other.of(photo, 5, NONE)[0].argmax() == 0
    assert np.isfinite(scores).all()


def test_windows_beside_show_next_to_nothing_of_any_box(tmp_path):
    picture = np.zeros((90, 120, 3), np.uint8)
    # Views 2: the whole photo, then 80 x 60 windows in the four corners.
    assert windows_beside(picture, [(0, 0, 20, 15)], 2).tolist() == [False, False, True, True, True]
    two = [(0, 0, 20, 15), (100, 70, 20, 20)]
    assert windows_beside(picture, two, 2).tolist() == [False, False, True, True, False]
    assert not windows_beside(picture, [], 3).any()


def test_paths_bytes_and_arrays_have_the_same_windows(tmp_path):
    import cv2

    picture = np.zeros((90, 120, 3), np.uint8)
    path = tmp_path / "x.png"
    cv2.imwrite(str(path), picture)
    expected = windows_beside(picture, [(100, 70, 20, 20)], 4)
    assert expected.any()
    for image in (path, str(path), path.read_bytes()):
        assert np.array_equal(windows_beside(image, [(100, 70, 20, 20)], 4), expected)


def test_lists_that_do_not_match_are_refused():
    logits, truth = logits_of()
    with pytest.raises(ValueError, match="needs photos"):
        fit_decisions(photos_of(logits), truth[:-1], CLASSES, (1,), 0.1)
