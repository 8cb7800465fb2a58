"""Record the figures that a test draws, instead of showing them."""

import matplotlib.pyplot as plt
import pytest

from logoflow.plots import (
    bulk,
    convolution,
    curves,
    data_check,
    descent,
    evaluation,
    figures,
    network,
    pictures,
    pixels,
    training,
)

MODULES = (
    bulk,
    convolution,
    curves,
    data_check,
    descent,
    evaluation,
    figures,
    network,
    pictures,
    pixels,
    training,
)


@pytest.fixture(name="figures")
def shown_figures(monkeypatch):
    """List of ``(figure, caption, alt)`` in the order of drawing."""
    shown = []

    def record(figure, caption="", alt="", **_):
        shown.append((figure, caption, alt))

    for module in MODULES:
        monkeypatch.setattr(module, "show_figure", record)
    yield shown
    plt.close("all")
