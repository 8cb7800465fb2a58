"""Measure the rows of results.json: each compares pairs of processes and has a target."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
Rows = dict[str, Callable[[int, Path], list[dict]]]
# Variables of ours that would change the speed of the other side.
OWN_VARIABLES = ("OMP_NUM_THREADS", "KMP_", "LOGOFLOW_", "MXNET_")


def measure(
    cases: Path, case: str, *arguments: object, python: Path | str = sys.executable
) -> float:
    """Run one case in a process of its own, without our environment variables.

    Parameters
    ----------
    cases : Path
        Script with the cases.
    case : str
        Name of the case.
    *arguments
        Arguments of the case.
    python : Path or str
        Python that runs the script.

    Returns
    -------
    float
        The number that the case prints.

    Raises
    ------
    RuntimeError
        If the case fails.
    """
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(OWN_VARIABLES) or key in ("LOGOFLOW_DATA", "LOGOFLOW_HOME")
    }
    words = [json.dumps(str(word) if isinstance(word, Path) else word) for word in arguments]
    command = [str(python), str(cases), case, *words]
    environment = {**clean, "LOGOFLOW_PROGRESS": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{case} {words}: {done.stderr.strip().splitlines()[-1:]}")
    return float(done.stdout.splitlines()[-1])


def row(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    runs: int,
    *,
    seconds: bool = False,
    **target: float,
) -> dict:
    """Run both sides of a row in turns, and return the medians.

    Parameters
    ----------
    name : str
        Name of the row.
    ours, theirs : callable
        Each runs one process and returns its number.
    runs : int
        Number of pairs.
    seconds : bool
        Whether the numbers are seconds. Then less is better and the ratio is theirs to ours.
    **target
        The target for the ratio, `at_least` or `at_most`.
    """
    pairs = [(ours(), theirs()) for _ in range(runs)]
    ratios = [b / a if seconds else a / b for a, b in pairs]
    return {
        "name": name,
        "ours": statistics.median(a for a, _ in pairs),
        "theirs": statistics.median(b for _, b in pairs),
        "ratio": statistics.median(ratios),
        "noise": max(ratios) - min(ratios),
        "runs": runs,
        **target,
    }


def main(row_functions: Rows, description: str, arguments: Sequence[str] | None = None) -> int:
    """Measure rows and write results.json. The exit code is 1 if a row misses its target.

    The last lines name the rows that are worse than in results.json.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "rows", nargs="*", choices=[*row_functions, []], help="rows to measure (default: all)"
    )
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs per row (default: 5)")
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    options = parser.parse_args(arguments)
    stored = json.loads(options.results.read_text()) if options.results.is_file() else []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.rows or row_functions:
            for measured in row_functions[name](options.runs, Path(folder)):
                rows.append(measured)
                print(line(measured), flush=True)
                others = [old for old in stored if old["name"] not in {new["name"] for new in rows}]
                write_text(options.results, json.dumps(others + rows, indent=1) + "\n")
    before = {old["name"]: old for old in stored}
    for measured in rows:
        if fell(measured, before.get(measured["name"])):
            was = before[measured["name"]]["ratio"]
            print(f"{measured['name']} got worse: from {was:.4g} to {measured['ratio']:.4g}.")
    return int(not all(map(reached, rows)))


def fell(row: dict, before: dict | None) -> bool:
    """Return whether a ratio is worse than the stored one by more than the noise of its pairs."""
    if before is None:
        return False
    change = row["ratio"] - before["ratio"]
    loss = change if "at_most" in row else -change
    return loss > row.get("noise", 0)


def line(row: dict) -> str:
    """Format a row as text."""
    target = next(f"{key.replace('_', ' ')} {row[key]}" for key in row if key.startswith("at_"))
    return (
        f"{row['name']:<34} {row['ours']:>12.4g} {row['theirs']:>12.4g} "
        f"{row['ratio']:>8.2f}  {target}{'' if reached(row) else '  MISSED'}"
    )


def reached(row: dict) -> bool:
    """Return whether the ratio of a row reaches its target."""
    if "at_least" in row:
        return row["ratio"] >= row["at_least"]
    return row["ratio"] <= row["at_most"]
