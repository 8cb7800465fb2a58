import time

import pytest

from logoflow.plots.figures import plot_times
from logoflow.utils.timing import seconds_of


def test_the_first_time_does_not_count_and_the_median_does():
    waits = iter([0.2, 0.01, 0.01, 0.15])
    assert seconds_of(lambda: time.sleep(next(waits)), repeats=3) == pytest.approx(0.01, abs=0.008)


def test_bars_are_milliseconds_in_the_order_given(monkeypatch):
    shown = []
    monkeypatch.setattr("logoflow.timing.show_figure", lambda figure, *_: shown.append(figure))
    plot_times({"decode": 0.004, "net": 0.011})
    (axis,) = shown[0].axes
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([4, 11])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["decode", "net"]
