import json
from dataclasses import asdict

import numpy as np
import pytest

from logoflow.inference.calibration import TEMPERATURES, fit_decision
from logoflow.inference.decision import Decision, decide, probabilities
from logoflow.metrics.logo_score import against_no_logo

CLASSES = ("adidas", "no-logo", "ups")
NONE = 1


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def drawn(seed, photos=20000, stretch=1.0, shift=0.0):
    """Labels drawn from honest scores, and overconfident scores with a lower no-logo score."""
    rng = np.random.default_rng(seed)
    honest = log_softmax(rng.normal(scale=1.5, size=(photos, 3)))
    steps = np.exp(honest).cumsum(axis=1)
    truth = np.minimum((rng.random((photos, 1)) > steps).sum(axis=1), 2)
    overstated = honest - np.array([0, shift, 0])
    return overstated * stretch, truth


def loss(scores, truth, decision, no_logo=NONE):
    given = probabilities(scores, decision, no_logo)[np.arange(len(truth)), truth]
    return -np.log(given).mean()


@pytest.mark.parametrize("stretch", [0.5, 1.0, 3.0])
def test_the_temperature_corrects_an_overconfident_network(stretch):
    scores, truth = drawn(0, stretch=stretch)
    decision = fit_decision(scores, truth, CLASSES)
    assert decision.temperature == pytest.approx(stretch, rel=0.05)
    assert decision.no_logo_bias == pytest.approx(0, abs=0.05)


def test_the_bias_corrects_a_no_logo_score_that_is_too_low():
    scores, truth = drawn(1, stretch=2.0, shift=3.0)
    decision = fit_decision(scores, truth, CLASSES)
    assert decision.temperature == pytest.approx(2, rel=0.05)
    assert decision.no_logo_bias == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_fitting_never_makes_probabilities_worse(seed):
    rng = np.random.default_rng(seed)
    scores, truth = rng.normal(scale=30, size=(12, 3)), rng.integers(0, 3, 12)
    decision = fit_decision(scores, truth, CLASSES)
    assert loss(scores, truth, decision) <= loss(scores, truth, Decision())
    assert TEMPERATURES[0] <= decision.temperature <= TEMPERATURES[1]


def test_when_a_few_answers_are_all_right_the_prior_keeps_the_temperature_up():
    truth = np.array([0, 1, 2] * 4)
    few = fit_decision(np.eye(3)[truth], truth, CLASSES)
    many = fit_decision(np.eye(3)[np.tile(truth, 100)], np.tile(truth, 100), CLASSES)
    assert 0.2 < few.temperature < 0.5
    assert TEMPERATURES[0] <= many.temperature < 0.5 * few.temperature


def test_with_many_photos_the_prior_changes_next_to_nothing(monkeypatch):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 2000)
    scores = generator.normal(size=(2000, 3)) + 1.5 * np.eye(3)[truth]
    decision = fit_decision(scores, truth, CLASSES)
    # These scores are the logarithm of the likelihood, divided by 1.5.
    assert decision.temperature == pytest.approx(1 / 1.5, rel=0.1)


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.1, 0.29])
def test_a_cautious_share_of_photos_without_a_logo_gets_a_brand(rate):
    scores, truth = drawn(2, photos=600)
    rejects = np.flatnonzero(truth == NONE)[:100]
    kept = np.concatenate([rejects, np.flatnonzero(truth != NONE)])
    scores, truth = scores[kept], truth[kept]
    decision = fit_decision(scores, truth, CLASSES, rate)
    passes = against_no_logo(probabilities(scores, decision, NONE), NONE) >= decision.threshold
    assert np.sum(passes[:100]) == {0.001: 0, 0.02: 0, 0.1: 6, 0.29: 24}[rate]
    assert (decision.photos, decision.no_logo_photos) == (len(truth), 100)
    assert decision.false_positive_rate == rate


def test_photos_with_equal_scores_all_pass_or_all_fail():
    scores = np.log([[0.5, 0.3, 0.2]] * 10 + [[0.9, 0.05, 0.05]] * 10)
    decision = fit_decision(scores, [NONE] * 10 + [0] * 10, CLASSES, 0.5)
    given = decide(probabilities(scores, decision, NONE), decision, NONE)
    assert given.tolist() == [NONE] * 10 + [0] * 10


def test_the_threshold_lies_midway_between_two_photos():
    scores = np.log([[0.2, 0.7, 0.1]] * 9 + [[0.4, 0.5, 0.1], [0.8, 0.1, 0.1]])
    decision = fit_decision(scores, [NONE] * 10 + [0], CLASSES, 0.05)
    given = against_no_logo(probabilities(scores, decision, NONE), NONE)
    assert decision.threshold == pytest.approx((given[9] + given[10]) / 2)


def test_a_network_that_never_saw_no_logo_photos_learns_to_reject():
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 2, NONE], 200)
    logits = rng.normal(size=(600, 3))
    logits[:200, 0] += 6
    logits[200:400, 2] += 6
    logits[:, NONE] = -15  # training has only ever lowered this output
    scores = log_softmax(logits)
    assert not np.any(decide(probabilities(scores, Decision(), NONE), Decision(), NONE) == NONE)
    decision = fit_decision(scores, truth, CLASSES, 0.02)
    passes = against_no_logo(probabilities(scores, decision, NONE), NONE) >= decision.threshold
    assert np.sum(passes[400:]) == 1
    given = decide(probabilities(scores, decision, NONE), decision, NONE)
    assert np.mean(given[:400] == truth[:400]) > 0.9
    assert loss(scores, truth, decision) < 0.3


@pytest.mark.parametrize(
    ("classes", "truth"), [(("adidas", "aldi", "ups"), [0, 1, 2]), (CLASSES, [0, 2, 2])]
)
def test_without_no_logo_photos_there_is_no_threshold(classes, truth):
    scores = np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.5]])
    decision = fit_decision(scores, truth, classes)
    assert decision.threshold is decision.false_positive_rate is None
    assert decision.no_logo_bias == 0
    assert decision.no_logo_photos == 0


def test_a_decision_goes_through_json_unchanged():
    scores, truth = drawn(4, photos=300)
    decision = fit_decision(scores, truth, CLASSES)
    assert Decision(**json.loads(json.dumps(asdict(decision)))) == decision


@pytest.mark.parametrize(
    ("scores", "truth", "rate", "message"),
    [
        (np.zeros((0, 3)), [], 0.02, "needs photos"),
        (np.zeros((2, 3)), [0], 0.02, "There are 1 labels"),
        (np.zeros((2, 4)), [0, 1], 0.02, "3 scores"),
        (np.full((1, 3), np.nan), [0], 0.02, "3 scores are NaN"),
        (np.zeros((1, 3)), [3], 0.02, "labels of 3 classes"),
        (np.zeros((1, 3)), [-1], 0.02, "labels of 3 classes"),
        (np.zeros((1, 3)), [0], 0, "false_positive_rate is 0"),
        (np.zeros((1, 3)), [0], 1.0, "between 0 and 1"),
        (np.zeros((1, 3)), [0], float("nan"), "between 0 and 1"),
    ],
)
def test_what_cannot_be_fitted_is_a_clear_error(scores, truth, rate, message):
    with pytest.raises(ValueError, match=message):
        fit_decision(scores, truth, CLASSES, rate)
