import numpy as np
from scipy.special import log_softmax, softmax

from logoflow.inference.levels import Level
from logoflow.inference.pooling import SIMILARITY_WEIGHT, pool_grid, pool_logits, pool_part


def test_a_single_window_keeps_the_networks_probabilities():
    for logits in np.random.default_rng(0).normal(size=(6, 1, 4)) * 5:
        for no_logo in (None, 2):
            scores = pool_logits(logits, no_logo)
            assert np.allclose(np.exp(scores), softmax(logits)[0], rtol=1e-12)


def test_brands_take_their_best_odds_against_no_logo_over_the_windows():
    whole, close = [0.1, 0.1, 0.8], [0.7, 0.2, 0.1]
    scores = pool_logits(np.log([whole, close]), no_logo=2)
    assert np.allclose(np.exp(scores), [0.7, 0.2, 0.1])

    two_parts = [[0.4, 0.05, 0.55], [0.1, 0.3, 0.6]]  # odds 0.73 and 0.5 in different windows
    odds = np.array([0.4 / 0.55, 0.3 / 0.6, 1.0])
    scores = pool_logits(np.log(two_parts), no_logo=2)
    assert np.allclose(np.exp(scores), odds / odds.sum())


def test_without_a_no_logo_class_brands_take_their_highest_probability():
    scores = pool_logits(np.log([[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]]), no_logo=None)
    assert np.allclose(np.exp(scores), [0.7 / 1.7, 0.2 / 1.7, 0.8 / 1.7])


def test_large_logits_stay_finite():
    scores = pool_logits(np.array([[1e4, -1e4], [0.0, 0.0]]), no_logo=1)
    assert np.isfinite(scores).all()
    assert scores.tolist() == [0.0, -2e4]


def test_similarities_count_as_a_second_opinion_of_the_grid():
    generator = np.random.default_rng(0)
    logits, similarities = generator.normal(size=(39, 3)), generator.uniform(-1, 1, (39, 3))
    both = pool_part(logits, Level("grid"), 2, similarities=similarities)
    expected = pool_grid(logits) + pool_grid(SIMILARITY_WEIGHT * similarities)
    assert np.allclose(both, log_softmax(expected))
    assert np.allclose(pool_part(logits, Level("grid"), 2), pool_grid(logits))
