from dataclasses import replace

import numpy as np
import pytest

from logoflow.inference.backgrounds import BackgroundWindows
from logoflow.inference.decision import UNKNOWN_BRAND, Decision
from logoflow.inference.evidence import Evidence
from logoflow.inference.fit_decisions import fit_decisions, rates_table, warn_if_unreliable
from logoflow.inference.judge import judge
from logoflow.inference.levels import Level

CLASSES = ("adidas", "no-logo", "ups")
NONE = 1
WHOLE, FEW, WINDOWS = Level("whole"), Level("few-windows"), Level("windows")


def logits_of(photos=60, windows=5, seed=0):
    """Each brand shows in one window of five. In the other windows no-logo is likely."""
    rng = np.random.default_rng(seed)
    truth = np.arange(photos) % 3
    logits = rng.normal(size=(photos, windows, 3))
    logits[:, :, NONE] += 3
    for photo, label in enumerate(truth):
        logits[photo, photo % windows, label] += 6
    return logits, truth


def photos_of(logits, matches=None):
    """Evidence of each photo."""
    matches = [None] * len(logits) if matches is None else matches
    return map(Evidence, logits, matches)


def test_each_level_gets_a_decision_of_its_own():
    logits, truth = logits_of()
    decisions = fit_decisions(photos_of(logits), truth, CLASSES, (WHOLE, FEW), 0.1)
    assert list(decisions) == [WHOLE, FEW]
    assert decisions[WHOLE] != decisions[FEW]
    assert {decision.photos for decision in decisions.values()} == {60}
    alone = fit_decisions(photos_of(logits), truth, CLASSES, (FEW,), 0.1)
    assert alone[FEW] == decisions[FEW]


def test_a_missing_or_unreliable_threshold_is_a_warning(recwarn):
    sure = Decision(threshold=0.5, false_positive_rate=0.02, photos=90, no_logo_photos=80)
    warn_if_unreliable({WHOLE: sure})
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r'level "windows"\) rests on 10 photos.*up to 26%. Use 80 or'
    ):
        warn_if_unreliable({WHOLE: sure, WINDOWS: replace(sure, no_logo_photos=10)})
    with pytest.warns(
        UserWarning, match=r'Photos without a logo may be given a brand \(level "whole"\)'
    ):
        warn_if_unreliable({WHOLE: Decision(), FEW: sure})


def test_background_windows_count_as_no_logo_photos():
    logits, truth = logits_of()
    masks = np.ones((60, 5), dtype=bool)
    masks[:, 0] = False  # the whole photo
    masks[np.arange(60), np.arange(60) % 5] = False
    masks[truth == NONE] = False
    background = list(map(BackgroundWindows, masks, truth))
    decisions = fit_decisions(photos_of(logits), truth, CLASSES, (WHOLE, FEW), 0.1, background)
    for decision in decisions.values():
        assert (decision.photos, decision.no_logo_photos) == (100, 60)


def test_backgrounds_that_look_like_logos_raise_the_threshold():
    logits, truth = logits_of()
    logits[truth == 0, 4, 2] += 7  # something in adidas photos that looks like ups
    masks = np.zeros((60, 5), dtype=bool)
    masks[truth == 0, 4] = True
    background = list(map(BackgroundWindows, masks, truth))
    without, having = (
        fit_decisions(photos_of(logits), truth, CLASSES, (FEW,), 0.02, extra)[FEW]
        for extra in (None, background)
    )

    def least_odds(decision):
        share = decision.threshold / (1 - decision.threshold)
        return (np.log(share) + decision.no_logo_bias) * decision.temperature

    assert least_odds(having) > least_odds(without) + 1


def test_photos_and_labels_of_different_numbers_are_refused():
    logits, truth = logits_of()
    with pytest.raises(ValueError, match="needs photos"):
        fit_decisions(photos_of(logits), truth[:-1], CLASSES, (WHOLE,), 0.1)


FOUR = ("adidas", "no-logo", "ups", "bmw", "dhl")
BRANDS = (0, 2, 3, 4)


def photos_of_four(photos_per_brand, seed=0, lead=6.0):
    """Scores of photos whose right brand leads, and of as many photos without a logo.

    In a photo with a logo, all brands are likelier than no-logo.
    """
    rng = np.random.default_rng(seed)
    truth = np.array([*np.repeat(BRANDS, photos_per_brand), *[NONE] * 4 * photos_per_brand])
    logits = rng.normal(size=(len(truth), 1, 5))
    logits[np.arange(len(truth)), 0, truth] += lead
    logits[: 4 * photos_per_brand, :, BRANDS] += 3
    return logits, truth


def strangers(photos, seed=1):
    """Scores of photos with a logo of a fifth brand."""
    logits = np.random.default_rng(seed).normal(size=(photos, 1, 5))
    logits[:, :, BRANDS] += 3
    return logits


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_a_wished_share_of_strangers_is_accepted_at_most(rate):
    logits, truth = photos_of_four(40)
    fitted = fit_decisions(
        photos_of(logits), truth, FOUR, (WHOLE,), 0.02, unknown_acceptance_rate=rate
    )
    decision = fitted[WHOLE]
    assert decision.familiarity.strangers == 160
    assert decision.familiarity.unknown_acceptance_rate == rate
    reasons = [judge(photo, WHOLE, decision, NONE).reason for photo in photos_of(strangers(400))]
    assert np.mean([reason is None for reason in reasons]) <= rate + 0.05
    assert UNKNOWN_BRAND in reasons
    known, known_truth = photos_of_four(40, seed=2)
    answers = [judge(photo, WHOLE, decision, NONE).label for photo in photos_of(known)]
    assert np.mean(answers == known_truth) > 0.9


def test_without_a_rate_there_is_no_test_for_unknown_brands():
    logits, truth = photos_of_four(20)
    assert fit_decisions(photos_of(logits), truth, FOUR, (WHOLE,), 0.02)[WHOLE].familiarity is None


@pytest.mark.parametrize(("classes", "photos_per_brand"), [(CLASSES, 20), (FOUR, 2)])
def test_too_few_brands_or_photos_give_no_test_for_unknown_brands(classes, photos_per_brand):
    if classes is CLASSES:
        logits, truth = logits_of()
    else:
        logits, truth = photos_of_four(photos_per_brand)
    fitted = fit_decisions(
        photos_of(logits), truth, classes, (WHOLE,), 0.1, unknown_acceptance_rate=0.1
    )
    assert fitted[WHOLE].familiarity is None


def test_the_table_says_how_high_the_rates_may_be():
    logits, truth = photos_of_four(10)
    fitted = fit_decisions(
        photos_of(logits), truth, FOUR, (WHOLE,), 0.1, unknown_acceptance_rate=0.2
    )
    table = rates_table(fitted)
    assert table.index.tolist() == ["whole", "whole"]
    assert table["limit"].tolist() == [0.1, 0.2]
    assert table["photos"].tolist() == [40, 40]
    assert (table["up_to"] > table["limit"] * 0.9).all()
