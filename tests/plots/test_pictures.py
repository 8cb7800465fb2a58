import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from mxnet import nd

from logoflow.plots import pictures as plots


@pytest.fixture
def figures(monkeypatch):
    """Figures as they are shown, with their caption and alternative text."""
    shown = []
    monkeypatch.setattr(
        plots,
        "show_figure",
        lambda figure, caption="", alt="", **_: shown.append((figure, caption)),
    )
    yield shown
    plt.close("all")


def test_show_images_takes_arrays_of_both_kinds_and_leaves_empty_places(figures):
    imgs = [nd.ones((4, 4, 3)) * 0.5, np.full((4, 6, 3), 7, np.uint8), np.full((4, 4, 3), 2.0)]
    plots.show_images(imgs, 2, 2, titles=["a", "b", "c"], caption="Figure 1.")
    figure, caption = figures[0]
    assert caption == "Figure 1."
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == ["a", "b", "c"]
    assert drawn[1].images[0].get_array().max() == 7
    assert drawn[2].images[0].get_array().max() == 1.0


def test_pictures_come_back_from_a_normalised_batch():
    photo = np.random.default_rng(0).integers(0, 256, (1, 5, 6, 3)).astype(np.float32)
    mean, std = [120.0, 110.0, 100.0], [60.0, 50.0, 40.0]
    batch = nd.array(((photo - mean) / std).transpose(0, 3, 1, 2))
    assert plots.to_pictures(batch, (mean, std)) == pytest.approx(photo / 255, abs=1e-5)


def test_history_shows_the_baseline_and_only_the_accuracies_there_are(figures):
    frame = pd.DataFrame(
        {"loss": [2.0, 1.0], "train_acc": [0.5, 0.6], "val_acc": [0.4, 0.5], "test_acc": [None] * 2}
    )
    plots.plot_history(frame, 0.33)
    labels = [line.get_label() for line in figures[0][0].axes[1].lines]
    assert labels == ["train", "val", "majority class"]


def test_confusion_writes_the_counts(figures):
    plots.plot_confusion(np.array([[3, 1], [0, 2]]), ["a", "b"])
    texts = [text.get_text() for text in figures[0][0].axes[0].texts]
    assert texts == ["3", "1", "2"]


def test_recalls_and_workflow_are_drawn(figures):
    plots.plot_recalls(pd.DataFrame({"x": [0.1, 0.9], "y": [0.5, 0.6]}, index=["a", "b"]))
    plots.plot_workflow(["one", "two"])
    assert len(figures[0][0].axes[0].patches) == 4
    assert [text.get_text() for text in figures[1][0].axes[0].texts if text.get_text()] == [
        "one",
        "two",
    ]


def test_boxes_are_drawn_on_a_copy():
    photo = np.zeros((50, 60, 3), np.uint8)
    framed = plots.draw_boxes(photo, [(10, 10, 20, 20)])
    assert photo.max() == 0
    assert framed[10, 10].tolist() == [0, 230, 80]
    assert framed[25, 20].max() == 0
