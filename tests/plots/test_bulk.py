import pandas as pd
import pytest

from logoflow.plots.bulk import plot_counts, plot_throughput


@pytest.mark.parametrize(
    ("end", "unit", "end_in_unit"), [(90, "seconds", 90), (600, "minutes", 10), (7200, "hours", 2)]
)
def test_the_time_axis_has_a_fitting_unit(figures, end, unit, end_in_unit):
    frame = pd.DataFrame(
        {
            "seconds": [end / 2, end],
            "answered": [20, 30],
            "rows_per_second": [40 / end, 20 / end],
        }
    )
    plot_throughput(frame, caption="Figure 1.", alt="Lines.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("Figure 1.", "Lines.")
    top, bottom = figure.axes
    assert top.lines[0].get_xydata().tolist() == [[0, 0], [end_in_unit / 2, 20], [end_in_unit, 30]]
    assert bottom.lines[0].get_xdata().tolist() == [0, end_in_unit / 2, end_in_unit]
    assert bottom.lines[0].get_ydata().tolist() == pytest.approx([40 / end, 40 / end, 20 / end])
    assert bottom.lines[0].get_drawstyle() == "steps-pre"
    assert bottom.get_xlabel() == unit


def bar_lengths(axis):
    labels = [label.get_text() for label in axis.get_yticklabels()]
    return dict(zip(labels, [bar.get_width() for bar in axis.patches], strict=True))


def test_counts_are_drawn_by_status_and_brand(figures):
    statuses = {"ok": 1007, "not_found": 1}
    plot_counts(statuses, {"shell": 3, "bmw": 4, "no-logo": 1000}, caption="C.")
    left, right = figures[0][0].axes
    assert bar_lengths(left) == statuses
    assert list(bar_lengths(right).items()) == [("no-logo", 1000), ("bmw", 4), ("shell", 3)]
    assert [text.get_text() for text in left.texts] == ["1,007", "1"]


def test_rare_brands_share_a_bar(figures):
    brands = {f"brand{n}": 10 - n for n in range(6)}
    plot_counts({"ok": 45}, brands, most=2)
    assert bar_lengths(figures[0][0].axes[1]) == {"brand0": 10, "brand1": 9, "4 others": 26}


def test_a_run_without_answers_draws_no_brands(figures):
    plot_counts({"timeout": 2}, {})
    (axis,) = figures[0][0].axes
    assert bar_lengths(axis) == {"timeout": 2}
    plot_counts({}, {})
