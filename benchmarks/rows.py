"""Rows of results.json: pairs of processes that ran one right after the other, and a target."""

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
# What would make a rival's process other than its users': ours and the notebooks' settings.
OWN_VARIABLES = ("OMP_NUM_THREADS", "KMP_", "LOGOFLOW_", "MXNET_")


def measure(
    cases: Path, case: str, *arguments: object, python: Path | str = sys.executable
) -> float:
    """One figure, by a process of its own with a clean environment."""
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
    """Pairs of runs, one right after the other; of seconds the inverse ratio is how much faster."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    ratios = [b / a if seconds else a / b for a, b in pairs]
    return {
        "name": name,
        "ours": statistics.median(a for a, _ in pairs),
        "theirs": statistics.median(b for _, b in pairs),
        "ratio": statistics.median(ratios),
        "runs": runs,
        **target,
    }


def main(made_by: Rows, description: str, arguments: Sequence[str] | None = None) -> int:
    """Measure rows; the exit code is 1 if one misses its target."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("rows", nargs="*", choices=[*made_by, []], help="which (default all)")
    made.add_argument("--runs", type=int, default=5, help="pairs of each (default 5)")
    made.add_argument("--results", type=Path, default=HERE / "results.json")
    options = made.parse_args(arguments)
    known = json.loads(options.results.read_text()) if options.results.is_file() else []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.rows or made_by:
            for found in made_by[name](options.runs, Path(folder)):
                rows.append(found)
                print(line(found), flush=True)
                others = [old for old in known if old["name"] not in {new["name"] for new in rows}]
                write_text(options.results, json.dumps(others + rows, indent=1) + "\n")
    return int(not all(map(reached, rows)))


def line(found: dict) -> str:
    """A row as text."""
    wanted = next(f"{key.replace('_', ' ')} {found[key]}" for key in found if key.startswith("at_"))
    return (
        f"{found['name']:<34} {found['ours']:>12.4g} {found['theirs']:>12.4g} "
        f"{found['ratio']:>8.2f}  {wanted}{'' if reached(found) else '  MISSED'}"
    )


def reached(found: dict) -> bool:
    """Whether a row's ratio is what it should be."""
    if "at_least" in found:
        return found["ratio"] >= found["at_least"]
    return found["ratio"] <= found["at_most"]
