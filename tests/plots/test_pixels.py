import numpy as np
from mxnet import nd

from logoflow.plots.pixels import plot_pixels


def test_each_channel_shows_its_numbers(figures):
    photo = np.zeros((40, 60, 3), np.uint8)
    photo[11, 21] = 250, 100, 7
    plot_pixels(nd.array(photo, dtype="uint8"), x=20, y=10, size=2, caption="C.", alt="A.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("C.", "A.")
    whole, piece, *channels = figure.axes
    assert whole.get_title() == "photo, 40 x 60"
    assert piece.images[0].get_array().shape == (2, 2, 3)
    numbers = [[text.get_text() for text in channel.texts] for channel in channels]
    assert numbers == [["0", "0", "0", last] for last in ("250", "100", "7")]
