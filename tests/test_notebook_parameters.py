"""Parameters as notebooks declare them and users write them."""

from pathlib import Path

import nbformat
import pytest

from logoflow.notebook_parameters import check_parameters, declared_parameters
from logoflow.utils.parameters import parse_value, read_parameters


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("1e-3", 0.001),
        ("-4", -4),
        ("True", True),
        ("false", False),
        ("None", None),
        ("'12'", "12"),
        ("resnet18_v2", "resnet18_v2"),
        ("['a', 'b']", ["a", "b"]),
        ("__import__('os')", "__import__('os')"),
    ],
)
def test_values_are_read_as_python_writes_them(text, value):
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


def test_folders_are_made_absolute_and_urls_are_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")

    read = read_parameters(["data_dir=my photos", "no_logo_dir=~/x=y", "num_epochs=2"])

    assert read["data_dir"] == str(tmp_path / "my photos")
    assert read["no_logo_dir"] == "/home/me/x=y"
    assert read["num_epochs"] == 2
    assert read_parameters(["data_dir=https://a.b/c.zip"])["data_dir"] == "https://a.b/c.zip"
    assert read_parameters(["data_dir=None"]) == {"data_dir": None}


@pytest.mark.parametrize("pair", ["num_epochs", "--seed=3", "=3"])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(ValueError, match="is not parameter=value"):
        read_parameters([pair])


def test_a_notebook_tells_its_parameters(tmp_path: Path):
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


def test_numbers_and_lists_are_checked_against_the_default():
    takes = {
        "03": {"learning_rate": 0.01, "seed": 0, "num_gpus": None, "dataset": "sample", "urls": []}
    }

    check_parameters({"learning_rate": 1, "seed": None, "num_gpus": 1, "dataset": 27}, takes)
    with pytest.raises(ValueError, match="learning_rate takes a number such as 0.01, not 'fast'"):
        check_parameters({"learning_rate": "fast"}, takes)
    with pytest.raises(ValueError, match="seed takes a whole number"):
        check_parameters({"seed": 1.5}, takes)
    with pytest.raises(ValueError, match="urls takes a list"):
        check_parameters({"urls": "https://a.b/c.jpg"}, takes)
    with pytest.raises(ValueError, match="full_study takes True or False"):
        check_parameters({"full_study": "yes"}, {"05": {"full_study": False}})
    check_parameters({"full_study": True}, {"05": {"full_study": False}})


def test_a_level_is_checked_before_anything_runs():
    takes = {"03": {"level": "whole"}}
    for level in ("windows", "more-windows, read_names", None):
        check_parameters({"level": level}, takes)
    with pytest.raises(ValueError, match="no level 'closest': choose one of whole"):
        check_parameters({"level": "closest"}, takes)
    with pytest.raises(ValueError, match="no level 3"):
        check_parameters({"level": 3}, takes)
