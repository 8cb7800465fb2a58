import numpy as np
import pytest

from logoflow.evaluation.assessment import METRICS
from logoflow.evaluation.tables import ablation_table, mean_summary


@pytest.fixture(scope="module")
def mean_top1(study):
    """The mean brand top-1 of each experiment."""
    return {
        name: np.mean([assessment.brand_top1 for assessment in assessments])
        for name, assessments in study.items()
    }


def test_each_row_is_compared_with_the_row_before(study, mean_top1):
    table = ablation_table(study, "brand top-1", samples=200)
    assert list(table.index) == ["plain", "crops", "closer"]
    assert table["brand top-1"].to_dict() == pytest.approx(mean_top1)
    assert table.loc["plain", ["change", "low", "high"]].isna().all()
    for before, after in (("plain", "crops"), ("crops", "closer")):
        row = table.loc[after]
        assert row["change"] == pytest.approx(mean_top1[after] - mean_top1[before])
        assert row["low"] <= row["change"] <= row["high"]


def test_rows_can_be_compared_with_the_first(study, mean_top1):
    table = ablation_table(study, "brand top-1", samples=20, against_first=True)
    for name in ("crops", "closer"):
        assert table.loc[name, "change"] == pytest.approx(mean_top1[name] - mean_top1["plain"])


@pytest.mark.slow
def test_means_are_within_their_intervals(study):
    summary = mean_summary(study["plain"], samples=200)
    assert list(summary.index) == list(METRICS)
    unbiased = summary.drop("calibration error")  # it is larger on resamples of few photos
    assert (unbiased["low"] <= unbiased["value"]).all()
    assert (unbiased["value"] <= unbiased["high"]).all()


def test_the_same_answers_twice_are_no_change_at_all(study):
    table = ablation_table({"a": study["plain"], "b": study["plain"]}, samples=50)
    assert table.loc["b", ["change", "low", "high"]].tolist() == [0, 0, 0]


def test_different_test_photos_are_not_compared(study):
    assessment, _ = study["plain"]
    fewer = assessment.without(assessment.paths[:1])
    with pytest.raises(ValueError, match="different test photos"):
        ablation_table({"all": [assessment], "fewer": [fewer]}, samples=5)
