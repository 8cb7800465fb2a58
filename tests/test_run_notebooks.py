"""The batch runner, on tiny notebooks that it really executes."""

import re
import sys
from pathlib import Path

import nbformat
import pytest

from logoflow.errors import NotebookError
from logoflow.run_notebooks import _choose_notebooks, _run_name, main, run_notebooks

pytestmark = pytest.mark.slow

PREPARE = ["dataset = 'sample'\noutput_dir = None", "print(f'headline of {dataset}')"]
TRAIN = [
    "num_epochs = 12\noutput_dir = None\nmodel_dir = None",
    "import os, pathlib, sys\n"
    "assert os.environ['LOGOFLOW_PROGRESS'] == '0'\n"
    "(pathlib.Path(output_dir) / 'model').mkdir(exist_ok=True)\n"
    "print('epochs:', num_epochs)\nprint('python:', sys.executable)\nprint('model:', model_dir)",
]


def write_notebook(path: Path, cells: list[str]) -> Path:
    """Write a notebook of code cells: first the parameters, last the headline."""
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python"}
    book.metadata.language_info = {"name": "python"}
    book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    book.cells[0].metadata.tags = ["parameters"]
    book.cells[-1].metadata.tags = ["headline"]
    nbformat.write(book, path)
    return path


@pytest.fixture
def books(tmp_path):
    return [
        write_notebook(tmp_path / "01_prepare.ipynb", PREPARE),
        write_notebook(tmp_path / "02_train.ipynb", TRAIN),
        write_notebook(tmp_path / "03_again.ipynb", TRAIN),
    ]


def test_each_notebook_gets_its_parameters_and_a_page(books, tmp_path, capfd):
    run_dir = tmp_path / "runs" / "try it"

    headlines = run_notebooks(books, run_dir, {"dataset": "folder", "num_epochs": 2})

    assert headlines["01_prepare"] == "headline of folder"
    expected = f"epochs: 2\npython: {sys.executable}\nmodel:"
    assert headlines["02_train"] == f"{expected} None"
    assert headlines["03_again"] == f"{expected} {run_dir / 'model'}", "02 has written a model"
    assert "epochs: 2" in (run_dir / "02_train.html").read_text()
    assert "  headline of folder\n" in (run_dir / "headline.txt").read_text()
    printed = capfd.readouterr()
    assert printed.err == "", "the notebooks' kernels print no warnings"
    assert re.fullmatch(r"01_prepare … \d+ s\n02_train … \d+ s\n03_again … \d+ s\n", printed.out)
    assert not nbformat.read(books[0], as_version=4).cells[1].outputs, "sources are not changed"


def test_a_failing_notebook_stops_the_run_and_shows_where(books, tmp_path, capsys):
    write_notebook(books[1], ["num_epochs = 1", "print('so far')", "raise KeyError('bmw')"])
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "03_again.html").write_text("of an earlier run")

    with pytest.raises(NotebookError, match=r"02_train .*In \[3\]: KeyError: 'bmw'") as caught:
        run_notebooks(books[1:], run_dir)

    assert str(run_dir / "02_train.html") in str(caught.value)
    assert "so far" in (run_dir / "02_train.html").read_text()
    assert "failed after" in capsys.readouterr().out
    assert not (run_dir / "03_again.html").exists()


def test_a_killed_kernel_is_reported(tmp_path):
    book = write_notebook(
        tmp_path / "01_big.ipynb", ["seed = 0", "import os\nos.kill(os.getpid(), 9)"]
    )

    with pytest.raises(NotebookError, match="killed.*memory"):
        run_notebooks([book], tmp_path / "run")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_epoch": 2}, "Did you mean num_epochs"),
        ({"colour": "red"}, "01_prepare: dataset, output_dir"),
        ({"num_epochs": "two"}, "num_epochs must be a whole number"),
        ({"output_dir": "elsewhere"}, "--name"),
        ({"views": 3}, 'views=3 is now level="windows"'),
        ({"views": 6}, 'now level="more-windows, match_logos, read_names"'),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(books, tmp_path, parameters, message):
    with pytest.raises(ValueError, match=message):
        run_notebooks(books, tmp_path / "run", parameters)

    assert not (tmp_path / "run").exists()


def test_a_run_is_named_after_its_data_and_backbone(books, tmp_path):
    net = write_notebook(tmp_path / "04_net.ipynb", ["dataset = 'x'\nbackbone = 'resnet18_v2'", ""])

    assert _run_name(None, [*books, net], {}) == "sample-resnet18_v2"
    assert _run_name(None, [*books, net], {"dataset": "folder"}) == "folder-resnet18_v2"
    with pytest.raises(ValueError, match="letters, digits"):
        _run_name("../elsewhere", books, {})


def test_the_command_runs_the_checkouts_notebooks(books, tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    books[0].rename(tmp_path / "notebooks" / books[0].name)
    monkeypatch.setattr("logoflow.utils.paths.checkout", lambda: tmp_path)
    monkeypatch.setenv("LOGOFLOW_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)

    assert main(["--name", "quick", "dataset=folder"]) == 0
    output = capsys.readouterr().out
    assert "  headline of folder" in output
    assert "are in runs/quick/" in output
    assert main(["--name", "quick", "epochs=2"]) == 2
    assert "No notebook has a parameter 'epochs'" in capsys.readouterr().err
    assert main(["--notebooks", "07"]) == 2
    assert "There are: 01_prepare." in capsys.readouterr().err


def test_a_run_on_a_data_set_leaves_out_notebooks_without_one():
    def numbers(*arguments):
        return [path.name[:2] for path in _choose_notebooks(*arguments)]

    everything = numbers([], {})
    assert everything[:2] == ["00", "01"]
    assert numbers([], {"seed": 3}) == everything
    assert numbers([], {"dataset": "folder"}) == everything[1:]
    assert numbers(["00", "01"], {"dataset": "folder"}) == ["00", "01"]


def test_a_notebook_may_end_early(books, tmp_path):
    cells = ["dataset = 'x'", "print('no such photos')\nraise SystemExit(0)", "print('headline')"]
    early = write_notebook(tmp_path / "00_early.ipynb", cells)
    headlines = run_notebooks([early, books[0]], tmp_path / "run", {"dataset": "y"})
    assert headlines == {"00_early": "", "01_prepare": "headline of y"}
    assert "no such photos" in (tmp_path / "run" / "00_early.html").read_text()


def test_the_page_keeps_the_alternative_text_of_a_figure(tmp_path):
    texts = "caption='Times.', alt='One bar: A & B.'"
    draw = f"import logoflow as lf\nlf.plot_times({{'net': 0.1}}, {texts})"
    book = write_notebook(tmp_path / "01_figure.ipynb", ["seed = 0", draw, "print('done')"])
    run_notebooks([book], tmp_path / "run")
    page = (tmp_path / "run" / "01_figure.html").read_text()
    assert re.search(r'<img[^>]* alt="One bar: A &amp; B."', page)
    assert "<em>Times.</em>" in page
