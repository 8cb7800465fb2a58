"""Parameters that notebooks declare, and the check of a user's values."""

from pathlib import Path

import nbformat
import pytest

from logoflow.notebook_parameters import check_parameters, declared_parameters


def test_parameters_are_read_from_a_notebook(tmp_path: Path):
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python"}
    book.cells = [nbformat.v4.new_code_cell("x = 1")]
    nbformat.write(book, tmp_path / "none.ipynb")
    source = "dataset = 'sample'  # or 'folder'\ndata_dir = None\nnum_epochs: int = 12\nwd = 1e-3"
    book.cells = [nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})]
    nbformat.write(book, tmp_path / "four.ipynb")

    assert declared_parameters(tmp_path / "none.ipynb") == {}
    assert declared_parameters(tmp_path / "four.ipynb") == {
        "dataset": "sample",
        "data_dir": None,
        "num_epochs": 12,
        "wd": 0.001,
    }


def test_values_must_have_the_type_of_the_default():
    declared = {
        "03": {"learning_rate": 0.01, "seed": 0, "num_gpus": None, "dataset": "sample", "urls": []}
    }

    check_parameters({"learning_rate": 1, "seed": None, "num_gpus": 1, "dataset": 27}, declared)
    with pytest.raises(ValueError, match="learning_rate must be a number such as 0.01, not 'fast'"):
        check_parameters({"learning_rate": "fast"}, declared)
    with pytest.raises(ValueError, match="num_epochs must be a whole number"):
        check_parameters({"num_epochs": "many"}, {"03": {"num_epochs": None}})
    with pytest.raises(ValueError, match="seed must be a whole number"):
        check_parameters({"seed": 1.5}, declared)
    with pytest.raises(ValueError, match="urls must be a list"):
        check_parameters({"urls": "https://a.b/c.jpg"}, declared)
    with pytest.raises(ValueError, match="full_study must be True or False"):
        check_parameters({"full_study": "yes"}, {"06": {"full_study": False}})
    check_parameters({"full_study": True}, {"06": {"full_study": False}})


def test_a_level_is_checked_before_anything_runs():
    takes = {"03": {"level": "whole"}}
    for level in ("windows", "more-windows, read_names", None):
        check_parameters({"level": level}, takes)
    with pytest.raises(ValueError, match="no level 'closest': choose one of whole"):
        check_parameters({"level": "closest"}, takes)
    with pytest.raises(ValueError, match="no level 3"):
        check_parameters({"level": 3}, takes)
