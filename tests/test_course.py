"""The notebooks are a course: each has a frame, and exercises with hints, checks and solutions."""

import ast
import importlib
import re
from pathlib import Path

import nbformat
import pytest

from logoflow.exercises.check import EXERCISES

REPO = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((REPO / "notebooks").glob("[0-9][0-9]_*.ipynb"))
TERMS = (
    "auroc",
    "batch",
    "epoch",
    "hybridize",
    "hyperparameter",
    "label-smoothing",
    "logit",
    "onnx",
    "overfitting",
    "temperature",
    "weight-decay",
)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def prose_of(path):
    return "\n\n".join(cell.source for cell in cells_of(path) if cell.cell_type == "markdown")


def headings(page):
    titles = re.findall(r"^#+ (.+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_notebook
def test_a_notebook_has_a_frame(path):
    cells, number = cells_of(path), NOTEBOOKS.index(path)
    top, bottom = cells[0].source, cells[-1].source
    neighbours = NOTEBOOKS[max(number - 1, 0) : number] + NOTEBOOKS[number + 1 : number + 2]
    for neighbour in neighbours:
        assert f"({neighbour.name})" in top
        assert f"({neighbour.name})" in bottom
    for promise in ("**What you need first:**", "**What you will know afterwards:**", "**Time:**"):
        assert promise in top
    references = re.findall(r"^- ", bottom.partition("## To read on")[2], re.MULTILINE)
    assert 3 <= len(references) <= 5
    (summary,) = re.findall(r"^## What you should have seen\n\n((?:- .+\n)+)", prose_of(path), re.M)
    assert summary.count("\n") == 3


@each_notebook
def test_links_of_a_notebook_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(path)):
        if "://" not in link:
            target, _, anchor = link.partition("#")
            page = path.parent / target
            assert page.exists(), link
            assert not anchor or anchor in headings(page), link


def test_each_term_has_a_place_in_the_glossary_and_a_link_to_it():
    prose = "\n".join(map(prose_of, NOTEBOOKS))
    places = headings(REPO / "docs" / "glossary.md")
    for term in TERMS:
        assert term in places
        assert f"(../docs/glossary.md#{term})" in prose, term


@each_notebook
def test_exercises_have_level_time_hint_check_and_solution(path):
    cells = {cell.id: cell for cell in cells_of(path)}
    numbers = [number for number in EXERCISES if number.startswith(path.stem[:2])]
    assert 3 <= len(numbers) <= 5
    for number in numbers:
        text = cells[f"exercise-{number}"].source
        title = rf"### Exercise {number} · (easy|medium|hard) · \d+ minutes\n"
        assert re.match(title, text)
        assert "<details><summary>Hint</summary>" in text
        assert cells[f"answer-{number}"].source.endswith(f'\nlf.check("{number}", answer)')
        for part in ("solution-text", "solution"):
            assert cells[f"{part}-{number}"].metadata.tags == ["solution"]
        assert cells[f"solution-{number}"].metadata.jupyter.source_hidden
    assert sum(cell_id.startswith("answer-") for cell_id in cells) == len(numbers)


@each_notebook
def test_solutions_pass_and_open_exercises_wait(path):
    """nbval compares these outputs with those of a new run."""
    for cell in cells_of(path):
        kind, _, number = cell.id.partition("-")
        if cell.cell_type == "code" and number in EXERCISES:
            printed = "".join(output.get("text", "") for output in cell.outputs)
            expected = {"solution": "Right.", "answer": "not answered yet."}[kind]
            assert f"{number}: {expected}" in printed


def imports_from_logoflow(path):
    """Yield (module, name) for each import from logoflow in the code of a notebook."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("logoflow"):
                    yield from ((node.module, alias.name) for alias in node.names)


@each_notebook
def test_what_a_notebook_imports_is_there(path):
    missing = [
        f"{module}.{name}"
        for module, name in imports_from_logoflow(path)
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []
