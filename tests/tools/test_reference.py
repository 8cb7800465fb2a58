"""The reference has every public name, with its docstring."""

import pytest

import logoflow as lf
from tools import reference


def test_the_first_page_lists_all_names_of_lf():
    page = reference.reference_pages()["reference/README.md"]

    assert [name for name in lf.__all__ if f"[`lf.{name}`]" not in page] == []


def test_every_name_of_lf_stands_on_the_page_of_its_room():
    pages = reference.reference_pages()
    for name, module in reference.public_names().items():
        page = pages[f"reference/{reference.room_of(module)}.md"]
        assert f"::: {module}.{name}\n" in page


def test_other_names_stand_with_their_module():
    page = reference.room_page("loading")

    assert "::: logoflow.loading.crops\n" in page
    assert "'LogoCropAug'" in page


def test_a_name_of_lf_is_not_described_twice():
    page = reference.room_page("training")
    members = [line for line in page.splitlines() if "members:" in line]

    assert not [line for line in members if "'evaluate_accuracy'" in line]


@pytest.mark.parametrize("room", ["cli", "exercises"])
def test_commands_and_solutions_are_left_out(room):
    text = "\n".join(reference.reference_pages().values())

    assert f"logoflow.{room}.notebook_00" not in text
    assert "logoflow.cli" not in text
