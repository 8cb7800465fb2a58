import pandas as pd
import pytest

from logoflow.plots.data_check import plot_data_check


@pytest.mark.slow
def test_the_classes_with_the_fewest_photos_are_drawn_and_names_are_no_formulas(figures):
    names = ["Ba$$in", *(f"brand {number}" for number in range(39))]
    counts = pd.DataFrame({"train": range(40), "val": 1, "test": 2}, index=names)
    photos = pd.DataFrame({"width": [640, 0], "height": [480, 0]})
    findings = pd.DataFrame({"kind": ["broken", "broken", "in two classes"]})
    plot_data_check(photos, counts, findings, caption="Figure 1.", alt="Bars.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("Figure 1.", "Bars.")
    left, middle, right = figure.axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert len(labels) == 30
    assert labels[-1] == "Ba$$in"
    assert not any(label.get_parse_math() for label in left.get_yticklabels())
    assert left.get_xlabel() == "photos (30 of 40 classes)"
    assert middle.collections[0].get_offsets().tolist() == [[640, 480]]
    assert [bar.get_width() for bar in right.patches] == [1, 2]
    figure.canvas.draw()


@pytest.mark.slow
def test_a_check_without_findings_is_drawn(figures):
    counts = pd.DataFrame({"train": [3], "val": [1], "test": [1]}, index=["bmw"])
    plot_data_check(pd.DataFrame({"width": [9], "height": [9]}), counts, pd.DataFrame({"kind": []}))
    figures[0][0].canvas.draw()
