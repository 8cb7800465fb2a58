"""Students get every notebook without outputs and solutions."""

import nbformat
import pytest

from tools.notebooks import notebook_paths, write_for_students


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    write_for_students(folder)
    return folder


def read(path):
    return nbformat.read(path, as_version=4)


def test_every_notebook_is_there(folder):
    assert [path.name for path in notebook_paths()] == sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.name)
def test_a_notebook_has_all_cells_but_the_solutions(folder, path):
    is_solution = {c.id: "solution" in c.metadata.get("tags", []) for c in read(path).cells}
    kept = [cell_id for cell_id, solution in is_solution.items() if not solution]

    assert any(is_solution.values())
    assert [cell.id for cell in read(folder / path.name).cells] == kept


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.name)
def test_a_notebook_has_no_outputs(folder, path):
    notebook = read(folder / path.name)
    nbformat.validate(notebook)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert not [cell for cell in code if cell.outputs or cell.execution_count]
