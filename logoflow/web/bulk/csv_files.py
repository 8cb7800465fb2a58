"""Read CSV files row by row, so that a faulty row costs only itself."""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa

_FAULTY_ROW = re.compile(r"line \d+ has \d+ fields for \d+ columns: ")
_END = "\udcff"  # a line that no file has: bytes that are not UTF-8 are replaced on reading

csv.field_size_limit(sys.maxsize)  # a column may hold whole web pages


def read_csv(
    path: Path, file: TextIO, column: str, rows: int, separator: str
) -> Iterator[pa.Table]:
    """Read a CSV file as text (`logoflow.web.bulk.column_types` finds the types of its columns).

    Parameters
    ----------
    path : Path
        Named in messages.
    file : TextIO
        The file, opened with ``newline=""``.
    column : str
        The column of URLs. It takes the content of rows with too many fields.
    rows : int
        Most rows per table.
    separator : str
        Character between two fields. If the header has the column of URLs only with another
        separator, such as a semicolon, that one counts.

    Yields
    ------
    pyarrow.Table
        With a text column per field of the header. The first one has no rows.

    Raises
    ------
    ValueError
        If the file is empty, has no such column, has more fields than its header in all rows, or
        has a quote that is never closed.
    """
    separator, lines = _find_separator(file, column, separator)
    records = _records(path, lines, separator)
    header = next((fields for _, fields in records if any(map(str.strip, fields))), None)
    if header is None:
        raise ValueError(f"{path} cannot be read: it is empty.")
    names = _column_names(header)
    check_column(names, column, f"{path}: ")
    yield pa.table([pa.array([], pa.string()) for _ in names], names)  # there may be no rows
    batch = list(islice(records, rows))
    if batch and all(len(fields) > len(names) for _, fields in batch):
        raise ValueError(f"{path}: its rows have more fields than its header.")
    while batch:
        values = [_row_values(line, fields, names, column) for line, fields in batch]
        columns = [pa.array(texts, pa.string()) for texts in zip(*values, strict=True)]
        yield pa.table(columns, names)
        batch = list(islice(records, rows))


def is_faulty_row(url: str) -> bool:
    """Tell whether the text in the place of a URL is a whole row that has too many fields."""
    return _FAULTY_ROW.match(url) is not None


def check_column(names: Sequence[str], column: str, place: str) -> None:
    """Raise ValueError, which lists the columns, if the column of URLs is missing."""
    if column not in names:
        raise ValueError(
            f"{place}no column {column!r}. Pass the column of URLs as column=; there are "
            f"{', '.join(map(repr, names))}."
        )


def _find_separator(file: TextIO, column: str, separator: str) -> tuple[str, Iterable[str]]:
    """Return the separator that gives the header the column of URLs, and the lines of the file.

    Excel writes semicolons where the comma is the decimal sign, and may say so in a line before the
    header.
    """
    first = file.readline()
    if match := re.fullmatch(r"\ufeff?sep=(.)\r?\n?", first):
        return match[1], file
    for candidate in dict.fromkeys((separator, ";", "\t", ",", "|")):
        if column in next(csv.reader([first], delimiter=candidate), []):
            return candidate, chain([first], file)
    return separator, chain([first], file)


def _records(path: Path, file: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record's line number and fields.

    An open quote would swallow all rows after it without a message, so it is an error.
    """
    lines = (line.replace("\0", "\ufffd") for line in file)  # no URL has a NUL
    reader = csv.reader(chain(lines, [_END]), delimiter=separator)
    line = 1
    for fields in reader:
        if fields == [_END]:
            return
        if fields and fields[-1].endswith(_END):
            raise ValueError(
                f"{path}, line {line}: a quote in this row is never closed. Close it and make the "
                "same call again: it continues from there."
            )
        yield line, fields
        line = reader.line_num + 1


def _column_names(header: Sequence[str]) -> list[str]:
    """Name the columns as pandas does: it names empty ones and numbers repeated ones."""
    line = io.StringIO()
    csv.writer(line).writerow(header)
    line.seek(0)
    return list(pd.read_csv(line, dtype=str, index_col=False).columns)


def _row_values(line: int, fields: list[str], names: Sequence[str], column: str) -> list[str]:
    """Return a row's values.

    In a row with too many fields, nobody knows which field is the URL. The column of URLs then
    shows all of them, which gives the row the status of a wrong URL.
    """
    if len(fields) <= len(names):
        return fields + [""] * (len(names) - len(fields))
    text = f"line {line} has {len(fields)} fields for {len(names)} columns: {fields}"
    return [text if name == column else "" for name in names]
