"""Rules of style that ruff does not know."""

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
FILES = sorted([*(REPO / "logoflow").rglob("*.py"), *(REPO / "benchmarks").rglob("*.py")])
LITERALS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.DictComp)


def unpacked_literals(source):
    """Lines of a source that unpack a literal where its items could stand themselves."""
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
    "squeezed",
    [
        "f(*(a, b))",
        "f(*[a], c)",
        "f(**{'a': 1})",
        "f(**{key: 1 for key in keys})",
        "{**{'a': 1}, 'b': 2}",
        "[*(a, b), c]",
    ],
)
def test_the_check_finds_what_it_is_for(squeezed):
    assert unpacked_literals(squeezed) == [1]


@pytest.mark.parametrize(
    "plain", ["f(*items, **options)", "{**options, 'b': 2}", "[*items, c]", "f(*(g(x) for x in y))"]
)
def test_the_check_lets_the_rest_pass(plain):
    assert unpacked_literals(plain) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_literal_is_unpacked_in_place(path):
    assert unpacked_literals(path.read_text(encoding="utf-8")) == []


def lines_of_body(function):
    """How long a function is without its signature and docstring."""
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
    assert {one.name: n for one in functions if (n := lines_of_body(one)) > 60} == {}
