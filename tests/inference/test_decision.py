import json

import numpy as np
import pytest

from logoflow.inference.decision import (
    Decision,
    decide,
    decision_for,
    decisions_from_json,
    decisions_to_json,
    probabilities,
)
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


def test_decisions_go_through_json_by_the_text_of_their_level():
    decisions = {Level("whole"): Decision(), Level("windows", True, True): Decision(threshold=0.5)}
    stored = json.loads(json.dumps(decisions_to_json(decisions)))
    assert list(stored) == ["whole", "windows, match_logos, read_names"]
    assert decisions_from_json(stored) == decisions
