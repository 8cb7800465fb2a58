"""Read the rows to classify, from a list, a frame or a file, in parts of equal size."""

import warnings
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logoflow.utils.addresses import local_path, storage_address
from logoflow.utils.remote import local_copy
from logoflow.web.bulk.column_types import convert, infer_types
from logoflow.web.bulk.csv_files import check_column, read_csv
from logoflow.web.bulk.shards import ANSWERS
from logoflow.web.bulk.text_files import DECOMPRESSORS, open_text

_TEXT_SUFFIXES = ("", ".txt", ".text", ".lst", ".list", ".urls")
_Item = TypeVar("_Item")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


class Parts(Iterator[pa.Table]):
    """The parts of an input.

    Attributes
    ----------
    rows : int or None
        Rows of the whole input. None if they are not known, as for a generator. For a file, they
        are known from the first part on.
    """

    def __init__(self) -> None:
        self.rows: int | None = None
        self.tables: Iterator[pa.Table] = iter(())

    def __next__(self) -> pa.Table:
        """Return the next part."""
        return next(self.tables)


def read_parts(source: object, column: str, rows: int) -> Parts:
    """Read rows to classify, one part at a time. The same source always gives the same parts.

    Parameters
    ----------
    source : Path, str, DataFrame or iterable of str
        One of:

        - URLs, or a single URL;
        - a text file (``.txt``) with one URL per line;
        - a table with a column of URLs: a ``.csv``, ``.tsv`` or ``.parquet`` file, a folder of
          Parquet files, or a DataFrame.

        Text, CSV and TSV files may be compressed (``.gz``, ``.bz2``, ``.xz``). They are in UTF-8,
        UTF-16 or UTF-32; other bytes are read as Windows-1252. A column of a CSV file whose values
        are all whole numbers, numbers, or ``true`` and ``false`` gets this type; numbers with
        leading zeros stay text. A file may be at an address of fsspec (``s3://``). If a row of a
        CSV file has too many fields, its ``url`` is the whole row with its line number, and its
        status will be that of a wrong URL.
    column : str
        Name of the column of URLs.
    rows : int
        Rows per part. The last part may have fewer.

    Returns
    -------
    Parts
        An iterator of tables, which have the column ``url``, then the other columns of the source.
        There is at least one part, which has no rows if the source has none. A column with the name
        of a column of the answers gets a prefix: ``brand`` becomes ``input_brand``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the column is missing, or the file cannot be read or has an unknown format. The message
        names the file.
    TypeError
        If the source is none of the above.

    Examples
    --------
    >>> urls = ["http://a/1.jpg", "http://a/2.jpg", "http://a/3.jpg"]
    >>> [part.num_rows for part in read_parts(urls, "url", 2)]
    [2, 1]
    """
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        source = [source]
    parts = Parts()
    if isinstance(source, Sized) and not isinstance(source, str):
        parts.rows = len(source)
    if isinstance(source, str | Path):
        tables = _read_path(source, column, rows, parts)
    elif isinstance(source, pd.DataFrame):
        check_column(list(map(str, source.columns)), column, "")
        tables = iter([_frame_to_table(source)])
    elif isinstance(source, Iterable):
        tables = _urls_to_tables(iter(source), rows)
    else:
        raise TypeError(
            f"{type(source).__name__} holds no URLs: give a list, a file or a DataFrame."
        )
    parts.tables = _regroup((_with_url_first(table, column) for table in tables), rows)
    return parts


def _read_path(source: Path | str, column: str, rows: int, parts: Parts) -> Iterator[pa.Table]:
    """Read a file or folder, also at an address of fsspec."""
    if storage_address(source) is None:
        return _read_file(local_path(source), column, rows, parts)
    return _read_copy(source, column, rows, parts)


def _read_copy(source: Path | str, column: str, rows: int, parts: Parts) -> Iterator[pa.Table]:
    with local_copy(source) as path:
        yield from _read_file(path, column, rows, parts)


def _read_file(path: Path, column: str, rows: int, parts: Parts) -> Iterator[pa.Table]:
    """Read a file with the reader for its suffix, which notes the number of its rows."""
    if not path.exists():
        raise FileNotFoundError(f"No file {path} with URLs to classify.")
    is_compressed = path.suffix.lower() in DECOMPRESSORS
    suffix = (Path(path.stem) if is_compressed else path).suffix.lower()
    if path.is_dir() or suffix in (".parquet", ".pq") and not is_compressed:
        return _read_parquet(path, column, rows, parts)
    if suffix in _SEPARATORS:
        return _read_csv_file(path, column, rows, _SEPARATORS[suffix], parts)
    if suffix in _TEXT_SUFFIXES:
        return _urls_to_tables(_read_counted_lines(path, parts), rows, column)
    raise ValueError(
        f"{path} has a format that is not read here. Give a .txt file with one URL per line, or a "
        f".csv or .tsv file (these three also as {', '.join(DECOMPRESSORS)}), or a .parquet file; "
        "or read the file yourself and give a DataFrame. To classify a picture itself, give it to "
        "predict or in a list, with allow_files=True."
    )


def _read_counted_lines(path: Path, parts: Parts) -> Iterator[str]:
    """Read a text file twice: once to count its lines."""
    parts.rows = sum(1 for _ in _until_an_error(_read_lines(path)))
    yield from _read_lines(path)


def _read_lines(path: Path) -> Iterator[str]:
    with open_text(path) as file:
        for line in file:
            yield line.strip()


def _read_csv_file(
    path: Path, column: str, rows: int, separator: str, parts: Parts
) -> Iterator[pa.Table]:
    """Read a CSV file twice: once to find the types of its columns and to count its rows."""
    tables = _until_an_error(_read_csv_text(path, column, rows, separator))
    types = infer_types(_counted(tables, parts), column)
    for table in _read_csv_text(path, column, rows, separator):
        yield convert(table, types)


def _read_csv_text(path: Path, column: str, rows: int, separator: str) -> Iterator[pa.Table]:
    with open_text(path, newline="") as file:
        yield from read_csv(path, file, column, rows, separator)


def _counted(tables: Iterable[pa.Table], parts: Parts) -> Iterator[pa.Table]:
    rows = 0
    for table in tables:
        rows += table.num_rows
        yield table
    parts.rows = rows


def _until_an_error(items: Iterator[_Item]) -> Iterator[_Item]:
    """Stop at an error. The second reading raises it, when the rows before it are done."""
    with suppress(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield from items


def _urls_to_tables(urls: Iterator[object], rows: int, column: str = "url") -> Iterator[pa.Table]:
    yield pa.table({column: pa.array([], pa.string())})  # a list without URLs has a column too
    while batch := list(islice(urls, rows)):
        yield pa.table({column: pa.array(map(_as_text, batch), pa.string())})


def _as_text(url: object) -> str | None:
    """Return a URL as text that Parquet can hold, or None for a missing value."""
    if pd.api.types.is_scalar(url) and pd.isna(url):  # pandas has None, NaN, NaT and NA
        return None
    return str(url).encode("utf-8", "replace").decode()


def _frame_to_table(frame: pd.DataFrame) -> pa.Table:
    """Convert a DataFrame. A column of mixed types becomes text."""
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException:
        return pa.Table.from_pandas(frame.apply(_as_one_type), preserve_index=False)


def _as_one_type(column: pd.Series) -> pd.Series:
    try:
        pa.Array.from_pandas(column)
    except pa.ArrowException:
        return column.map(_as_text)
    return column


def _read_parquet(path: Path, column: str, rows: int, parts: Parts) -> Iterator[pa.Table]:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"No .parquet files in the folder {path}.")
    empty = _empty_table(path, files)
    parts.rows = sum(pq.read_metadata(file).num_rows for file in files)
    check_column(empty.column_names, column, f"{path}: ")
    yield empty
    for file in files:
        with _open_parquet(file) as opened:
            for batch in opened.iter_batches(rows):
                table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
                check_column(table.column_names, column, f"{file}: ")
                yield _concatenate([empty, table])


@contextmanager
def _open_parquet(file: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(file) as opened:
            yield opened
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{file} cannot be read as Parquet: {error}") from error


def _empty_table(path: Path, files: Sequence[Path]) -> pa.Table:
    """Return a table without rows that has the columns and types of all files together.

    A column without values in one file gets its type from the other files.
    """
    tables = []
    for file in files:
        with _open_parquet(file) as opened:
            tables.append(opened.schema_arrow.remove_metadata().empty_table())
    try:
        return _concatenate(tables)
    except pa.ArrowException as error:
        raise ValueError(
            f"The files in {path} have columns of the same name and different types ({error}). "
            "Write them with the same types, or classify them one by one."
        ) from error


def _concatenate(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _with_url_first(table: pa.Table, column: str) -> pa.Table:
    """Put the URLs first, as ``url``, and rename columns that would collide with the answers."""
    urls = pa.array(map(_as_text, table[column].to_pylist()), pa.string())
    others = table.drop_columns([column])
    names = [f"input_{name}" if name in ANSWERS.names else name for name in others.column_names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"Rename the input's column {repeated[0]!r}: the answers would have two columns of "
            "this name."
        )
    return pa.table([urls, *others.columns], names=["url", *names])


def _regroup(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Cut tables of any length into parts of equal length."""
    pending: list[pa.Table] = []
    pending_rows, parts = 0, 0
    for table in tables:
        pending.append(table)
        pending_rows += table.num_rows
        while pending_rows >= rows:
            joined = pa.concat_tables(pending)
            yield joined.slice(0, rows).combine_chunks()
            pending, pending_rows, parts = [joined.slice(rows)], pending_rows - rows, parts + 1
    if pending_rows or pending and not parts:  # an input without rows is one part without rows
        yield pa.concat_tables(pending).combine_chunks()
