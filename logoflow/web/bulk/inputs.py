"""What to classify: rows with a URL each, from a list or a file, in parts of equal size."""

import bz2
import csv
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logoflow.web.bulk.shards import ANSWERS

_TEXT = ("", ".txt", ".text", ".lst", ".list", ".urls")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PACKED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_END = "\udcff"  # a line that no file has: what is not UTF-8 is replaced

csv.field_size_limit(sys.maxsize)  # a column may hold whole pages


def read_parts(source: object, column: str, rows: int) -> Iterator[pa.Table]:
    """Read rows to classify, a part at a time; the same source gives the same parts.

    Parameters
    ----------
    source : path, DataFrame or iterable of str
        URLs one by one; or a ``.txt`` file with one a line; or a ``.csv``, ``.tsv`` (all of
        these packed as ``.gz`` too) or ``.parquet`` file, a folder of Parquet files, or a
        frame, with a column of them. A CSV's values stay as they are spelled; a row with too
        many of them stands in ``url`` as a whole, with its line's number, and is answered as
        what is no URL.
    column : str
        The column's name.
    rows : int
        Rows of a part; the last may have fewer.

    Yields
    ------
    pyarrow.Table
        Column ``url`` first, then the source's others. One named like a column of the answers,
        ``brand`` say, becomes ``input_brand``.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        No such column, or a file that cannot be read or is of another kind; it says which.

    Examples
    --------
    >>> [part.num_rows for part in read_parts(["http://a/1.jpg", "http://a/2.jpg"], "url", 500)]
    [2]
    """
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        source = [source]
    if isinstance(source, str | Path):
        tables = _read_file(Path(source), column, rows)
    elif isinstance(source, pd.DataFrame):
        tables = iter([_checked(_of_frame(source), column, "")])
    elif isinstance(source, Iterable):
        tables = _of_urls(iter(source), rows)
    else:
        raise TypeError(f"{type(source).__name__} holds no URLs: give a list, a file or a frame.")
    return _regrouped((_url_first(table, column) for table in tables), rows)


def _read_file(path: Path, column: str, rows: int) -> Iterator[pa.Table]:
    """The right reader for a file, by its name."""
    if not path.exists():
        raise FileNotFoundError(f"No file {path} with URLs to classify.")
    packed = path.suffix.lower() in _PACKED
    kind = (Path(path.stem) if packed else path).suffix.lower()
    if path.is_dir() or kind in (".parquet", ".pq") and not packed:
        return _read_parquet(path, column, rows)
    if kind in _SEPARATORS:
        return _read_csv(path, column, rows, _SEPARATORS[kind])
    if kind in _TEXT:
        return _of_urls(_lines(path), rows, column)
    raise ValueError(
        f"{path} is of a kind that is not read here: give .txt with a URL a line, .csv or .tsv "
        f"({', '.join(_PACKED)} too), or .parquet; or read it yourself, and give a frame."
    )


@contextmanager
def _opened(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """A text file, packed or not; a byte that is not UTF-8 costs its own row at most."""
    opener = _PACKED.get(path.suffix.lower(), open)
    options = {"encoding": "utf-8-sig", "errors": "replace", "newline": newline}
    try:
        with opener(path, "rt", **options) as file:  # type: ignore[operator]
            yield file
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read to its end ({error}). Mend it, and make the same call again."
        ) from error


def _lines(path: Path) -> Iterator[str]:
    with _opened(path) as file:
        for line in file:
            yield line.strip()


def _of_urls(urls: Iterator[str], rows: int, column: str = "url") -> Iterator[pa.Table]:
    while some := list(islice(urls, rows)):
        yield pa.table({column: pa.array(map(_as_text, some), pa.string())})


def _as_text(url: object) -> str | None:
    """A URL as text that Parquet can hold; None for what is missing."""
    if pd.api.types.is_scalar(url) and pd.isna(url):  # pandas has NaN, NaT and NA for nothing
        return None
    return str(url).encode("utf-8", "replace").decode()


def _of_frame(frame: pd.DataFrame) -> pa.Table:
    """A frame's columns; as text where Arrow has no one type for what is in it."""
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException:
        return pa.Table.from_pandas(frame.apply(_typed), preserve_index=False)


def _typed(column: pd.Series) -> pd.Series:
    try:
        pa.Array.from_pandas(column)
    except pa.ArrowException:
        return column.map(_as_text)
    return column


def _read_csv(path: Path, column: str, rows: int, separator: str) -> Iterator[pa.Table]:
    """A CSV file's parts as text: types guessed part by part would differ between them."""
    with _opened(path, newline="") as file:
        found = _records(path, file, separator)
        header = next((fields for _, fields in found if any(map(str.strip, fields))), None)
        if header is None:
            raise ValueError(f"{path} cannot be read: it is empty.")
        names = _names(header)
        _checked(pa.table({name: [] for name in names}), column, f"{path}: ")
        some = list(islice(found, rows))
        if some and all(len(fields) > len(names) for _, fields in some):
            raise ValueError(f"{path}: its rows have more fields than its header.")
        while some:
            whole = (_row(line, fields, names, column) for line, fields in some)
            values = [pa.array(each, pa.string()) for each in zip(*whole, strict=True)]
            yield pa.table(values, names)
            some = list(islice(found, rows))


def _records(path: Path, file: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Lines' numbers and fields. A quote that stays open would swallow rows without a word."""
    lines = (line.replace("\0", "\ufffd") for line in file)  # no URL has a NUL
    reader = csv.reader(chain(lines, [_END]), delimiter=separator)
    line = 1
    for fields in reader:
        if fields == [_END]:
            return
        if fields and fields[-1].endswith(_END):
            raise ValueError(
                f"{path}, line {line}: a quote in this row is never closed. Close it, and make "
                "the same call again; it goes on from there."
            )
        yield line, fields
        line = reader.line_num + 1


def _names(header: Sequence[str]) -> list[str]:
    """Columns' names; pandas has ones for those without, and for the second of a name."""
    line = io.StringIO()
    csv.writer(line).writerow(header)
    line.seek(0)
    return list(pd.read_csv(line, dtype=str, index_col=False).columns)


def _row(line: int, fields: list[str], names: Sequence[str], column: str) -> list[str]:
    """A row's values. With too many fields nobody knows which is the URL: it shows them all."""
    if len(fields) <= len(names):
        return fields + [""] * (len(names) - len(fields))
    told = f"line {line} has {len(fields)} fields for {len(names)} columns: {fields}"
    return [told if name == column else "" for name in names]


def _read_parquet(path: Path, column: str, rows: int) -> Iterator[pa.Table]:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"No .parquet files in the folder {path}.")
    like = _common_types(path, files)
    for file in files:
        with _parquet(file) as opened:
            for batch in opened.iter_batches(rows):
                table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
                yield _together([like, _checked(table, column, f"{file}: ")])


@contextmanager
def _parquet(file: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(file) as opened:
            yield opened
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{file} cannot be read as Parquet: {error}") from error


def _common_types(path: Path, files: Sequence[Path]) -> pa.Table:
    """A table without rows that has the columns of all files: one may have nothing in some."""
    empty = []
    for file in files:
        with _parquet(file) as opened:
            empty.append(opened.schema_arrow.remove_metadata().empty_table())
    try:
        return _together(empty)
    except pa.ArrowException as error:
        raise ValueError(
            f"The files in {path} have columns of one name and different types ({error}): "
            "write them with the same types, or give them one by one."
        ) from error


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _checked(table: pa.Table, column: str, where: str) -> pa.Table:
    if column in table.column_names:
        return table
    raise ValueError(
        f"{where}no column {column!r}; name the one with the URLs, column=…, "
        f"of {', '.join(map(repr, table.column_names))}."
    )


def _url_first(table: pa.Table, column: str) -> pa.Table:
    """The URLs as column ``url``, the others after it under names that no answer has."""
    urls = pa.array(map(_as_text, table[column].to_pylist()), pa.string())
    others = table.drop_columns([column])
    names = [f"input_{name}" if name in ANSWERS.names else name for name in others.column_names]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"Rename the input's column {sorted(twice)[0]!r}: there would be two.")
    return pa.table([urls, *others.columns], names=["url", *names])


def _regrouped(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Tables of any length as parts of equal length."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, rows).combine_chunks()
            waiting, count = [whole.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(waiting).combine_chunks()
