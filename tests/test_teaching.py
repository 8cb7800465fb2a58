"""The numbers that docs/teaching.md tells a teacher to expect are those of the notebooks."""

import re
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import notebook_paths

REPO = Path(__file__).resolve().parent.parent
PAGE = (REPO / "docs" / "teaching.md").read_text(encoding="utf-8")
EXPECTED = re.findall(r"^\| (\d\d) \| (.+) \| `(.+)` \|$", PAGE, re.MULTILINE)
EXERCISES = sorted(set(re.findall(r"\b(0\d)-(\d)\b", PAGE)))


def notebook(number):
    (path,) = (REPO / "notebooks").glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4)


def outputs(number):
    """Return what the cells of a notebook print, with single spaces."""
    texts = []
    for cell in notebook(number).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += [output.get("text", ""), data.get("text/plain", "")]
    return " ".join(" ".join(texts).split())


def test_the_page_has_numbers_and_exercises():
    assert len(EXPECTED) > 10
    assert len(EXERCISES) > 5


@pytest.mark.parametrize(("number", "what", "expected"), EXPECTED)
def test_a_number_to_expect_is_in_the_outputs(number, what, expected):
    assert expected in outputs(number)


@pytest.mark.parametrize(("number", "exercise"), EXERCISES)
def test_an_exercise_of_the_plan_exists(number, exercise):
    ids = {cell.id for cell in notebook(number).cells}
    assert f"exercise-{number}-{exercise}" in ids


def figures_of(number):
    """Return the numbers of the figures that the page tells a teacher to speak about."""
    section = re.search(rf"^### Notebook {number},.*?(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    if section:
        cells = re.findall(r"^\| ([\d, ]+) \|", section[0], re.MULTILINE)
    else:  # the notebooks that share a table
        cells = re.findall(rf"^\| {number} \| ([\d, ]+) \|", PAGE, re.MULTILINE)
    return {int(figure) for cell in cells for figure in cell.split(", ")}


@pytest.mark.parametrize("number", [path.name[:2] for path in notebook_paths()])
def test_the_page_speaks_about_all_figures(number):
    markdown = [
        output.get("data", {}).get("text/markdown", "")
        for cell in notebook(number).cells
        for output in cell.get("outputs", [])
    ]
    captions = {int(n) for text in markdown for n in re.findall(r"\*Figure (\d+)\.", text)}
    assert figures_of(number) == captions
