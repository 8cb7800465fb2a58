"""The folder of answers: one Parquet file per part of the input, always written completely."""

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

from logoflow.errors import DamagedFileError
from logoflow.utils.files import atomic_path, write_text

_TOP_K = pa.list_(pa.struct([("brand", pa.string()), ("probability", pa.float64())]))
ANSWERS = pa.schema(
    [
        ("url", pa.string()),
        ("status", pa.string()),
        ("error", pa.string()),
        ("brand", pa.string()),
        ("probability", pa.float64()),
        ("top_k", _TOP_K),
        ("reason", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("sha256", pa.string()),
        ("final_url", pa.string()),
        ("seconds", pa.float64()),
        ("model", pa.string()),
    ]
)
"""The columns that every shard begins with. The input's other columns follow."""

SETTINGS = "_settings.json"  # pandas and pyarrow ignore names that begin with an underscore
SUMMARY = "_summary.json"
LOCK = ".lock"
_ROWS_DIGEST = b"logoflow rows"  # metadata of a shard: a hash of the input's rows
_ALL_DIGEST = b"logoflow all"  # and a hash of all columns, to notice damage


class Answer(NamedTuple):
    """The answer for a URL.

    Attributes
    ----------
    status : str
        ``ok``, or the kind of error.
    error : str or None
        What went wrong; None if the status is ``ok``.
    brand, probability, top_k, reason
        As `LogoClassifier.predict` gives them.
    width, height : int
        Size of the picture in pixels.
    sha256 : str
        Hash of the picture's bytes.
    final_url : str
        Address of the picture after redirects.
    seconds : float
        Time until the picture was fetched and decoded. It includes waiting for the host and for
        the network to classify other pictures.
    """

    status: str
    error: str | None = None
    brand: str | None = None
    probability: float | None = None
    top_k: list[dict] | None = None
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    final_url: str | None = None
    seconds: float | None = None


def shard_path(folder: Path, number: int) -> Path:
    """Return the file for the answers of a part.

    Examples
    --------
    >>> shard_path(Path("predictions"), 12).name
    'part-000012.parquet'
    """
    return folder / f"part-{number:06d}.parquet"


def write_shard(
    folder: Path, number: int, part: pa.Table, answers: list[Answer], model: str
) -> None:
    """Write the rows of a part with their answers.

    Parameters
    ----------
    folder : Path
        Folder of shards.
    number : int
        Number of the part.
    part : pyarrow.Table
        Rows of the input, with a column ``url``.
    answers : list of Answer
        One per row.
    model : str
        Name of the model that answered.

    Raises
    ------
    OSError
        If the file cannot be written, for instance because the disk is full. Then nothing is left
        of this shard, and the other shards are complete.
    """
    path = shard_path(folder, number)
    try:
        with atomic_path(path) as tmp:
            pq.write_table(_shard_table(part, answers, model), tmp)
    except OSError as error:
        raise OSError(
            f"Cannot write {path} ({error}). The shards before it are complete. Free some space or "
            "repair the folder, then make the same call again: it continues from there."
        ) from error


def _shard_table(part: pa.Table, answers: list[Answer], model: str) -> pa.Table:
    arrays = [
        pa.array([getattr(answer, field.name) for answer in answers], field.type)
        for field in ANSWERS
        if field.name in Answer._fields
    ]
    models = pa.array([model] * len(answers), pa.string())
    others = part.drop_columns(["url"])
    table = pa.table(
        [part["url"], *arrays, models, *others.columns],
        names=[*ANSWERS.names, *others.column_names],
    )
    digests = {_ROWS_DIGEST: _digest(part), _ALL_DIGEST: _digest(table)}
    return table.replace_schema_metadata(digests)


def read_shard(path: Path) -> pa.Table:
    """Read the rows of a shard with their answers.

    Raises
    ------
    ValueError
        If the file is damaged (`DamagedFileError`), or was not written by `write_shard`.
    """
    try:
        with pq.ParquetFile(path) as opened:
            table = opened.read()
        metadata = table.schema.metadata or {}
        is_whole = metadata.get(_ALL_DIGEST) in (None, _digest(table))  # None: an earlier version
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError) as error:
        raise DamagedFileError(
            f"{path} is damaged ({error}): delete it and make the same call again."
        ) from error
    if not is_whole:
        raise DamagedFileError(
            f"{path} is damaged (its answers were altered): delete it and make the same call again."
        )
    if _ROWS_DIGEST not in metadata:
        raise ValueError(f"{path} is not a shard of answers: choose another output folder.")
    return table


def kept_answers(folder: Path, number: int, part: pa.Table) -> list[Answer]:
    """Return the answers that an earlier run left for the first rows of a part.

    There may be answers for all rows, for fewer (if the input has grown) or for none.

    Raises
    ------
    ValueError
        If the shard on disk belongs to other rows. It is not overwritten.
    """
    path = shard_path(folder, number)
    if not path.exists():
        return []
    table = read_shard(path)
    first_rows = part.slice(0, table.num_rows)
    stored_digest = table.schema.metadata[_ROWS_DIGEST]
    if table.num_rows > part.num_rows or stored_digest != _digest(first_rows):
        raise ValueError(
            f"{path} holds answers for other rows than the input has there now: the input has "
            "changed. Choose another output folder."
        )
    return answers_of(table)


def _digest(part: pa.Table) -> bytes:
    """Hash a part's rows as text, because Arrow does not take NaN to equal NaN."""
    return hashlib.sha256(repr(part.to_pydict()).encode("utf-8", "surrogatepass")).digest()


def answers_of(table: pa.Table) -> list[Answer]:
    """Return the answers in a shard, one per row."""
    columns = [table[name].to_pylist() for name in Answer._fields]
    return [Answer(*row) for row in zip(*columns, strict=True)]


def check_settings(folder: Path, settings: dict) -> None:
    """Write the settings of a run into its folder, or compare them with those that are there.

    Parameters
    ----------
    folder : Path
        Folder of shards.
    settings : dict
        All that must be the same for every answer in a folder, such as the model.

    Raises
    ------
    ValueError
        If the folder holds answers that were made with other settings or by an earlier version of
        logoflow, or other Parquet files.
    """
    path, shards = folder / SETTINGS, shards_in(folder)
    foreign = next(_foreign_files(folder), None)
    if not foreign and not path.exists():
        foreign = next(iter(shards), None)
    if foreign:
        raise ValueError(
            f"{folder} holds other Parquet files ({foreign}), which would be read together with "
            "the answers: choose another output folder."
        )
    if not shards:
        write_text(path, json.dumps(settings, indent=1) + "\n")
        return
    _check_columns(min(shards))
    stored = _read_settings(path)
    for name, value in settings.items():
        if stored.get(name) != value:
            raise ValueError(
                f"{folder} holds answers made with {name}={stored.get(name)!r}, and this call has "
                f"{name}={value!r}. The earlier answers are kept: choose another output "
                "folder."
            )


def _read_settings(path: Path) -> dict:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stored, dict):
            raise ValueError("no dictionary")
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(
            f"{path} is cut or altered ({error}), so nobody can tell which model made the answers "
            "beside it. Choose another output folder."
        ) from error
    return stored


def _check_columns(path: Path) -> None:
    """Refuse answers that lack a column of `ANSWERS`. A damaged file is found when it is read."""
    try:
        columns = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError):
        return
    if missing := [name for name in ANSWERS.names if name not in columns]:
        raise ValueError(
            f"{path} was written by an earlier version of logoflow: it has no column "
            f"{', '.join(missing)}. Choose another output folder, so that all answers have the "
            "same columns."
        )


def extra_shards(folder: Path, parts: int) -> list[Path]:
    """Return the shards beyond the input's last part. They come from an input that was longer."""
    return sorted(path for path, number in shards_in(folder).items() if number >= parts)


def shards_in(folder: Path) -> dict[Path, int]:
    """Return the numbers of the shards in a folder, by path."""
    matches = {path: re.fullmatch(r"part-(\d+)\.parquet", path.name) for path in folder.iterdir()}
    return {path: int(match[1]) for path, match in matches.items() if match}


def _foreign_files(folder: Path) -> Iterator[Path]:
    """Yield the Parquet files that pandas would read besides the shards, also in subfolders."""
    shards = shards_in(folder)
    for path in folder.rglob("*.parquet"):
        is_ignored = any(name[0] in "._" for name in path.relative_to(folder).parts)
        if path not in shards and not is_ignored:
            yield path


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Create a folder of answers, lock it for this run, and remove half-written files.

    Raises
    ------
    RuntimeError
        If another run writes to the folder.
    OSError
        If the folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{folder} cannot be the folder of answers ({error}): choose another output folder."
        ) from error
    try:
        lock = FileLock(folder / LOCK, blocking=False).acquire()
    except Timeout:
        raise RuntimeError(
            f"Another run writes to {folder}: wait until it has ended, or choose another output "
            "folder."
        ) from None
    with lock:
        (folder / LOCK).touch()  # `throughput` takes its time for the start of the run
        for path in folder.glob(".*.part"):
            path.unlink(missing_ok=True)
        yield
