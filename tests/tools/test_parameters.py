"""docs/parameters.md has the parameters that the notebooks declare."""

from logoflow.notebook_parameters import declared_parameters
from tools import parameters
from tools.notebooks import notebook_paths


def test_the_page_is_current():
    text = parameters.PAGE.read_text(encoding="utf-8")
    assert text == parameters.page(), "make the page again: python -m tools.parameters"


def test_every_parameter_of_every_notebook_is_in_the_table():
    rows = [line.split(" | ") for line in parameters.page().splitlines() if line.startswith("| `")]
    listed = {(row[0].strip("| `"), number) for row in rows for number in row[-1].split()}
    for path in notebook_paths():
        assert {(name, path.name[:2]) for name in declared_parameters(path)} <= listed
