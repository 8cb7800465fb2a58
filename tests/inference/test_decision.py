import numpy as np
import pytest

from logoflow.inference.decision import (
    Decision,
    decide,
    decision_for,
    probabilities,
    reasons_against,
)
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.levels import Level

NONE = 1


def test_the_threshold_and_not_the_likeliest_class_decides():
    given = np.array([[0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])
    assert decide(given, Decision(), NONE).tolist() == [1, 1, 2]
    assert decide(given, Decision(threshold=0.3), NONE).tolist() == [0, 2, 2]
    # The likeliest brand's share of what it and no-logo have: 0.43, 0.38 and 0.71.
    assert decide(given, Decision(threshold=0.4), NONE).tolist() == [0, 1, 2]
    assert decide(given, Decision(threshold=0.6), NONE).tolist() == [1, 1, 2]
    assert decide(given, Decision(threshold=0.8), NONE).tolist() == [1, 1, 1]
    assert decide(given, Decision(threshold=0.6), None).tolist() == [1, 1, 2]


def test_probabilities_leave_the_scores_as_they_are():
    scores = np.zeros((2, 3))
    given = probabilities(scores, Decision(no_logo_bias=np.log(2)), NONE)
    assert np.allclose(given, [[0.25, 0.5, 0.25]] * 2)
    assert not scores.any()


def test_a_missing_decision_is_an_error_that_shows_how_to_fit_it():
    decisions = {Level("whole"): Decision(), Level("windows", read_names=True): Decision()}
    with pytest.raises(ValueError, match="no decision for level") as caught:
        decision_for(decisions, Level("windows", match_logos=True))
    assert 'only for "whole", "windows, read_names"' in str(caught.value)
    assert 'calibrate(images, truth, levels=("windows, match_logos",))' in str(caught.value)


FITTED = Decision(threshold=0.5, min_lead=2.0)


def test_two_brands_that_are_nearly_equal_are_a_reason_not_to_name_one():
    shares = np.array([[0.61, 0.09, 0.3], [0.59, 0.11, 0.3], [0.1, 0.8, 0.1]])
    assert reasons_against(shares, FITTED, NONE) == [None, "two brands", "no logo"]
    assert decide(shares, FITTED, NONE).tolist() == [0, NONE, NONE]
    assert reasons_against(shares, Decision(threshold=0.5), NONE) == [None, None, "no logo"]


def test_a_photo_of_no_known_brand_says_so():
    shares = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    test = FamiliarityTest((1.0, 0.0), 0.0, 0.9, 0.1, 50)
    features = np.array([[3.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    decision = Decision(threshold=0.5, familiarity=test)
    assert reasons_against(shares, decision, NONE, features) == [None, "unknown brand", "no logo"]
    assert decide(shares, decision, NONE, features).tolist() == [0, NONE, NONE]


def test_without_a_class_no_logo_there_are_reasons_but_every_photo_gets_a_label():
    shares = np.array([[0.8, 0.1, 0.1], [0.4, 0.3, 0.3]])
    assert reasons_against(shares, FITTED, None) == [None, "two brands"]
    assert decide(shares, FITTED, None).tolist() == [0, 0]


def test_a_single_brand_has_no_rival():
    shares = np.array([[0.7, 0.3], [0.2, 0.8]])
    assert reasons_against(shares, FITTED, NONE) == [None, "no logo"]
