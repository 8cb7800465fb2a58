"""The benchmark of few validation photos, on made-up scores."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

from logoflow.datasets.splits import Photo

HERE = Path(__file__).resolve().parents[2] / "benchmarks"
CLASSES = ("bmw", "no-logo", "ups")


@pytest.fixture
def calibration(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("calibration")
    for name in ("calibration", "small", "small_draw", "small_probe", "small_tables", "backbones"):
        sys.modules.pop(name, None)


def make_scores(calibration, photos: int, seed: int):
    """Scores that are three times too sure, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (photos, len(CLASSES)))
    shares = np.exp(log_softmax(logits, axis=1))
    truth = np.array([rng.choice(len(CLASSES), p=row) for row in shares])
    return calibration.Scores(log_softmax(3 * logits, axis=1), truth)


def test_half_of_the_drawn_photos_show_no_logo_as_far_as_there_are_so_many(calibration):
    is_no_logo = np.arange(50) < 10
    rng = np.random.default_rng(0)
    few, many = (calibration.draw_rows(is_no_logo, count, rng) for count in (10, 40))
    assert [is_no_logo[rows].sum() for rows in (few, many)] == [5, 10]
    assert len(set(many)) == 40
    with pytest.raises(ValueError, match="50 photos to draw 60 from"):
        calibration.draw_rows(is_no_logo, 60, rng)


def test_maximum_likelihood_finds_the_temperature_of_many_photos(calibration):
    drawn = make_scores(calibration, 2000, seed=1)
    query = make_scores(calibration, 10, seed=2)
    shares = calibration.maximum_likelihood(drawn, query.scores, CLASSES)
    true_shares = np.exp(log_softmax(query.scores / 3, axis=1))
    assert shares == pytest.approx(true_shares, abs=0.05)


def test_a_temperature_is_bounded_and_there_is_no_bias_without_no_logo_photos(calibration):
    sure = calibration.Scores(np.log([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]), np.array([0, 2]))
    shares = calibration.maximum_likelihood(sure, sure.scores, CLASSES)
    assert shares[0, 1] == pytest.approx(shares[0, 2]), "their scores are the same"
    largest_odds = calibration.SCALES[1] * np.log(8)
    assert np.log(8) < np.log(shares[0, 0] / shares[0, 1]) <= largest_odds + 1e-6


def test_more_validation_photos_calibrate_better(calibration):
    pool = make_scores(calibration, 3000, seed=3)
    query = make_scores(calibration, 1000, seed=4)
    rows = calibration.measure(pool, query, CLASSES, 0, counts=(10, 1000), draws=5)
    for method in calibration.CALIBRATIONS:
        losses = [
            np.mean([draw["log_loss"] for draw in rows[count][method]]) for count in ("10", "1000")
        ]
        assert losses[0] > losses[1]
    assert len(rows["10"]["as `fit` does"]) == 5


def test_photos_of_the_list_are_never_trained_on(calibration, tmp_path):
    photos = [Photo(Path(f"{number}.jpg"), "no-logo") for number in range(100)]
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([f"{number}.jpg" for number in range(30)]))
    pool, few = calibration.split_no_logo(photos, listed, seed=0)
    assert {int(photo.path.stem) for photo in pool} == set(range(30))
    assert len(few) == calibration.TRAIN_NO_LOGO
    assert not set(pool) & set(few)
    pool, few = calibration.split_no_logo(photos, None, seed=0)
    assert sorted([*pool, *few], key=lambda photo: int(photo.path.stem)) == photos


def test_the_table_has_the_mean_and_the_worst_draw(calibration):
    draws = [{"calibration_error": error, "log_loss": 2 * error} for error in (0.1, 0.3)]
    rows = {"50": {"as `fit` does": draws}}
    table = calibration.small_tables.calibration_table({0: rows, 1: rows})
    assert "| 50 | as `fit` does | 4 | 0.200 | 0.300 | 0.400 | 0.600 |" in table
