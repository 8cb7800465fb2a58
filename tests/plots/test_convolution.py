import numpy as np
import pytest
from mxnet import nd

from logoflow.plots.convolution import (
    convolve,
    plot_convolution,
    plot_pooling,
    plot_receptive_field,
)

EDGE = np.array([[0, 0, 1, 1, 1]] * 5)
KERNEL = np.array([[-1, 0, 1]] * 3)


def texts(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 1), (3, 2)])
def test_a_convolution_has_the_numbers_of_mxnet(stride, padding):
    random = np.random.default_rng(0)
    picture, kernel = random.integers(-3, 4, (7, 6)), random.integers(-2, 3, (3, 3))
    sizes = {"kernel": (3, 3), "stride": (stride, stride), "pad": (padding, padding)}
    batch = nd.array(picture).reshape((1, 1, 7, 6)), nd.array(kernel).reshape((1, 1, 3, 3))
    expected = nd.Convolution(*batch, num_filter=1, no_bias=True, **sizes)[0, 0].asnumpy()
    assert convolve(np.pad(picture, padding), kernel, stride) == pytest.approx(expected)


def test_the_highlighted_step_is_written_out(figures):
    plot_convolution(EDGE, KERNEL, stride=2, padding=1, step=1, caption="C.", alt="A.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("C.", "A.")
    picture, kernel, result = figure.axes
    assert len(texts(picture)) == 49
    assert texts(kernel) == ["-1", "0", "1"] * 3
    assert texts(result) == ["0", "2", "-2", "0", "3", "-3", "0", "2", "-2"]
    assert figure.get_supxlabel().endswith("+ 0·(-1) + 1·0 + 1·1 = 2")
    window, picture_without_zeros = picture.patches[:2]
    assert window.get_xy() == pytest.approx((1.54, -0.46))
    assert picture_without_zeros.get_width() == pytest.approx(4.92)


def test_a_step_after_the_last_is_the_last(figures):
    plot_convolution(nd.array(EDGE), nd.array(KERNEL), step=99)
    assert figures[0][0].axes[2].patches[0].get_xy() == pytest.approx((1.54, 1.54))


def test_a_kernel_must_fit():
    with pytest.raises(ValueError, match="window shape"):
        plot_convolution(np.eye(2), np.eye(3))


def test_pooling_marks_the_largest_number_of_each_patch(figures):
    plot_pooling([[1, 0, 2, 3, 9], [4, 6, 6, 8, 9], [3, 1, 1, 0, 9], [1, 2, 2, 4, 9]])
    left, right = figures[0][0].axes
    assert len(texts(left)) == 16, "the last column fills no patch"
    assert texts(right) == ["6", "8", "3", "4"]
    marked = [line.get_xydata()[0].tolist() for line in left.lines]
    assert marked == [[1, 1], [3, 1], [0, 2], [3, 3]]


def test_the_receptive_field_grows_with_each_layer(figures):
    plot_receptive_field({"conv": (3, 1), "pool": (2, 2), "conv again": (3, 1)})
    axis = figures[0][0].axes[0]
    assert texts(axis) == ["input: 8 units", "conv: 6 units", "pool: 3 units", "conv again: 1 unit"]
    assert len(axis.patches) == 8 + 6 + 3 + 1
