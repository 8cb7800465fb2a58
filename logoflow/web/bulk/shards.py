"""Answers on disk: a Parquet file per part of the input, written whole or not at all."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from logoflow.utils.files import atomic_path, write_text

_TOP = pa.list_(pa.struct([("brand", pa.string()), ("probability", pa.float64())]))
ANSWERS = pa.schema(
    [
        ("url", pa.string()),
        ("status", pa.string()),
        ("error", pa.string()),
        ("brand", pa.string()),
        ("probability", pa.float64()),
        ("top_k", _TOP),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("sha256", pa.string()),
        ("final_url", pa.string()),
        ("seconds", pa.float64()),
        ("model", pa.string()),
    ]
)
"""Columns of every shard; the input's own follow."""

SETTINGS = "_settings.json"  # pandas and pyarrow skip names with an underscore in such a folder
SUMMARY = "_summary.json"
_ROWS = b"logoflow rows"  # in a shard: what the input had there


class Answer(NamedTuple):
    """What became of a URL: ``status`` is ``ok`` or the kind of what went wrong.

    Attributes
    ----------
    status, error : str
        ``error`` says what was wrong and is None where the status is ``ok``.
    brand, probability, top_k
        As `LogoClassifier.predict` gives them.
    width, height : int
        Of the picture, pixels.
    sha256 : str
        Of its bytes.
    final_url : str
        Where it was in the end, after redirects.
    seconds : float
        Until it was fetched and decoded, waits for the host and for the net included.
    """

    status: str
    error: str | None = None
    brand: str | None = None
    probability: float | None = None
    top_k: list[dict] | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    final_url: str | None = None
    seconds: float | None = None


def shard_path(folder: Path, number: int) -> Path:
    """The file of a part's answers."""
    return folder / f"part-{number:06d}.parquet"


def write_shard(folder: Path, number: int, part: pa.Table, answers: list[Answer], model: str):
    """Write a part's rows with their answers.

    Raises
    ------
    OSError
        The disk is full or cannot be written. Nothing of this shard is left then, and the
        others are whole.
    """
    columns = {name: [getattr(answer, name) for answer in answers] for name in Answer._fields}
    columns |= {"url": part["url"], "model": [model] * len(answers)}
    arrays = [
        column if isinstance(column := columns[field.name], pa.ChunkedArray)
        else pa.array(column, field.type)
        for field in ANSWERS
    ]  # fmt: skip
    carried = part.drop_columns(["url"])
    names, about = [*ANSWERS.names, *carried.column_names], {_ROWS: _digest(part)}
    path = shard_path(folder, number)
    try:
        with atomic_path(path) as tmp:
            pq.write_table(pa.table([*arrays, *carried.columns], names=names, metadata=about), tmp)
    except OSError as error:
        raise OSError(
            f"Cannot write {path} ({error}). The shards before it are whole: make room or "
            "mend the folder, and run the same again; it goes on from there."
        ) from error


def read_shard(path: Path) -> pa.Table:
    """Rows with their answers.

    Raises
    ------
    ValueError
        If the file is not one that `write_shard` wrote.
    """
    try:
        with pq.ParquetFile(path) as opened:
            table = opened.read()
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and run again.") from error
    if _ROWS not in (table.schema.metadata or {}):
        raise ValueError(f"{path} is not a shard of answers: choose another output folder.")
    return table


def kept_answers(folder: Path, number: int, part: pa.Table) -> list[Answer]:
    """Answers that an earlier run left for a part's first rows: all of them, fewer, or none.

    Raises
    ------
    ValueError
        If the shard there is of other rows: it is not overwritten.
    """
    path = shard_path(folder, number)
    if not path.exists():
        return []
    table = read_shard(path)
    before = part.slice(0, table.num_rows)
    if table.num_rows > part.num_rows or table.schema.metadata[_ROWS] != _digest(before):
        raise ValueError(
            f"{path} holds answers for other rows than the input has "
            "there now: the input has changed. Choose another output folder."
        )
    return answers_of(table)


def _digest(part: pa.Table) -> bytes:
    """A part's rows in 32 bytes. As text: Arrow has NaN differ from NaN."""
    return hashlib.sha256(repr(part.to_pydict()).encode("utf-8", "surrogatepass")).digest()


def answers_of(table: pa.Table) -> list[Answer]:
    """The answers in a shard, one per row."""
    columns = [table[name].to_pylist() for name in Answer._fields]
    return [Answer(*row) for row in zip(*columns, strict=True)]


def check_settings(folder: Path, settings: dict) -> None:
    """Keep what a folder's answers were made with, or raise if it was something else.

    Raises
    ------
    ValueError
        If the folder holds answers made with other settings, another model say, or Parquet files
        of something else.
    """
    path, shards = folder / SETTINGS, _shards(folder)
    foreign = next(_foreign(folder), None) or (not path.exists() and next(iter(shards), None))
    if foreign:
        raise ValueError(
            f"{folder} holds Parquet files of something else ({foreign}), which would be read "
            "among the answers: choose another output folder."
        )
    if not shards:
        write_text(path, json.dumps(settings, indent=1) + "\n")
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    for name in settings:
        if before.get(name) != settings[name]:
            raise ValueError(
                f"{folder} holds answers made with {name}={before.get(name)!r}, and this is "
                f"{name}={settings[name]!r}: choose another output folder."
            )


def extra_shards(folder: Path, parts: int) -> list[Path]:
    """Shards beyond the input's last part: of an input that was longer."""
    return sorted(path for path, number in _shards(folder).items() if number >= parts)


def _shards(folder: Path) -> dict[Path, int]:
    """The shards that are there, by name, and their numbers."""
    found = {path: re.fullmatch(r"part-(\d+)\.parquet", path.name) for path in folder.iterdir()}
    return {path: int(match[1]) for path, match in found.items() if match}


def _foreign(folder: Path) -> Iterator[Path]:
    """Parquet files that are no shards; pandas reads those in folders below too."""
    shards = _shards(folder)
    for path in folder.rglob("*.parquet"):
        passed_over = any(name[0] in "._" for name in path.relative_to(folder).parts)
        if path not in shards and not passed_over:
            yield path


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Have a folder for this run alone, without half-written files of one that was killed.

    Raises
    ------
    RuntimeError
        If another run is at work there.
    OSError
        If there cannot be such a folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{folder} cannot be the folder of answers ({error}): choose another output."
        ) from error
    try:
        lock = FileLock(folder / ".lock", blocking=False).acquire()
    except Timeout:
        raise RuntimeError(f"Another run writes to {folder}: wait for it to end.") from None
    with lock:
        (folder / ".lock").touch()  # `logoflow.throughput` reads the start of the run from it
        for path in folder.glob(".*.part"):
            path.unlink(missing_ok=True)
        yield
