import pandas as pd
import pytest

from logoflow.plots.training import plot_history, plot_photos_curve


def test_history_shows_the_baseline_and_omits_missing_accuracies(figures):
    frame = pd.DataFrame(
        {"loss": [2.0, 1.0], "train_acc": [0.5, 0.6], "val_acc": [0.4, 0.5], "test_acc": [None] * 2}
    )
    plot_history(frame, 0.33)
    labels = [line.get_label() for line in figures[0][0].axes[1].lines]
    assert labels == ["train", "val", "majority class"]


def test_the_bars_of_the_photos_curve_are_the_intervals(figures):
    def summary(value, low, high):
        return pd.DataFrame({"value": [value], "low": [low], "high": [high]}, index=["AUROC"])

    plot_photos_curve({"2": summary(0.6, 0.5, 0.8), "all": summary(0.9, 0.8, 1.0)})
    (axis,) = figures[0][0].axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["2", "all"]
    bars = axis.containers[0].lines[2][0].get_segments()
    assert [bar[:, 1].tolist() for bar in bars] == [
        pytest.approx([0.5, 0.8]),
        pytest.approx([0.8, 1]),
    ]
