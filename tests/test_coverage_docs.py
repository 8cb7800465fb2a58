"""docs/coverage.md says where each concept is explained; the word stands there."""

import re
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
ROW = re.compile(
    r"^\| (?P<row>[AB]\d+) \| (?P<concept>.+) \| \[\d\d\]\((?P<notebook>.+)\) "
    r"\| `(?P<cell>.+)` \| `(?P<word>.+)` \|$"
)


GLOSSARY_LINK = re.compile(r"\[([^\]]+)\]\(\.\./docs/glossary\.md#[\w-]+\)")


def table_lines():
    page = (DOCS / "coverage.md").read_text(encoding="utf-8")
    return [line for line in page.splitlines() if line.startswith(("| A", "| B"))]


def text_of(cell):
    """Return the source of a cell and the text of its outputs, with single spaces.

    Of a link to the glossary, only the word is kept.
    """
    texts = [GLOSSARY_LINK.sub(r"\1", cell.source)]
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", ""), data.get("text/markdown", "")]
    return " ".join(" ".join(texts).split())


def test_the_table_has_rows():
    assert len(table_lines()) > 50
    assert [line for line in table_lines() if not ROW.match(line)] == []


@pytest.mark.parametrize("line", table_lines())
def test_the_word_stands_in_the_cell(line):
    row = ROW.match(line)
    notebook = nbformat.read(DOCS / row["notebook"], as_version=4)
    texts = {cell.id: text_of(cell) for cell in notebook.cells}
    assert row["cell"] in texts, f"{row['notebook']} has no cell {row['cell']}"
    assert row["word"] in texts[row["cell"]]
