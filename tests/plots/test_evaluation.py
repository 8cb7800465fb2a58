import numpy as np
import pandas as pd
import pytest

from logoflow.plots.evaluation import (
    plot_confusion,
    plot_precision_recall,
    plot_recalls,
    plot_reliability,
    plot_roc,
    plot_scores,
    plot_threshold_curve,
)
from logoflow.plots.figures import COLOURS


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


def test_curves_can_be_told_apart_without_colours(figures):
    frame = pd.DataFrame({"false_positive_rate": [0, 1], "true_positive_rate": [0, 1]})
    plot_roc({f"network {number}": frame for number in range(4)})
    *networks, _ = figures[0][0].axes[0].lines
    assert [line.get_color() for line in networks] == list(COLOURS[:4])
    assert len({line.get_linestyle() for line in networks}) == 4


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


def many_classes(count, *, right):
    """Make a confusion matrix in which class 7 is always wrong, and its names."""
    confusion = np.diag([right] * count)
    confusion[7, 7], confusion[7, 8], confusion[7, count - 1] = 0, 1, right - 1
    return confusion, [f"brand {number}" for number in range(count - 1)] + ["no-logo"]


def test_of_many_classes_the_confusion_shows_the_worst_30(figures):
    confusion, classes = many_classes(1000, right=3)
    plot_confusion(confusion, classes)
    axis = figures[0][0].axes[0]
    rows, columns = (
        [label.get_text() for label in labels]
        for labels in (axis.get_yticklabels(), axis.get_xticklabels())
    )
    assert len(rows) == 30
    assert rows[0] == "brand 7"
    assert columns[30:] == ["no-logo", "other classes"]
    assert axis.get_title() == "the 30 classes with the lowest recall, of 1,000"
    first_row = {columns[int(x)]: text for text, (x, y) in texts_at(axis) if y == 0}
    assert first_row == {"brand 8": "1", "no-logo": "2"}
    assert max(figures[0][0].get_size_inches()) < 12


def texts_at(axis):
    return [(text.get_text(), text.get_position()) for text in axis.texts]


def test_an_answer_that_is_not_shown_counts_among_the_others(figures):
    confusion, classes = many_classes(40, right=3)
    confusion[7, 8], confusion[7, 38] = 0, 1  # brand 38 is not among the 30
    plot_confusion(confusion, classes)
    texts = [text for text, (_, y) in texts_at(figures[0][0].axes[0]) if y == 0]
    assert texts == ["2", "1"]


def test_of_many_classes_the_recalls_show_the_worst_30(figures):
    recalls = pd.DataFrame({"x": np.linspace(1, 0, 100), "y": 1.0}, index=map(str, range(100)))
    plot_recalls(recalls)
    axis = figures[0][0].axes[0]
    assert len(axis.patches) == 60
    assert axis.get_xticklabels()[0].get_text() == "99"
    assert "of 100" in axis.get_xlabel()


def test_a_long_name_leaves_room_for_the_figure(figures):
    plot_recalls(pd.DataFrame({"x": [0.1, 0.9]}, index=["a" * 200, "b"]))
    assert len(figures[0][0].axes[0].get_xticklabels()[0].get_text()) == 40


def test_scores_are_dots_and_the_passing_ones_are_counted(figures):
    groups = {"logos": np.array([0.9, 0.4, 0.6]), "no logo": np.array([0.1, 0.2])}
    plot_scores(groups, 0.5, caption="Figure 1.", alt="Dots.")
    ((figure, caption, alt),) = figures
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.texts] == ["2 of 3 pass", "0 of 2 pass"]
    assert [len(dots.get_offsets()) for dots in axis.collections] == [2, 1, 0, 2]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["logos", "no logo"]
    assert axis.get_title() == "threshold 0.5"
