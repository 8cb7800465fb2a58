import numpy as np
from scipy.special import log_softmax, softmax

from logoflow.inference.levels import Level
from logoflow.inference.pooling import (
    COMPARED_REGIONS,
    GRID_SIMILARITY_WEIGHT,
    SIMILARITY_WEIGHT,
    likely_regions,
    pool_grid,
    pool_logits,
    pool_part,
)


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


def similarities_of(parts: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (parts, 3))


def test_similarities_count_as_a_second_opinion_of_the_grid():
    logits, similarities = np.random.default_rng(0).normal(size=(39, 3)), similarities_of(39)
    both = pool_part(logits, Level("grid"), 2, compare=lambda rows: similarities[rows])
    expected = pool_grid(logits) + pool_grid(GRID_SIMILARITY_WEIGHT * similarities)
    assert np.allclose(both, log_softmax(expected))
    assert np.allclose(pool_part(logits, Level("grid"), 2), pool_grid(logits))


def test_only_likely_regions_are_compared():
    """The slow way compares all. The answer is the same if the likely ones include the best."""
    logits, similarities = 3 * np.random.default_rng(0).normal(size=(900, 3)), similarities_of(900)
    compared = []

    def compare(rows: np.ndarray) -> np.ndarray:
        compared.extend(rows)
        return 0.1 * similarities[rows]

    fast = pool_part(logits, Level("regions"), 2, compare=compare)
    both = log_softmax(logits, axis=1) + SIMILARITY_WEIGHT * 0.1 * similarities
    assert np.allclose(fast, pool_logits(both, 2, top=5))
    assert COMPARED_REGIONS <= len(compared) <= 3 * COMPARED_REGIONS


def test_likely_regions_are_those_with_the_highest_odds_of_each_class():
    logits = np.random.default_rng(0).normal(size=(100, 3))
    odds = logits - logits[:, [2]]
    likely = likely_regions(logits, no_logo=2, count=4)
    for label in (0, 1):
        assert set(np.argsort(odds[:, label])[-4:]) <= set(likely)
    assert len(likely_regions(logits, None)) <= 3 * COMPARED_REGIONS
    assert likely_regions(logits[:9], None).tolist() == list(range(9))
