import numpy as np

from logoflow.evaluation.label_probe import held_out_probabilities


def clusters(labels):
    rng = np.random.default_rng(0)
    return rng.normal(np.repeat(np.eye(4)[labels], 16, axis=1), 0.1)


def test_every_photo_is_judged_by_a_model_that_has_not_seen_it():
    labels = np.repeat([0, 1], 10)
    given = labels.copy()
    given[0] = 1
    probabilities = held_out_probabilities(clusters(labels), given, np.arange(20), 2)
    assert (probabilities.argmax(axis=1) == labels).all()
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_small_classes_are_not_judged():
    labels = np.array([0] * 6 + [1] * 6 + [2] * 2 + [3] * 4)
    groups = np.arange(18)
    groups[14:] = 14  # four near-duplicates are one photo
    probabilities = held_out_probabilities(clusters(labels), labels, groups, 4)
    assert np.isnan(probabilities[12:]).all()
    assert np.isfinite(probabilities[:12]).all()
    assert np.isnan(held_out_probabilities(clusters(labels[:8]), labels[:8], groups[:8], 4)).all()
