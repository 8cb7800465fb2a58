"""Measure classify_urls against pictures by the thousand, from a server on loopback.

    python benchmarks/bulk.py                 # all rows, about 20 minutes; or name some

Rates are ratios of two processes that ran one right after the other, the median of five such
pairs. Rows go to results.json beside this file, and are printed.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import rows
from rows import row

HERE = Path(__file__).resolve().parent
Side = Callable[[], float]


def measure(case: str, *arguments: object) -> float:
    """One figure of bulk_cases.py."""
    return rows.measure(HERE / "bulk_cases.py", case, *arguments)


def paired(name: str, ours: Side, theirs: Side, **target: float) -> Callable:
    """A row of two sides, each a process."""
    return lambda runs, folder: [row(name, ours, theirs, runs, **target)]


def kills(runs: int, folder: Path) -> list[dict]:
    """Rows lost or doubled over twenty kills; the ratio is their number."""
    wrong = measure("kills", 5000, 20)
    return [
        {"name": "bulk_kills", "ours": wrong, "theirs": 0.0, "ratio": wrong, "runs": 20}
        | {"at_most": 0}
    ]


def memory(runs: int, folder: Path) -> list[dict]:
    """Peak memory of client and worker together."""
    many, few = (lambda: measure("memory", 20_000)), (lambda: measure("memory", 1_000))
    return [row("bulk_memory", many, few, 1, at_most=1.1)]


ROWS: rows.Rows = {
    "bulk_rate": paired(
        "bulk_rate", lambda: measure("rate", 0.0), lambda: measure("in_memory"), at_least=0.9
    ),
    "bulk_rate_slow_server": paired(
        "bulk_rate_slow_server",
        lambda: measure("rate", 0.3),
        lambda: measure("in_memory"),
        at_least=0.85,
    ),
    "bulk_memory": memory,
    "bulk_kills": kills,
    "bulk_two_workers": paired(
        "bulk_two_workers",
        lambda: measure("workers", 2),
        lambda: measure("workers", 1),
        at_least=1.7,
    ),
}


if __name__ == "__main__":
    sys.exit(rows.main(ROWS, __doc__))
