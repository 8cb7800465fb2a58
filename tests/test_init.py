import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import logoflow as lf
from logoflow import errors

REPO = Path(__file__).resolve().parent.parent
STUB = Path(lf.__file__).with_suffix(".pyi")
FOR_EXAMPLES = {"make_sample"}
"""Makes the photos that the examples in docstrings run on."""


def homes():
    """The module that the stub gives for each public name."""
    return {
        alias.name: f"logoflow.{node.module}"
        for node in ast.walk(ast.parse(STUB.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_public_name_is_where_the_stub_says():
    assert sorted(homes()) == sorted(lf.__all__)
    for name, module in homes().items():
        assert getattr(lf, name) is getattr(importlib.import_module(module), name)


def code_that_readers_see():
    """Yield the README, the pages of docs/, the notebooks' code cells and the article's cells."""
    pages = [REPO / "README.md", *(REPO / "docs").rglob("*.md"), REPO / "tests/test_article.py"]
    yield from (path.read_text(encoding="utf-8") for path in pages)
    for path in (REPO / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def names_used(code):
    """Names of logoflow that a piece of code or a page calls as ``lf.<name>`` or imports."""
    names = set(re.findall(r"\b(?:lf|logoflow)\.(\w+)", code))
    for imported in re.findall(r"from logoflow import (\([^)]*\)|.*)", code):
        names |= set(re.findall(r"\w+", imported))
    return names


def test_a_page_uses_names_by_attribute_or_import():
    code = "import logoflow as lf\nfrom logoflow import (\n    fit,\n    assess,\n)\nlf.export(1)"
    assert names_used(code) == {"fit", "assess", "export"}


def test_public_names_are_those_that_readers_meet():
    """What else there is comes from its room."""
    used = set().union(*map(names_used, code_that_readers_see()))
    caught = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, lf.LogoflowError)
    }
    unused = set(lf.__all__) - used - caught - FOR_EXAMPLES
    assert unused == set(), "not called anywhere: leave them to their rooms"


def run(code):
    """What a Python process of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_logoflow_does_not_import_mxnet():
    assert run("import sys, logoflow; print('mxnet' in sys.modules)") == "False"


def test_importing_logoflow_takes_less_than_a_tenth_of_a_second():
    """Time of the processor, which other processes do not lengthen; the fastest of three."""
    code = "import time; t = time.process_time(); import logoflow; print(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.1


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(lf, "prepare_datesets")


def public_functions():
    """Yield the name and value of every public function and every public method."""
    for name in lf.__all__:
        value = getattr(lf, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and value.__module__.startswith("logoflow"):
            for key, member in vars(value).items():
                function = getattr(member, "__func__", member)  # of a classmethod
                if inspect.isfunction(function) and not key.startswith("_"):
                    yield f"{name}.{key}", function


def test_public_functions_have_annotations():
    """py.typed promises annotations, and mypy ignores functions without any."""
    bare = []
    for name, function in public_functions():
        signature = inspect.signature(function)
        annotations = {
            key: parameter.annotation
            for key, parameter in signature.parameters.items()
            if key not in ("self", "cls")
        }
        annotations["return"] = signature.return_annotation
        bare += [f"{name}: {key}" for key, a in annotations.items() if a is inspect.Signature.empty]
    assert bare == []
