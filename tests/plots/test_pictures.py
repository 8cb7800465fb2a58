import numpy as np
import pytest
from mxnet import nd

from logoflow.plots.pictures import draw_boxes, show_images, to_pictures


def test_show_images_takes_both_kinds_of_arrays_and_leaves_places_empty(figures):
    imgs = [nd.ones((4, 4, 3)) * 0.5, np.full((4, 6, 3), 7, np.uint8), np.full((4, 4, 3), 2.0)]
    show_images(imgs, 2, 2, titles=["a", "b", "c"], caption="Figure 1.")
    figure, caption, _ = figures[0]
    assert caption == "Figure 1."
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == ["a", "b", "c"]
    assert drawn[1].images[0].get_array().max() == 7
    assert drawn[2].images[0].get_array().max() == 1.0


def test_a_normalised_batch_is_converted_back_to_pictures():
    photo = np.random.default_rng(0).integers(0, 256, (1, 5, 6, 3)).astype(np.float32)
    mean, std = [120.0, 110.0, 100.0], [60.0, 50.0, 40.0]
    batch = nd.array(((photo - mean) / std).transpose(0, 3, 1, 2))
    assert to_pictures(batch, (mean, std)) == pytest.approx(photo / 255, abs=1e-5)


def test_boxes_are_drawn_on_a_copy():
    photo = np.zeros((50, 60, 3), np.uint8)
    framed = draw_boxes(photo, [(10, 10, 20, 20)])
    assert photo.max() == 0
    assert framed[10, 10].tolist() == [0, 230, 80]
    assert framed[25, 20].max() == 0
