from dataclasses import replace

import numpy as np
import pytest

from logoflow.inference.calibration import fit_decisions, warn_of_weak
from logoflow.inference.decision import Decision
from logoflow.inference.scoring import Beside, Evidence

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
    assert (decisions[1].photos, decisions[1].no_logo_photos) == (100, 60)
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


def test_lists_that_do_not_match_are_refused():
    logits, truth = logits_of()
    with pytest.raises(ValueError, match="needs photos"):
        fit_decisions(photos_of(logits), truth[:-1], CLASSES, (1,), 0.1)
