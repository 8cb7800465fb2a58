import pytest

from logoflow.plots.descent import plot_descent, plot_slopes


def test_arrows_point_down_the_slope(figures):
    plot_slopes(lambda w: (w - 3) ** 2, lambda w: 2 * (w - 3), [1, 4.5], caption="C.", alt="A.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("C.", "A.")
    (axis,) = figure.axes
    words = [text.get_text() for text in axis.texts if text.get_text()]
    assert words == [
        "gradient -4:\nmake the weight larger",
        "gradient +3:\nmake the weight smaller",
    ]
    arrows = [text for text in axis.texts if not text.get_text()]
    assert [arrow.get_position()[0] > arrow.xy[0] for arrow in arrows] == [False, True]


def test_each_learning_rate_has_a_panel_with_its_steps(figures):
    plot_descent(lambda w: w**2, {"slow": [2.0, 1.0], "too fast": [2.0, -3.0, 4.0]})
    slow, fast = figures[0][0].axes
    assert slow.get_title() == "slow\nlast loss 1"
    assert fast.get_title() == "too fast\nlast loss 16"
    assert fast.lines[1].get_xydata().tolist() == [[2, 4], [-3, 9], [4, 16]]
    assert slow.get_ylim() == pytest.approx(fast.get_ylim()), "losses can be compared"
