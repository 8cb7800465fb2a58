import ipywidgets
import pytest

from logoflow.plots import sliders


def test_without_a_watcher_the_first_choice_is_drawn_once():
    drawn = []
    sliders.with_sliders(lambda **choice: drawn.append(choice), stride=[1, 2], padding=range(3))
    assert drawn == [{"stride": 1, "padding": 0}]


def test_a_slider_draws_again(monkeypatch):
    monkeypatch.setattr(sliders, "watched", lambda: True)
    monkeypatch.setattr(sliders, "in_notebook", lambda: True)
    shown, drawn = [], []
    monkeypatch.setattr("ipywidgets.widgets.interaction.display", shown.append)
    sliders.with_sliders(lambda rate: drawn.append(rate), rate=[0.5, 0.1])
    (box,) = shown
    (slider,) = [child for child in box.children if isinstance(child, ipywidgets.SelectionSlider)]
    assert slider.options == (0.5, 0.1)
    slider.value = 0.1
    assert drawn[-1] == pytest.approx(0.1)
