"""Rules of style that ruff does not have."""

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
FOLDERS = "logoflow", "benchmarks", "pretraining", "tools"
FILES = sorted(path for folder in FOLDERS for path in (REPO / folder).rglob("*.py"))
LITERALS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.DictComp)


def unpacked_literals(source):
    """Return the lines that unpack a literal whose items could be written without it."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        values = []
        if isinstance(node, ast.Starred):
            values = [node.value]
        elif isinstance(node, ast.Call):
            values = [keyword.value for keyword in node.keywords if keyword.arg is None]
        elif isinstance(node, ast.Dict):
            values = [v for key, v in zip(node.keys, node.values, strict=True) if key is None]
        lines |= {value.lineno for value in values if isinstance(value, LITERALS)}
    return sorted(lines)


@pytest.mark.parametrize(
    "source",
    [
        "f(*(a, b))",
        "f(*[a], c)",
        "f(**{'a': 1})",
        "f(**{key: 1 for key in keys})",
        "{**{'a': 1}, 'b': 2}",
        "[*(a, b), c]",
    ],
)
def test_unpacked_literals_are_found(source):
    assert unpacked_literals(source) == [1]


@pytest.mark.parametrize(
    "source",
    ["f(*items, **options)", "{**options, 'b': 2}", "[*items, c]", "f(*(g(x) for x in y))"],
)
def test_other_unpacking_is_allowed(source):
    assert unpacked_literals(source) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_literal_is_unpacked_in_place(path):
    assert unpacked_literals(path.read_text(encoding="utf-8")) == []


def lines_of_body(function):
    """Count the lines of a function without its signature and docstring."""
    body = function.body
    has_docstring = len(body) > 1 and ast.get_docstring(function) is not None
    return function.end_lineno - body[has_docstring].lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_function_is_longer_than_sixty_lines_without_its_docstring(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [function.name for function in functions if lines_of_body(function) > 60]
    assert long == []
