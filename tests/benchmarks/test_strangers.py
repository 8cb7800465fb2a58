"""The benchmark of unknown brands, on a small network with random weights."""

import importlib
import json
import sys
from pathlib import Path

import mxnet as mx
import numpy as np
import pytest

import logoflow as lf
from logoflow.inference.decision import Decision
from logoflow.inference.familiarity import FamiliarityTest

HERE = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def strangers(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("strangers")
    for name in ("strangers", "small", "small_draw", "small_probe", "small_tables", "backbones"):
        sys.modules.pop(name, None)


def classifier_with(test):
    mx.random.seed(0)
    net = lf.lenet5(3)
    net.initialize(mx.init.Xavier())
    decisions = {lf.Level("whole"): Decision(threshold=0.0, familiarity=test)}
    return lf.LogoClassifier(
        net, ("adidas", "aldi", "no-logo"), lf.val_test_augs, decisions=decisions
    )


def test_a_classifier_is_asked_with_and_without_its_test(strangers, small_root):
    photos = sorted((small_root / "test_data").glob("*/*.jpg"))[:4]
    wary = classifier_with(FamiliarityTest((0.0, 0.0), 0.0, 0.9, 0.1, 50))
    answers = strangers.ask(wary, photos)
    assert answers.brands.tolist() == ["no-logo"] * 4
    assert set(answers.without_test) <= {"adidas", "aldi"}
    assert answers.familiarity.tolist() == [0.5] * 4
    with pytest.raises(ValueError, match="no test for unknown brands"):
        strangers.ask(classifier_with(None), photos)


def test_equal_scores_count_half_in_the_area_under_the_curve(strangers):
    is_known = np.array([True, True, False, False])
    assert strangers.area_under_curve(np.array([0.9, 0.5, 0.5, 0.1]), is_known) == 0.875
    assert strangers.area_under_curve(np.array([0.9, 0.8, 0.2, 0.1]), is_known) == 1


def test_the_table_has_each_seed_and_the_mean(strangers, tmp_path):
    (tmp_path / "results").mkdir()
    for seed, value in ((0, 0.1), (1, 0.2)):
        rows = {"5 photos": dict.fromkeys(strangers.COLUMNS, value)}
        path = tmp_path / "results" / f"strangers-seed-{seed}.json"
        path.write_text(json.dumps({"seed": seed, "rows": rows}))
    page = strangers.write_page(tmp_path)
    assert page == (tmp_path / "strangers.md").read_text()
    for seed, value in (("0", "0.100"), ("1", "0.200"), ("mean", "0.150")):
        assert f"| 5 photos | {seed} | {' | '.join([value] * 6)} |" in page


def test_strangers_are_photos_of_other_brands(strangers):
    brands = {name: [Path(f"{name}/{n}.jpg") for n in range(200)] for name in ("bmw", "ups", "hp")}
    source = strangers.Source(brands, {"hp": [Path("hp/query.jpg")]}, [], [])
    drawn = strangers.Draw({}, {"ups": brands["ups"]}, {}, [], [])
    photos = strangers.strangers_of(source, drawn, seed=0)
    assert len(set(photos)) == strangers.STRANGERS
    assert {path.parent.name for path in photos} == {"bmw", "hp"}
    assert strangers.strangers_of(source, drawn, seed=0) == photos
