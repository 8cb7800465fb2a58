import numpy as np
import pandas as pd
import pytest

from logoflow.plots.evaluation import (
    plot_confusion,
    plot_precision_recall,
    plot_recalls,
    plot_reliability,
    plot_roc,
    plot_threshold_curve,
)


def test_reliability_shows_accuracy_gap_and_counts(figures):
    frame = pd.DataFrame(
        {
            "low": [0, 0.5],
            "high": [0.5, 1],
            "photos": [0, 7],
            "confidence": [np.nan, 0.9],
            "accuracy": [np.nan, 0.6],
        }
    )
    plot_reliability(frame, caption="Figure 1.", alt="Bars.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("Figure 1.", "Bars.")
    top, bottom = figure.axes
    accuracy, gap = top.patches
    assert (accuracy.get_x(), accuracy.get_width(), accuracy.get_height()) == (0.5, 0.5, 0.6)
    assert (gap.get_y(), gap.get_height()) == pytest.approx((0.6, 0.3))
    assert top.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    assert [text.get_text() for text in bottom.texts] == ["7"]


def test_roc_has_a_curve_for_each_network_and_the_diagonal(figures):
    frame = pd.DataFrame({"false_positive_rate": [0, 0, 1], "true_positive_rate": [0, 0.5, 1]})
    plot_roc({"frozen": frame, "fine-tuned": frame})
    lines = figures[0][0].axes[0].lines
    assert [line.get_label() for line in lines] == ["frozen", "fine-tuned", "by chance"]
    assert lines[0].get_xydata().tolist() == [[0, 0], [0, 0.5], [1, 1]]


def test_precision_recall_has_a_curve_for_each_network(figures):
    frame = pd.DataFrame({"recall": [1, 0], "precision": [0.5, 1]})
    plot_precision_recall({"frozen": frame})
    (line,) = figures[0][0].axes[0].lines
    assert line.get_xydata().tolist() == [[1, 0.5], [0, 1]]


def test_threshold_curve_marks_the_chosen_threshold(figures):
    frame = pd.DataFrame(
        {
            "threshold": [0.1, 0.9],
            "recall": [0.8, 0.2],
            "false_alarms": [1, 0],
            "accuracy": [0.4, 0.7],
        }
    )
    plot_threshold_curve(frame, 0.25)
    lines = figures[0][0].axes[0].lines
    assert lines[0].get_ydata().tolist() == [0.8, 0.2]
    assert lines[0].get_drawstyle() == "steps-pre"
    assert lines[3].get_label() == "threshold 0.25"
    assert lines[3].get_xdata() == [0.25, 0.25]


def test_confusion_shows_the_counts(figures):
    plot_confusion(np.array([[3, 1], [0, 2]]), ["a", "b"])
    texts = [text.get_text() for text in figures[0][0].axes[0].texts]
    assert texts == ["3", "1", "2"]


def test_recalls_are_bars_by_class(figures):
    plot_recalls(pd.DataFrame({"x": [0.1, 0.9], "y": [0.5, 0.6]}, index=["a", "b"]))
    assert len(figures[0][0].axes[0].patches) == 4
