import numpy as np
import pytest

from logoflow.inference.familiarity import familiarity_features

NONE = 1


def test_the_features_are_those_of_the_likeliest_brand():
    scores = np.array([-1.0, -0.5, -3.0])
    logits = np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 5.0]])
    asked = []

    def compare(rows):
        asked.append(rows.tolist())
        return np.array([[0.9, 0.0, 0.2], [0.5, 0.0, 0.1]])[rows]

    odds, lead, similarity = familiarity_features(scores, logits, NONE, compare)
    assert (odds, lead) == (-0.5, 2.0)
    assert asked == [[0, 1]]  # from the likeliest region of the brand on
    assert similarity == pytest.approx(0.7)


def test_without_a_class_no_logo_the_first_feature_is_the_score_of_the_brand():
    scores = np.array([-1.0, -0.5, -3.0])
    assert familiarity_features(scores, scores[None], None).tolist() == [-0.5, 0.5]


def test_a_single_brand_leads_without_limit():
    scores = np.array([-1.0, -0.5])
    assert familiarity_features(scores, scores[None], NONE).tolist() == [-0.5, np.inf]
