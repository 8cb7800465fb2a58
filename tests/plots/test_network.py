import numpy as np
from mxnet import nd

from logoflow.models.article_nets import lenet5
from logoflow.models.build import count_parameters
from logoflow.plots.network import plot_layers, plot_maps, plot_network


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_a_network_has_a_circle_for_each_unit_and_a_line_for_each_weight(figures):
    plot_network({"input": 3, "hidden layer": 4, "output": 2}, caption="C.", alt="A.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("C.", "A.")
    (axis,) = figure.axes
    circles = [line for line in axis.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in circles] == [3, 4, 2]
    assert len(axis.lines) - len(circles) == 3 * 4 + 4 * 2
    assert "3 · 4 + 4\n= 16 weights" in texts(axis)
    assert "hidden layer\n4" in texts(axis)


def test_a_large_layer_is_abridged(figures):
    plot_network({"pixels": 224 * 224, "hidden layer": 30})
    (axis,) = figures[0][0].axes
    assert texts(axis).count("⋮") == 2
    assert "50,176 · 30 + 30\n= 1,505,310 weights" in texts(axis)


def test_layers_are_drawn_with_their_shapes(figures):
    net, x = lenet5(10), nd.zeros((1, 1, 32, 32))
    net.initialize()
    shapes = {"input": x.shape[1:]}
    for number, layer in enumerate(net):
        x = layer(x)
        shapes[f"layer {number}"] = x.shape[1:]
    plot_layers(shapes)
    assert texts(figures[0][0].axes[0])[1::2] == [
        "1 x 32 x 32", "6 x 28 x 28", "6 x 14 x 14", "16 x 10 x 10", "16 x 5 x 5",
        "400", "120", "84", "10",
    ]  # fmt: skip
    assert count_parameters(net, (1, 1, 32, 32)) == 61_706, "notebook 00 says so"


def test_the_maps_with_the_largest_spread_are_drawn(figures):
    maps = np.zeros((3, 2, 2))
    maps[1, 0, 0], maps[2, 0, 0] = 1, 5
    plot_maps({"first": maps, "second": maps[:1]}, columns=2)
    drawn = [axis.images[0].get_array().max() for axis in figures[0][0].axes if axis.images]
    assert drawn == [1, 5, 0]
