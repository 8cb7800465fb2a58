from dataclasses import FrozenInstanceError

import pytest

from logoflow.inference.levels import (
    LAYOUTS,
    Level,
    as_level,
    as_levels,
    largest_layout,
    one_pass_layouts,
)

TEXTS = ["whole", "windows, match_logos", "few-windows, read_names"]
TEXTS += ["more-windows, match_logos, read_names"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_level_goes_through_its_text_form_unchanged(text):
    assert str(Level.from_text(text)) == text
    assert Level.from_text(text.replace(", ", " ,")) == Level.from_text(text)


def test_each_layout_has_its_number_of_windows():
    counts = {name: layout.window_count for name, layout in LAYOUTS.items()}
    assert counts == {"whole": 1, "few-windows": 5, "windows": 14, "more-windows": 39}
    assert Level("windows", read_names=True).window_count == 14


@pytest.mark.parametrize("level", ["closest", "", "windows read_names", 3, None, ("whole",)])
def test_an_unknown_layout_is_refused(level):
    with pytest.raises(ValueError, match="choose one of whole, few-windows, windows, more-windows"):
        Level(level)


def test_an_unknown_switch_is_refused():
    with pytest.raises(
        ValueError, match="no switch read_name: after the layout, write match_logos"
    ):
        Level.from_text("windows, read_name")


def test_a_level_cannot_be_changed_and_serves_as_a_key():
    level = Level("windows")
    with pytest.raises(FrozenInstanceError):
        level.windows = "whole"
    assert {level: 1}[Level("windows")] == 1


def test_without_a_level_the_switches_change_the_default():
    default = Level("windows", match_logos=True)
    assert as_level(None, default=default) == default
    assert as_level(None, read_names=True, default=default) == Level("windows", True, True)
    assert as_level(None, match_logos=False, default=default) == Level("windows")


def test_a_level_given_by_name_has_both_switches_off_unless_they_are_given():
    default = Level("windows", match_logos=True, read_names=True)
    assert as_level("few-windows", default=default) == Level("few-windows")
    assert as_level("few-windows", read_names=True) == Level("few-windows", read_names=True)
    assert as_level("whole, read_names", read_names=False) == Level("whole")


def test_switches_apply_to_the_levels_given_as_text_only():
    levels = as_levels(("whole", "windows, read_names", Level("windows")), match_logos=True)
    assert levels == (Level("whole", True), Level("windows", True, True), Level("windows"))


@pytest.mark.parametrize("levels", [(), "whole", Level()])
def test_levels_are_a_list_that_is_not_empty(levels):
    with pytest.raises(ValueError, match="give a list of levels"):
        as_levels(levels)


def test_the_largest_layout_includes_the_windows_of_all_levels():
    levels = [Level("few-windows", match_logos=True), Level("windows"), Level("regions")]
    assert largest_layout(levels) == "windows"
    assert largest_layout([Level("regions", read_names=True)]) is None


def test_some_levels_score_regions_in_one_pass():
    levels = [Level(name) for name in ("whole", "more-regions", "windows", "grid")]
    assert one_pass_layouts(levels) == ["more-regions", "grid"]
    assert one_pass_layouts([Level("whole"), Level("more-windows")]) == []
