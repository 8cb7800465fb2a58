import numpy as np

from logoflow.metrics.label_errors import suspected_labels

LABELS = np.repeat([0, 1, 2], 4)


def probabilities(confidence=0.9):
    """Probabilities of a good model for the twelve photos of `LABELS`."""
    rest = (1 - confidence) / 2
    return np.where(np.arange(3) == LABELS[:, None], confidence, rest)


def test_a_confident_disagreement_is_suspected():
    given = LABELS.copy()
    given[0] = 2
    frame = suspected_labels(probabilities(), given)
    assert frame[["row", "label", "suggested"]].to_numpy().tolist() == [[0, 2, 0]]
    assert frame["probability_of_suggested"].tolist() == [0.9]


def test_right_labels_are_not_suspected():
    assert suspected_labels(probabilities(), LABELS).empty


def test_an_uncertain_model_accuses_nobody():
    uncertain = probabilities()
    uncertain[0] = [0.3, 0.4, 0.3]  # another class leads, far below that class's usual probability
    assert suspected_labels(uncertain, LABELS).empty


def test_the_most_certain_comes_first_and_rows_without_a_model_are_skipped():
    given = LABELS.copy()
    given[[0, 4, 8]] = [1, 2, 0]
    scores = probabilities()
    scores[4] = [0.01, 0.98, 0.01]
    scores[8] = np.nan
    assert suspected_labels(scores, given)["row"].tolist() == [4, 0]
