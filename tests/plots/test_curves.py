import numpy as np
from mxnet import nd

from logoflow.plots.curves import plot_curves, plot_plane, plot_values


def test_curves_differ_in_colour_and_style(figures):
    curves = {"training": nd.array([3, 2, 1]), "validation": [3, 2.5, 2.75]}
    plot_curves(curves, [0, 10, 20], xlabel="step", mark={"best": 10}, caption="C.", alt="A.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("C.", "A.")
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [*curves, "best"]
    assert axis.lines[1].get_xydata().tolist() == [[0, 3], [10, 2.5], [20, 2.75]]
    styles = {(line.get_color(), line.get_linestyle()) for line in axis.lines}
    assert len(styles) == 3


def test_a_count_has_whole_numbers_along_its_axis(figures):
    plot_curves({"accuracy": [0.5, 0.6, 0.9]}, range(1, 4))
    ticks = figures[0][0].axes[0].get_xticks()
    assert all(float(tick).is_integer() for tick in ticks)


def test_points_are_drawn_over_the_answers(figures):
    points = nd.array([[0, 0], [1, 1], [1, 0]])
    asked = []

    def right_half(places):
        asked.append(places.shape)
        return nd.array(places[:, 0] > 0.5)

    plot_plane(points, nd.array([0, 1, 1]), {"right half": right_half})
    assert asked == [(6400, 2)]
    (axis,) = figures[0][0].axes
    assert axis.get_title() == "right half"
    drawn = {points.get_label(): points.get_offsets().tolist() for points in axis.collections}
    assert drawn["class 0"] == [[0, 0]]
    assert drawn["class 1"] == [[1, 1], [1, 0]]


def test_points_may_stand_alone(figures):
    plot_plane(np.eye(2), [0, 1])
    assert [axis.get_title() for axis in figures[0][0].axes] == [""]


def test_values_are_written_above_their_bars(figures):
    plot_values({"scores": [2, -1.25], "probabilities": nd.array([0.9627, 0.0373])}, ["a", "b"])
    left, right = figures[0][0].axes
    assert [text.get_text() for text in left.texts] == ["2", "-1.25"]
    assert [text.get_text() for text in right.texts] == ["0.963", "0.037"]
