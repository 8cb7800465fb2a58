import pytest

from logoflow.plots.figures import plot_times, plot_workflow


def test_a_workflow_has_a_box_for_each_step(figures):
    plot_workflow(["one", "two"])
    texts = [text.get_text() for text in figures[0][0].axes[0].texts]
    assert [text for text in texts if text] == ["one", "two"]


def test_times_are_drawn_in_milliseconds_and_in_order(figures):
    plot_times({"decode": 0.004, "net": 0.011})
    (axis,) = figures[0][0].axes
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([4, 11])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["decode", "net"]
