"""Run the numbered notebooks in batch: ``python -m logoflow.run_notebooks``, or ``make run``.

papermill only warns of a parameter that no notebook has, and a misspelt ``num_epoch=2`` then
trains for the default number of epochs. Here it is refused before anything runs.
"""

import argparse
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from logoflow.errors import NotebookError
from logoflow.notebook_parameters import check_parameters, declared_parameters
from logoflow.utils.files import write_text
from logoflow.utils.parameters import read_parameters
from logoflow.utils.paths import checkout, runs_home

_QUIET = {"LOGOFLOW_PROGRESS": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def run_notebooks(
    notebooks: Sequence[Path | str],
    run_dir: Path | str,
    parameters: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """Run notebooks one after the other and keep what they show.

    Each is run by the Python that runs this function. A notebook that declares ``output_dir``
    is given `run_dir`, and one that declares ``model_dir`` or ``baseline_dir`` is given
    ``<run_dir>/model`` or ``<run_dir>/baseline`` once an earlier notebook has made that.

    Parameters
    ----------
    notebooks : sequence of Path or str
        The notebooks, in the order to run them. They are read, never written.
    run_dir : Path or str
        Folder for the executed ``.ipynb`` and an ``.html`` page of each, ``headline.txt``, and
        whatever the notebooks write. What an earlier run of these notebooks left is replaced.
    parameters : mapping, optional
        Values by parameter name. Each must be declared by one notebook at least, in the cell
        tagged ``parameters``, and goes to those that declare it.

    Returns
    -------
    dict of str to str
        What each notebook's cell tagged ``headline`` printed, by the notebook's name.

    Raises
    ------
    ValueError
        If a parameter is unknown or a number is not one. Nothing has run then.
    NotebookError
        If a notebook fails. Its page shows how far it got, and those after it are not run.

    Examples
    --------
    >>> run_notebooks(["notebooks/01_prepare_data.ipynb"], "runs/try", {"dataset": "sample"})
    """
    parameters = dict(parameters or {})
    books = [Path(notebook).resolve() for notebook in notebooks]
    declared = {book: declared_parameters(book) for book in books}
    check_parameters(parameters, {book.stem: takes for book, takes in declared.items()})
    run_dir = Path(run_dir).expanduser().resolve()
    _clear(run_dir, books)
    headlines = {}
    with _this_python() as kernel:
        for notebook in books:
            given = {**_places(run_dir), **parameters}
            given = {name: given[name] for name in declared[notebook] if name in given}
            headlines[notebook.stem] = _run_one(notebook, run_dir, given, kernel)
    write_text(run_dir / "headline.txt", _as_text(headlines))
    return headlines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit code is 0, 1 (a notebook failed) or 2 (not started)."""
    options = _parser().parse_args(arguments)
    try:
        notebooks = _choose(options.notebooks)
        parameters = read_parameters(options.parameters)
        run_dir = runs_home() / _name(options.name, notebooks, parameters)
        headlines = run_notebooks(notebooks, run_dir, parameters)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{_as_text(headlines)}\nPages, notebooks and headline.txt are in {_short(run_dir)}/")
    if (run_dir / "model").is_dir():
        print(f"The trained model is in {_short(run_dir / 'model')}/")
    return 0


def _places(run_dir: Path) -> dict[str, str]:
    """Parameters that say where this run keeps things."""
    places = {"output_dir": str(run_dir)}
    for name in ("model", "baseline"):
        if (run_dir / name).is_dir():
            places[f"{name}_dir"] = str(run_dir / name)
    return places


def _clear(run_dir: Path, notebooks: Sequence[Path]) -> None:
    """Remove what an earlier run left, so that nothing old passes for a result of this one."""
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "headline.txt").unlink(missing_ok=True)
    for notebook in notebooks:
        for suffix in (".ipynb", ".html"):
            (run_dir / (notebook.stem + suffix)).unlink(missing_ok=True)


@contextmanager
def _this_python() -> Iterator[str]:
    """Name of a kernel that is this very Python, whatever kernels the user has installed."""
    from ipykernel.kernelspec import write_kernel_spec

    before = os.environ.get("JUPYTER_PATH")
    with tempfile.TemporaryDirectory(prefix="logoflow-kernel-") as folder:
        write_kernel_spec(
            Path(folder) / "kernels" / "logoflow-run",
            overrides={"env": _QUIET},
            extra_arguments=["--log-level=CRITICAL"],  # it remarks on sockets and interrupts
        )
        os.environ["JUPYTER_PATH"] = os.pathsep.join([folder, *([before] if before else [])])
        try:
            yield "logoflow-run"
        finally:
            if before is None:
                del os.environ["JUPYTER_PATH"]
            else:
                os.environ["JUPYTER_PATH"] = before


def _run_one(notebook: Path, run_dir: Path, parameters: dict[str, object], kernel: str) -> str:
    """Run one notebook, with a line of progress, and give its headline."""
    import papermill
    from nbclient.exceptions import DeadKernelError

    executed = run_dir / notebook.name
    logging.getLogger("papermill").setLevel(logging.ERROR)
    print(f"{notebook.stem} … ", end="", flush=True)
    started = time.monotonic()
    try:
        papermill.execute_notebook(
            notebook, executed, parameters, kernel_name=kernel, progress_bar=False
        )
    except (papermill.PapermillExecutionError, DeadKernelError) as error:
        print(f"failed after {time.monotonic() - started:.0f} s", flush=True)
        killed = isinstance(error, DeadKernelError)
        raise NotebookError(_why(notebook, error, killed, _page(executed))) from error
    _page(executed)
    print(f"{time.monotonic() - started:.0f} s", flush=True)
    return _headline(executed)


def _why(notebook: Path, error: Any, killed: bool, page: Path) -> str:
    if killed:
        what = "its Python was killed, most often for want of memory: try a smaller batch_size"
    else:
        what = f"cell In [{error.exec_count}]: {error.ename}: {error.evalue}"
    return f"{notebook.stem} stopped in {what}\nHow far it got: {_short(page)}"


def _page(executed: Path) -> Path:
    """Write the HTML page of an executed notebook beside it."""
    import nbformat
    from nbconvert import HTMLExporter

    logging.getLogger("traitlets").setLevel(logging.ERROR)  # nbconvert's remarks on figures
    resources = {"metadata": {"name": executed.stem}}
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(executed, as_version=4), resources)
    return write_text(executed.with_suffix(".html"), html)


def _headline(executed: Path) -> str:
    import nbformat

    cells = nbformat.read(executed, as_version=4).cells
    outputs = [
        output
        for cell in cells
        if "headline" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
    ]
    return "".join(out.text for out in outputs if out.get("name") == "stdout").strip()


def _as_text(headlines: Mapping[str, str]) -> str:
    blocks = [
        "\n".join([book, *(f"  {line}" for line in headline.splitlines())])
        for book, headline in headlines.items()
        if headline
    ]
    return "\n".join(blocks) + "\n"


def _short(path: Path) -> str:
    """The path as a person in the current directory would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m logoflow.run_notebooks",
        description="Run the numbered notebooks and keep their pages and the trained model.",
        epilog="Example: python -m logoflow.run_notebooks --name quick num_epochs=1 seed=3",
    )
    parser.add_argument("--name", help="folder below runs/ (default: <dataset>-<backbone>)")
    parser.add_argument(
        "--notebooks", nargs="+", default=[], metavar="NN", help="only these, e.g. 01 03"
    )
    parser.add_argument(
        "parameters", nargs="*", metavar="parameter=value", help="of the notebooks, e.g. seed=3"
    )
    return parser


def _choose(wanted: Sequence[str]) -> list[Path]:
    """The numbered notebooks of the checkout, or those that begin as the wanted ones."""
    root = checkout()
    if root is None:
        raise ValueError("The notebooks are in logoflow's checkout, not in an installed wheel.")
    found = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    for name in wanted:
        if not any(path.name.startswith(name) for path in found):
            there = ", ".join(path.stem for path in found) or "none"
            raise ValueError(f"No notebook begins with {name!r}. There are: {there}.")
    return [path for path in found if not wanted or path.name.startswith(tuple(wanted))]


def _name(name: str | None, notebooks: Sequence[Path], parameters: Mapping[str, object]) -> str:
    """The run's folder name: the one given, or what it is about."""
    if name is None:
        values: dict[str, object] = {}
        for notebook in reversed(notebooks):
            values |= declared_parameters(notebook)
        values |= parameters
        parts = [str(values[key]) for key in ("dataset", "backbone") if values.get(key)]
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts)) or "notebooks"
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise ValueError(f"A run's name is letters, digits, '.', '_' and '-', not {name!r}.")
    return name


if __name__ == "__main__":
    sys.exit(main())
