"""The notebooks of the repository. `python -m tools.notebooks FOLDER` writes those for students."""

import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def notebook_paths() -> list[Path]:
    """Return the numbered notebooks in their order."""
    return sorted(FOLDER.glob("[0-9]*.ipynb"))


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """Leave out the cells that hold the solutions of exercises."""
    cells = [c for c in notebook.cells if "solution" not in c.metadata.get("tags", [])]
    return NotebookNode(notebook | {"cells": cells})


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Empty the outputs and numbers of all code cells."""
    emptied = {"outputs": [], "execution_count": None}
    cells = [NotebookNode(c | (emptied if c.cell_type == "code" else {})) for c in notebook.cells]
    return NotebookNode(notebook | {"cells": cells})


def write_for_students(folder: Path) -> list[Path]:
    """Write all notebooks without outputs and solutions to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in notebook_paths():
        notebook = nbformat.read(path, as_version=4)
        written.append(folder / path.name)
        nbformat.write(without_outputs(without_solutions(notebook)), written[-1])
    return written


if __name__ == "__main__":
    write_for_students(Path(sys.argv[1]))
