"""Compare the speed of training with an earlier version of logoflow, and with PyTorch.

    git worktree add ../logoflow-before 3d6a03e
    make -C ../logoflow-before setup PYTHON=python3.11
    python benchmarks/training_speed.py --reference ../logoflow-before

Without --reference, the rows that need it are left out. Without .venv-rivals, the rows of PyTorch
are left out; speed.py says how to make this folder.

Each pair of processes runs one after the other. A row is the median ratio of the pairs, once by the
clock with both cores, once by the seconds of the processor with one thread. Rows are printed and go
to results/training-speed.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from small import SHARED

import logoflow as lf
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
RIVALS = HERE.parent / ".venv-rivals" / "bin" / "python"
CLOCKS = ("wall", "processor")
BEFORE = "efficientnet_lite0"  # the default backbone of fit at 3d6a03e


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the rows. The exit code is 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", default=[*ROWS, *PYTORCH_ROWS], help="default: all rows")
    parser.add_argument("--reference", type=Path, help="folder of 3d6a03e")
    parser.add_argument("--runs", type=int, default=3, help="number of pairs (%(default)s)")
    parser.add_argument("--clocks", nargs="+", choices=CLOCKS, default=CLOCKS)
    parser.add_argument("--data", type=Path, default=SHARED / "flickrlogos27")
    parser.add_argument("--no-logo", type=Path, default=SHARED / "no_logo_photos")
    parser.add_argument("--results", type=Path, default=HERE / "results" / "training-speed.json")
    options = parser.parse_args(arguments)
    results = json.loads(options.results.read_text()) if options.results.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        root = lf.prepare_root("flickrlogos27", options.data, folder, no_logo_dir=options.no_logo)
        for name in filter(lambda name: can_measure(name, options.reference), options.rows):
            for clock in options.clocks:
                result = measure(name, clock, root, options)
                results.setdefault(name, {})[clock] = result
                print(f"{name:<24} {clock:<10} {json.dumps(result)}", flush=True)
                write_text(options.results, json.dumps(results, indent=1) + "\n")
    return 0


def can_measure(name: str, reference: Path | None) -> bool:
    """Tell whether a row has what it is compared with. If not, say what is missing."""
    if name in PYTORCH_ROWS and not RIVALS.exists():
        print(f"{name} is left out: there is no {RIVALS.parent.parent.name}.", file=sys.stderr)
        return False
    if name in ROWS and ROWS[name][2] and not reference:
        print(f"{name} is left out: it needs --reference.", file=sys.stderr)
        return False
    return True


def measure(name: str, clock: str, root: Path, options: argparse.Namespace) -> dict:
    """Measure one row by one clock."""
    if name in PYTORCH_ROWS:
        ours, frozen = PYTORCH_ROWS[name]
        return paired(
            lambda: run(HERE.parent, "step", clock, *ours),
            lambda: fastest_of_pytorch(clock, frozen),
            options.runs,
        )
    case, ours, before = ROWS[name]
    with_root = [str(root)] if case != "step" else []
    if before is None:
        ratios = [run(HERE.parent, case, clock, *with_root) for _ in range(options.runs)]
        return {"ratio": round(statistics.median(ratios), 3), "runs": ratios}
    return paired(
        lambda: run(HERE.parent, case, clock, ours[0], *with_root, *ours[1:]),
        lambda: run(options.reference, case, clock, before[0], *with_root, *before[1:]),
        options.runs,
    )


def paired(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> dict:
    """Run both sides in turns."""
    pairs = [(round(ours(), 3), round(theirs(), 3)) for _ in range(runs)]
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    return {"ratio": round(ratio, 2), "ours and theirs": pairs}


def fastest_of_pytorch(clock: str, frozen: str) -> float:
    """Return the seconds of PyTorch's step, compiled or not: the smaller of the two."""
    return min(
        run(HERE.parent, "pytorch_step", clock, frozen, compiled, python=RIVALS)
        for compiled in (False, True)
    )


def run(tree: Path, case: str, clock: str, *arguments: object, python: Path | None = None) -> float:
    """Run a case with the code of a checkout, and with its Python or the given one."""
    python = python or tree / ".venv" / "bin" / "python"
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MXNET_"))}
    done = subprocess.run(
        [
            str(python if python.exists() else sys.executable),
            str(HERE / "training_cases.py"),
            case,
            *map(json.dumps, [clock, *arguments]),
        ],
        env={**ours, "PYTHONPATH": str(tree), "LOGOFLOW_PROGRESS": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{case} {arguments}: {done.stderr.strip().splitlines()[-3:]}")
    return float(done.stdout.splitlines()[-1])


ROWS = {
    "step of logo_lite0": ("step", ["logo_lite0", "depthwise"], [BEFORE, "nothing"]),
    "step of lite0": ("step", [BEFORE, "depthwise"], [BEFORE, "nothing"]),
    "step of lite0, all": ("step", [BEFORE, "nothing"], [BEFORE, "nothing"]),
    "epoch": ("epoch", ["logo_lite0", True], [BEFORE, False]),
    "overlap": ("overlap", [], None),
}
"""From the name of a row to its case and the arguments of the new and of the old version."""
PYTORCH_ROWS = {
    "step of logo_lite0, PyTorch": (["logo_lite0", "depthwise"], "depthwise"),
    "step of lite0, all, PyTorch": ([BEFORE, "nothing"], "nothing"),
}
"""From the name of a row to the arguments of our step, and what PyTorch freezes in its own."""


if __name__ == "__main__":
    sys.exit(main())
