"""Try attacks and bad luck: altered models, full disks, killed workers, costly pictures.

    python benchmarks/reliability.py                   # all cases, hours
    python benchmarks/reliability.py --short           # a small form of each, minutes
    python benchmarks/reliability.py costly full_disk  # two cases

Each case tries a number of things and lists those that went wrong. The counts go to
results/reliability.json; docs/reliability.md has the table.
"""

import argparse
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent


class Case(NamedTuple):
    """A function of a module beside this file, and how much it tries.

    Parameters
    ----------
    module, function : str
        The function takes a number, a seed and an empty folder, and returns what went wrong.
    long, short : int
        How many things are tried.
    options : dict
        Further arguments of the short form.
    """

    module: str
    function: str
    long: int
    short: int
    options: dict = {}


CASES = {
    "strange_models": Case("reliability_models", "strange_models", 2000, 25, {"short": True}),
    "full_disk": Case("reliability_disk", "full_disk", 20, 20),
    "poison_and_kills": Case(
        "reliability_bulk", "poison_and_kills", 2000, 40, {"poison": 2, "kills": 0}
    ),
    "costly": Case("reliability_pictures", "costly", 36, 1),
    "mutated_pictures": Case("reliability_pictures", "mutated", 200_000, 1000),
    "damaged_files": Case("reliability_damage", "damaged_files", 300, 60),
    "damaged_archives": Case("reliability_damage", "damaged_archives", 20_000, 200),
}


def run(name: str, seed: int = 0, *, short: bool = False, count: int | None = None) -> dict:
    """Run a case.

    Parameters
    ----------
    name : str
        One of `CASES`.
    seed : int
        Seed of what is tried.
    short : bool
        Whether to run the small form.
    count : int, optional
        How many things to try instead.

    Returns
    -------
    dict
        ``tried``, ``right``, ``seed``, ``seconds`` and ``wrong``, a list.
    """
    case = CASES[name]
    function = getattr(importlib.import_module(case.module), case.function)
    tried = count or (case.short if short else case.long)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        wrong = function(tried, seed, Path(folder), **(case.options if short else {}))
    return {
        "tried": tried,
        "right": max(0, tried - len(wrong)),
        "seed": seed,
        "seconds": round(time.perf_counter() - start),
        "wrong": wrong,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run cases, print and store their counts. The exit code is 1 if anything went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="default: all")
    parser.add_argument("--short", action="store_true", help="run the small form of each case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="how many things to try")
    parser.add_argument("--results", type=Path, default=HERE / "results" / "reliability.json")
    options = parser.parse_args(arguments)
    results = json.loads(options.results.read_text()) if options.results.is_file() else {}
    failed = False
    for name in options.cases or CASES:
        result = run(name, options.seed, short=options.short, count=options.count)
        failed |= bool(result["wrong"])
        print(f"{name:<20} tried {result['tried']:>7}  right {result['right']:>7}", flush=True)
        for line in result["wrong"]:
            print(f"    {line}")
        if not options.short:
            results[name] = result
            write_text(options.results, json.dumps(results, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
