import pytest

from logoflow.plots.figures import plot_times, plot_workflow


def test_a_workflow_has_a_box_for_each_step(figures):
    plot_workflow(["one", "two"])
    texts = [text.get_text() for text in figures[0][0].axes[0].texts]
    assert [text for text in texts if text] == ["one", "two"]


def test_bars_are_milliseconds_in_the_order_given(figures):
    plot_times({"decode": 0.004, "net": 0.011})
    (axis,) = figures[0][0].axes
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([4, 11])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["decode", "net"]
