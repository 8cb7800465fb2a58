"""Count the code of logoflow on two walks: from photos to a model, from a photo to an answer.

    python benchmarks/walk.py                                   # this checkout
    python benchmarks/walk.py --at 3d6a03e --python python3.11  # and another commit, compared
    python benchmarks/walk.py --list                            # file by file

A reader who wants to understand how a model is trained has to read the code that runs. The first
walk is `prepare_root`, `fit` and `save` on a small folder of photos; the second is `load` and
`predict` on one photo. Only lines inside functions count: `def` lines and constants run in every
file that is imported, and do not make anybody read it.

Each walk is counted in two ways:

- *with imports* counts the functions that run because a module is imported, too: decorators, the
  preparation of NumPy for MXNet, the search for a GPU's libraries.
- *after imports* imports the walk's modules before counting starts. What is left are the functions
  that `prepare_root`, `fit`, `save`, `load` and `predict` call. A reader who follows the calls
  comes to them. This count is the fairer comparison between commits that support other versions
  of NumPy.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
WALKS = {"train": "prepare_root, fit, save", "answer": "load, predict"}
WAYS = ("with imports", "after imports")


class Count(NamedTuple):
    """How much code a walk goes through.

    Parameters
    ----------
    files : int
        Files in which a line inside a function ran.
    lines_run : int
        Statements inside functions that ran.
    function_lines : int
        Lines of the functions in which something ran, without signatures and docstrings.
    file_lines : int
        All lines of those files.
    """

    files: int = 0
    lines_run: int = 0
    function_lines: int = 0
    file_lines: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(*[a + b for a, b in zip(self, other, strict=True)])


def count_file(source: str, ran: Sequence[int]) -> Count:
    """Count what a walk went through in one file.

    Parameters
    ----------
    source : str
        Text of the file.
    ran : sequence of int
        Line numbers that ran, from 1.

    Returns
    -------
    Count
        All zeros if nothing inside a function ran.
    """
    lines_run, function_lines = set(), set()
    for body in function_bodies(source):
        ran_here = set(ran).intersection(body)
        if ran_here:
            lines_run |= ran_here
            function_lines |= set(body)
    if not lines_run:
        return Count()
    return Count(1, len(lines_run), len(function_lines), len(source.splitlines()))


def function_bodies(source: str) -> list[range]:
    """List the line numbers of each function's body, without its docstring."""
    bodies = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            statements = node.body
            if ast.get_docstring(node) is not None:
                statements = statements[1:]
            if statements:
                bodies.append(range(statements[0].lineno, node.end_lineno + 1))
    return bodies


def count_files(ran: Mapping[str, Sequence[int]]) -> dict[str, Count]:
    """Count the files of a walk; those in which no function ran are left out.

    Parameters
    ----------
    ran : dict
        From a file to its line numbers that ran.

    Returns
    -------
    dict
        From the file's path below ``logoflow/`` to its `Count`.
    """
    counts = {}
    for file, lines in ran.items():
        count = count_file(Path(file).read_text(encoding="utf-8"), lines)
        if count.files:
            counts[file.rpartition("/logoflow/")[2]] = count
    return counts


def take_walks(
    checkout: Path, python: Path | str, photos: Path
) -> dict[str, dict[str, dict[str, Count]]]:
    """Take both walks with the code of a checkout, and count each in both ways.

    Parameters
    ----------
    checkout : Path
        Folder that holds the package ``logoflow``.
    python : Path or str
        Interpreter with the packages that this code needs, and coverage.py.
    photos : Path
        A folder of photos, in one folder for each class.

    Returns
    -------
    dict
        From a way of counting (`WAYS`) to a walk's name to its files and their counts.
    """
    counts: dict[str, dict[str, dict[str, Count]]] = {way: {} for way in WAYS}
    with tempfile.TemporaryDirectory() as model:
        photo = sorted(photos.glob("*/*.jpg"))[0]
        for walk, source in {"train": photos, "answer": photo}.items():
            ran = run_walk(checkout, python, walk, source, Path(model))
            counts["with imports"][walk] = count_files(ran)
            modules = [module_name(Path(file), checkout) for file, lines in ran.items() if lines]
            ran = run_walk(checkout, python, walk, source, Path(model), modules)
            counts["after imports"][walk] = count_files(ran)
    return counts


def run_walk(
    checkout: Path,
    python: Path | str,
    walk: str,
    source: Path,
    model: Path,
    modules: Sequence[str] = (),
) -> dict[str, list[int]]:
    """Take one walk in a process of its own.

    Parameters
    ----------
    checkout, python : Path
        See `take_walks`.
    walk : str
        A name of `WALKS`.
    source : Path
        What the walk starts with: the folder of photos, or a photo.
    model : Path
        Folder of the model.
    modules : sequence of str
        Modules to import before the walk.

    Returns
    -------
    dict
        From a file to its line numbers that ran.

    Raises
    ------
    RuntimeError
        If the walk fails, or another `logoflow` than the checkout's ran.
    """
    command = [str(python), str(HERE / "walk_cases.py"), walk, str(source), str(model), *modules]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "LOGOFLOW_PROGRESS": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The walk {walk!r} failed in {checkout}:\n{done.stderr}")
    ran = json.loads(done.stdout.splitlines()[-1])
    elsewhere = [file for file in ran if not Path(file).is_relative_to(checkout / "logoflow")]
    if elsewhere:
        raise RuntimeError(f"{python} ran another logoflow than {checkout}'s: {elsewhere[0]}.")
    return ran


def module_name(file: Path, checkout: Path) -> str:
    """Name the module that a file of a checkout holds."""
    return ".".join(file.relative_to(checkout).with_suffix("").parts).removesuffix(".__init__")


def make_photos(folder: Path) -> Path:
    """Make a folder of a few photos of two brands and of none, in one folder for each class."""
    import logoflow as lf

    sample = lf.make_sample(folder / "sample", brands=2, train=4, val=4, test=4, no_logo=4)
    root = lf.prepare_root("flickrlogos32", sample, output_dir=folder / "root")
    for photo in root.glob("*_data/*/*.jpg"):
        path = folder / "photos" / photo.parent.name / photo.name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, path)
    return folder / "photos"


@contextmanager
def checkout_of(commit: str) -> Iterator[Path]:
    """Check a commit out in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder).resolve() / "checkout"
        git = ["git", "-C", str(CHECKOUT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(checkout), commit], check=True)
        try:
            yield checkout
        finally:
            subprocess.run([*git, "remove", "--force", str(checkout)], check=True)


def table(walks: Mapping[str, Mapping[str, Mapping[str, Count]]]) -> str:
    """Lay counts out as a Markdown table; the last column divides this checkout by a commit.

    Parameters
    ----------
    walks : dict
        From a code version to its walks (`take_walks`). The first version is this checkout.

    Returns
    -------
    str
        A row for each walk and measure.
    """
    head = ["walk", "measure", *walks, *(["ratio"] if len(walks) > 1 else [])]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for walk, title in WALKS.items():
        totals = [sum(versions[walk].values(), Count()) for versions in walks.values()]
        for measure in Count._fields:
            numbers = [getattr(total, measure) for total in totals]
            cells = [f"{number:,}" for number in numbers]
            if len(numbers) > 1:
                cells.append(f"{numbers[0] / numbers[-1]:.2f}")
            lines.append(f"| {title} | {measure.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def listing(walks: Mapping[str, Mapping[str, Count]]) -> str:
    """List the files of each walk with their counts."""
    lines = []
    for walk, title in WALKS.items():
        lines.append(f"\n{title}: lines run, lines of these functions, lines of the file")
        for file, count in sorted(walks[walk].items()):
            numbers = f"{count.lines_run:5} {count.function_lines:5} {count.file_lines:5}"
            lines.append(f"{numbers}  {file}")
    return "\n".join(lines)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--at", metavar="COMMIT", help="a commit to compare with")
    parser.add_argument("--python", default=sys.executable, help="the interpreter for that commit")
    parser.add_argument("--list", action="store_true", help="list the files, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder).resolve())
        versions = {"here": take_walks(CHECKOUT, sys.executable, photos)}
        if arguments.at:
            with checkout_of(arguments.at) as checkout:
                versions[arguments.at] = take_walks(checkout, arguments.python, photos)
    for way in WAYS:
        walks = {version: counts[way] for version, counts in versions.items()}
        print(f"\n# Counted {way}\n\n{table(walks)}")
        if arguments.list:
            for version, counts in walks.items():
                print(f"\n## {version}, {way}\n{listing(counts)}")


if __name__ == "__main__":
    main()
