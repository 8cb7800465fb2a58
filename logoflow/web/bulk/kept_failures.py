"""Say which rows of an earlier run failed and are not tried again, and how to try them again."""

import json
import logging
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logoflow.utils.files import write_text
from logoflow.web.bulk.shards import shards_in

FETCHING = "_fetching.json"  # pandas and pyarrow ignore names that begin with an underscore
_logger = logging.getLogger("logoflow")


def explain_kept_failures(folder: Path, fetching: Mapping[str, Any], retry_failed: bool) -> None:
    """Say how many rows of an earlier run failed, unless they are tried again.

    Parameters
    ----------
    folder : Path
        Folder of shards. A file keeps the options under which its failed rows failed.
    fetching : mapping of str to object
        Options that decide which rows fail.
    retry_failed : bool
        Whether the failed rows are tried again.

    Warns
    -----
    UserWarning
        If rows failed under other options: the user may expect that the new ones change something.
        Under the same options, the logger ``logoflow`` gets a line instead.
    """
    failed = 0 if retry_failed else _count_failed(folder)
    if not failed:
        write_text(folder / FETCHING, json.dumps(fetching, indent=1, default=str) + "\n")
        return
    stored = _read(folder / FETCHING)
    changed = [name for name in fetching if name in stored and stored[name] != fetching[name]]
    how = "retry_failed=True (in a shell, --retry-failed) tries only these rows again"
    rows = "1 row" if failed == 1 else f"{failed:,} rows"
    if not changed:
        _logger.info(f"{folder}: {rows} failed in an earlier run and keep their status; {how}.")
        return
    before = ", ".join(f"{name}={stored[name]!r}" for name in changed)
    now = ", ".join(f"{name}={fetching[name]!r}" for name in changed)
    warnings.warn(
        f"In {folder}, {rows} failed in an earlier run with {before}. This call has {now}, but "
        f"does not try rows again that are in the folder: {how}.",
        stacklevel=4,
    )


def _read(path: Path) -> dict[str, Any]:
    """Read the stored options. A folder of an earlier version has none."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _count_failed(folder: Path) -> int:
    """Count the rows whose status is not ok. A damaged shard is named later, when it is read."""
    failed = 0
    for path in shards_in(folder):
        with suppress(pa.ArrowException, OSError):
            status = pq.read_table(path, columns=["status"], partitioning=None)["status"]
            failed += pc.sum(pc.not_equal(status, "ok")).as_py() or 0
    return failed
