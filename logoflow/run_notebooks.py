"""Run the numbered notebooks in batch: ``python -m logoflow.run_notebooks``, or ``make run``.

papermill only warns of an unknown parameter. With a misspelt ``num_epoch=2`` it would train for the
default number of epochs. Here an unknown parameter is an error before anything runs.
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
from logoflow.utils.addresses import local_path
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.parameters import read_parameters
from logoflow.utils.paths import notebooks_home, runs_home

_QUIET_ENVIRONMENT = {"LOGOFLOW_PROGRESS": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def run_notebooks(
    notebooks: Sequence[Path | str],
    run_dir: Path | str,
    parameters: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """Run notebooks one after another and keep the executed copies.

    The notebooks run with the same Python as this function. Some parameters are filled in where a
    notebook declares them: ``output_dir`` is `run_dir`, and ``model_dir`` and ``baseline_dir`` are
    ``<run_dir>/model`` and ``<run_dir>/baseline``, once an earlier notebook has written them.

    Parameters
    ----------
    notebooks : sequence of Path or str
        Notebooks in the order in which they run. They are not changed.
    run_dir : Path or str
        Folder for the executed notebooks (``.ipynb``), a page (``.html``) of each, the file
        ``headline.txt``, and whatever the notebooks write. The results of an earlier run of the
        same notebooks are replaced.
    parameters : mapping of str to object, optional
        Values by parameter name. Each notebook gets those that its cell with the tag
        ``parameters`` declares. At least one notebook must declare each parameter.

    Returns
    -------
    dict of str to str
        The output of the cell with the tag ``headline``, by notebook name.

    Raises
    ------
    ValueError
        If a parameter is unknown or its value has the wrong type. No notebook has run then.
    NotebookError
        If a notebook fails. Its page shows how far it came. The notebooks after it do not run.

    Examples
    --------
    >>> headlines = run_notebooks(
    ...     ["notebooks/01_prepare_data.ipynb"], "runs/try", {"dataset": "sample"}
    ... )  # doctest: +SKIP
    """
    parameters = dict(parameters or {})
    books = [Path(notebook).resolve() for notebook in notebooks]
    declared = {book: declared_parameters(book) for book in books}
    check_parameters(parameters, {book.stem: defaults for book, defaults in declared.items()})
    run_dir = local_path(run_dir).resolve()
    _remove_old_results(run_dir, books)
    headlines = {}
    with _kernel_of_this_python() as kernel:
        for notebook in books:
            values = {**_folder_parameters(run_dir), **parameters}
            values = {name: values[name] for name in declared[notebook] if name in values}
            headlines[notebook.stem] = _run_one(notebook, run_dir, values, kernel)
    write_text(run_dir / "headline.txt", _to_text(headlines))
    return headlines


def numbered_notebooks() -> list[Path]:
    """List the numbered notebooks of the checkout or of the installed package, in their order."""
    return sorted(notebooks_home().glob("[0-9][0-9]_*.ipynb"))


def copy_notebooks(folder: Path | str) -> list[Path]:
    """Copy the numbered notebooks to a folder.

    Parameters
    ----------
    folder : Path or str
        It is created if it does not exist.

    Returns
    -------
    list of Path
        The copies. Equal ones that were there before are among them.

    Raises
    ------
    FileExistsError
        If the folder has a notebook of the same name that differs. Nothing is copied then.

    Examples
    --------
    >>> [path.name for path in copy_notebooks("my-notebooks")][:1]
    ['00_how_a_network_learns.ipynb']
    """
    folder = local_path(folder)
    copies = {folder / notebook.name: notebook.read_bytes() for notebook in numbered_notebooks()}
    for path, content in copies.items():
        if path.exists() and path.read_bytes() != content:
            raise FileExistsError(
                f"{path} is there already and differs. Choose another folder, or rename it first."
            )
    for path, content in copies.items():
        with atomic_path(path) as tmp:
            tmp.write_bytes(content)
    return list(copies)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run notebooks from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: the arguments of the command line.

    Returns
    -------
    int
        Exit code: 0, 1 if a notebook failed, or 2 if an argument was wrong and nothing has run.
    """
    options = _parser().parse_args(arguments)
    try:
        parameters = read_parameters(options.parameters)
        notebooks = _choose_notebooks(options.notebooks, parameters)
        run_dir = runs_home() / _run_name(options.name, notebooks, parameters)
        headlines = run_notebooks(notebooks, run_dir, parameters)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{_to_text(headlines)}\nPages, notebooks and headline.txt are in {_short(run_dir)}/")
    if (run_dir / "model").is_dir():
        print(f"The trained model is in {_short(run_dir / 'model')}/")
    if (run_dir / "report.html").is_file():
        print(f"A page about it: {_short(run_dir / 'report.html')}")
    return 0


def _folder_parameters(run_dir: Path) -> dict[str, str]:
    """Return the values of the parameters that name this run's folders."""
    folders = {"output_dir": str(run_dir)}
    for name in ("model", "baseline"):
        if (run_dir / name).is_dir():
            folders[f"{name}_dir"] = str(run_dir / name)
    return folders


def _remove_old_results(run_dir: Path, notebooks: Sequence[Path]) -> None:
    """Remove the results of an earlier run, so that they are not taken for results of this run."""
    run_dir.mkdir(parents=True, exist_ok=True)
    for name in ("headline.txt", "report.html"):
        (run_dir / name).unlink(missing_ok=True)
    for notebook in notebooks:
        for suffix in (".ipynb", ".html"):
            (run_dir / (notebook.stem + suffix)).unlink(missing_ok=True)


@contextmanager
def _kernel_of_this_python() -> Iterator[str]:
    """Install a kernel of this Python for a while, and yield its name.

    A kernel that the user has installed may use another Python.
    """
    from ipykernel.kernelspec import write_kernel_spec

    before = os.environ.get("JUPYTER_PATH")
    with tempfile.TemporaryDirectory(prefix="logoflow-kernel-") as folder:
        write_kernel_spec(
            Path(folder) / "kernels" / "logoflow-run",
            overrides={"env": _QUIET_ENVIRONMENT},
            extra_arguments=["--log-level=CRITICAL"],  # hides warnings about sockets and interrupts
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
    """Run one notebook, print a line of progress, and return the headline."""
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
        was_killed = isinstance(error, DeadKernelError)
        raise NotebookError(_why(notebook, error, was_killed, _write_page(executed))) from error
    _write_page(executed)
    print(f"{time.monotonic() - started:.0f} s", flush=True)
    return _read_headline(executed)


def _why(notebook: Path, error: Any, was_killed: bool, page: Path) -> str:
    if was_killed:
        reason = (
            "stopped because its Python was killed. Most often the memory is full: try a smaller "
            "batch_size."
        )
    else:
        reason = f"stopped in cell In [{error.exec_count}]: {error.ename}: {error.evalue}"
    return f"{notebook.stem} {reason}\nThe page shows how far it came: {_short(page)}"


def _write_page(executed: Path) -> Path:
    """Write the HTML page of an executed notebook beside it, and return its path."""
    import nbformat
    from nbconvert import HTMLExporter

    logging.getLogger("traitlets").setLevel(logging.ERROR)  # else nbconvert warns about figures
    resources = {"metadata": {"name": executed.stem}}
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(executed, as_version=4), resources)
    return write_text(executed.with_suffix(".html"), html)


def _read_headline(executed: Path) -> str:
    import nbformat

    cells = nbformat.read(executed, as_version=4).cells
    outputs = [
        output
        for cell in cells
        if "headline" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
    ]
    return "".join(output.text for output in outputs if output.get("name") == "stdout").strip()


def _to_text(headlines: Mapping[str, str]) -> str:
    blocks = [
        "\n".join([book, *(f"  {line}" for line in headline.splitlines())])
        for book, headline in headlines.items()
        if headline
    ]
    return "\n".join(blocks) + "\n"


def _short(path: Path) -> str:
    """Return a path relative to the current folder, if it lies there."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m logoflow.run_notebooks",
        description="Run the numbered notebooks and keep their pages and the trained model.",
        epilog="Example: python -m logoflow.run_notebooks --name quick num_epochs=1 seed=3",
    )
    parser.add_argument("--name", help="folder in runs/ (default: <dataset>-<backbone>)")
    parser.add_argument(
        "--notebooks", nargs="+", default=[], metavar="NN", help="run only these, e.g. 01 03"
    )
    parser.add_argument(
        "parameters", nargs="*", metavar="parameter=value", help="for the notebooks, e.g. seed=3"
    )
    return parser


def _choose_notebooks(prefixes: Sequence[str], parameters: Mapping[str, object]) -> list[Path]:
    """Return the numbered notebooks whose names begin with one of the prefixes.

    Without prefixes, all numbered notebooks are returned. But if a data set is given, notebooks
    without the parameter `dataset` are left out: they show the same with any data set.
    """
    notebooks = numbered_notebooks()
    for prefix in prefixes:
        if not any(path.name.startswith(prefix) for path in notebooks):
            names = ", ".join(path.stem for path in notebooks) or "none"
            raise ValueError(f"No notebook begins with {prefix!r}. There are: {names}.")
    if prefixes:
        return [path for path in notebooks if path.name.startswith(tuple(prefixes))]
    if "dataset" in parameters:
        return [path for path in notebooks if "dataset" in declared_parameters(path)]
    return notebooks


def _run_name(name: str | None, notebooks: Sequence[Path], parameters: Mapping[str, object]) -> str:
    """Return the name of the run's folder: `name`, or else the data set and the backbone."""
    if name is None:
        values: dict[str, object] = {}
        for notebook in reversed(notebooks):
            values |= declared_parameters(notebook)
        values |= parameters
        parts = [str(values[key]) for key in ("dataset", "backbone") if values.get(key)]
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts)) or "notebooks"
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise ValueError(
            f"{name!r} cannot name a run: use letters, digits, '.', '_' and '-', and begin with a "
            "letter, a digit or '_'."
        )
    return name


if __name__ == "__main__":
    sys.exit(main())
