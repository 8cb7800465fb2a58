"""Figures that a test draws, as they would be shown."""

import matplotlib.pyplot as plt
import pytest

from logoflow.plots import bulk, evaluation, figures, pictures, training


@pytest.fixture(name="figures")
def shown_figures(monkeypatch):
    """List of ``(figure, caption, alt)``, in the order in which the test drew them."""
    shown = []

    def keep(figure, caption="", alt="", **_):
        shown.append((figure, caption, alt))

    for module in (bulk, evaluation, figures, pictures, training):
        monkeypatch.setattr(module, "show_figure", keep)
    yield shown
    plt.close("all")
