"""Find out which columns of a CSV file hold numbers, and convert them."""

import re
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

# A number with leading zeros, such as a postcode, is text.
_PATTERNS = {
    pa.int64(): re.compile(r"-?(0|[1-9]\d{0,17})"),
    pa.float64(): re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d{1,3})?"),
    pa.bool_(): re.compile(r"true|false|True|False|TRUE|FALSE"),
}


def infer_types(tables: Iterable[pa.Table], text_column: str) -> dict[str, pa.DataType]:
    """Find the types of columns from all their values, so that all parts get the same types.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Tables of text with the same columns.
    text_column : str
        The column of URLs. It stays text.

    Returns
    -------
    dict of str to pyarrow.DataType
        By column. Columns that stay text are not in it.

    Examples
    --------
    >>> table = pa.table({"url": ["a"], "likes": ["3"], "share": ["0.5"], "code": ["007"]})
    >>> {name: str(kind) for name, kind in infer_types([table], "url").items()}
    {'likes': 'int64', 'share': 'double'}
    """
    candidates: dict[str, list[pa.DataType]] = {}
    seen: set[str] = set()
    for table in tables:
        for name in table.column_names:
            kinds = candidates.setdefault(name, [] if name == text_column else list(_PATTERNS))
            values = {value for value in table[name].to_pylist() if value} if kinds else set()
            if values:
                seen.add(name)
                fits = _PATTERNS
                kinds[:] = [kind for kind in kinds if all(map(fits[kind].fullmatch, values))]
    return {name: kinds[0] for name, kinds in candidates.items() if kinds and name in seen}


def convert(table: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    """Convert columns of text; an empty text becomes a missing value.

    Parameters
    ----------
    table : pyarrow.Table
    types : mapping of str to pyarrow.DataType
        From `infer_types`.

    Returns
    -------
    pyarrow.Table

    Examples
    --------
    >>> convert(pa.table({"likes": ["3", ""]}), {"likes": pa.int64()})["likes"].to_pylist()
    [3, None]
    """
    for name, kind in types.items():
        column = table[name].combine_chunks()
        values = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        if kind == pa.bool_():
            values = pc.utf8_lower(values)
        table = table.set_column(table.column_names.index(name), name, values.cast(kind))
    return table
