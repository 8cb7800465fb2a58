import numpy as np
import pytest

from logoflow.inference.auto import Stages, fit_stages, looks_of
from logoflow.inference.levels import Level

AUTO, REGIONS, MORE = Level("auto"), Level("regions"), Level("more-regions")
LOOKS = (REGIONS, MORE)


@pytest.mark.parametrize(
    ("others", "first", "closer"),
    [
        (["whole", "regions"], "regions", "more-regions"),
        (["regions", "auto"], "regions", "more-regions"),
        (["whole"], "whole", "windows"),
        (["windows, read_names"], "windows", "more-windows"),
        (["grid"], "grid", "grid"),
    ],
)
def test_the_closer_look_follows_from_the_first(others, first, closer):
    levels = [Level.from_text(text) for text in others]
    assert looks_of(AUTO, levels) == (Level(first), Level(closer))


def test_switches_apply_to_the_closer_look():
    first, closer = looks_of(Level("auto", match_logos=True), [Level("regions", read_names=True)])
    assert (first, closer) == (REGIONS, Level("more-regions", match_logos=True))


def test_auto_alone_has_no_first_look():
    with pytest.raises(ValueError, match=r'"auto" needs another level.*\("regions", "auto"\)'):
        looks_of(AUTO, [AUTO])


def test_photos_that_need_the_closer_look_are_open():
    scores = np.arange(101) / 100
    pays = (scores == 0.1) | (scores == 0.95)
    stages = fit_stages(LOOKS, 0.5, scores, scores >= 0.5, pays)
    assert (stages.reject_below, stages.accept_above) == (0.1, 0.95)
    assert stages.is_open(0.1, names_brand=False)
    assert stages.is_open(0.95, names_brand=True)
    assert not stages.is_open(0.09, names_brand=False)
    assert not stages.is_open(0.96, names_brand=True)
    assert stages.is_open(0.96, names_brand=False)  # for another reason than its logo score


def test_a_few_of_many_photos_may_be_lost():
    scores = np.linspace(0, 1, 1001)
    pays = (scores < 0.0045) | (scores == 0.2)  # five photos, and one at 0.2
    stages = fit_stages(LOOKS, 0.5, scores, scores >= 0.5, pays)
    assert stages.reject_below == 0.2


def test_without_a_photo_that_needs_it_answers_near_the_threshold_stay_open():
    scores = np.array([0.1, 0.9])
    stages = fit_stages(LOOKS, 0.6, scores, scores > 0.6, np.full(2, False))
    assert stages == Stages(REGIONS, MORE, 0.3, 0.8)
