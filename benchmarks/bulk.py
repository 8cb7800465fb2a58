"""Measure classify_urls on thousands of pictures from a server on this machine.

    python benchmarks/bulk.py                 # all rows, about 20 minutes
    python benchmarks/bulk.py bulk_rate       # one row

A rate is the ratio of two processes that run one right after the other. The median of five such
pairs counts. Rows are printed and go to results.json beside this file.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import rows
from rows import row

HERE = Path(__file__).resolve().parent
Side = Callable[[], float]


def measure(case: str, *arguments: object) -> float:
    """Run one case of bulk_cases.py."""
    return rows.measure(HERE / "bulk_cases.py", case, *arguments)


def paired(name: str, ours: Side, theirs: Side, **target: float) -> Callable:
    """Return a function that measures one row of two sides."""
    return lambda runs, folder: [row(name, ours, theirs, runs, **target)]


def kills(runs: int, folder: Path) -> list[dict]:
    """Count the rows that are lost or repeated over twenty kills. Their number is the ratio."""
    wrong = measure("kills", 5000, 20)
    return [
        {
            "name": "bulk_kills",
            "ours": wrong,
            "theirs": 0.0,
            "ratio": wrong,
            "runs": 20,
            "at_most": 0,
        }
    ]


def memory(runs: int, folder: Path) -> list[dict]:
    """Compare the peak memory of client and worker for many rows and for few."""
    return [
        row(
            "bulk_memory",
            lambda: measure("memory", 20_000),
            lambda: measure("memory", 1_000),
            1,
            at_most=1.1,
        )
    ]


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
