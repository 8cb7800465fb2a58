import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from logoflow.plots import figures as figures_module
from logoflow.plots.bulk import plot_counts
from logoflow.plots.evaluation import (
    plot_confusion,
    plot_precision_recall,
    plot_recalls,
    plot_roc,
)
from logoflow.plots.figures import plot_times, plot_workflow
from logoflow.plots.pictures import show_images
from logoflow.plots.training import plot_photos_curve


def test_a_workflow_has_a_box_for_each_step(figures):
    plot_workflow(["one", "two"])
    texts = [text.get_text() for text in figures[0][0].axes[0].texts]
    assert [text for text in texts if text] == ["one", "two"]


def test_a_step_of_a_workflow_may_have_several_boxes(figures):
    plot_workflow(["post", ["person?", "brand?", "text?"], "answer"], highlight="brand?")
    (axis,) = figures[0][0].axes
    texts = [text.get_text() for text in axis.texts if text.get_text()]
    assert texts == ["post", "person?", "brand?", "text?", "answer"]
    colours = [patch.get_facecolor() for patch in axis.patches if hasattr(patch, "get_boxstyle")]
    boxes = dict(zip(texts, colours[: len(texts)], strict=True))
    assert [text for text in texts if boxes[text] != boxes["post"]] == ["brand?"]
    arrows = [text for text in axis.texts if not text.get_text()]
    assert len(arrows) == 3 + 3


def test_times_are_drawn_in_milliseconds_and_in_order(figures):
    plot_times({"decode": 0.004, "net": 0.011})
    (axis,) = figures[0][0].axes
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([4, 11])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["decode", "net"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Ba$$in", "A$ & B$", r"\frac{$x^$", "$_{", "50% $ #1 ~^_{}"])
def test_names_are_never_read_as_formulas(name, monkeypatch):
    drawn = []

    def draw(figure):
        drawn.extend(text for text in figure.findobj(Text) if text.get_text())
        figure.savefig(io.BytesIO(), dpi=20)  # a formula that cannot be read raises here
        plt_close(figure)

    plt_close = figures_module.plt.close
    monkeypatch.setattr(figures_module.plt, "close", draw)
    monkeypatch.setattr(figures_module.plt, "show", lambda: None)
    curve = {"false_positive_rate": [0, 1], "true_positive_rate": [0, 1]}
    summary = pd.DataFrame({"value": [0.8], "low": [0.7], "high": [0.9]}, index=[name])
    plot_confusion(np.eye(2, dtype=int), [name, "no-logo"])
    plot_recalls(pd.DataFrame({name: [0.1, 0.9]}, index=[name, "no-logo"]))
    plot_roc({name: pd.DataFrame(curve)})
    plot_precision_recall({name: pd.DataFrame({"recall": [1, 0], "precision": [0, 1]})})
    plot_photos_curve({name: summary})
    plot_times({name: 0.1})
    plot_workflow([name])
    plot_counts({name: 1}, {name: 2})
    show_images([np.zeros((4, 4, 3), np.uint8)], 1, 1, titles=[name])
    with_name = [text for text in drawn if name in text.get_text()]
    assert len(with_name) >= 9
    assert not any(text.get_parse_math() for text in with_name)
