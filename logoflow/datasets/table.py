"""Read a table of photos: a CSV file, a Parquet file or a DataFrame."""

import csv
import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from logoflow.datasets.annotations import (
    Annotation,
    Problems,
    parse_numbers,
    photos_of_splits,
)
from logoflow.datasets.archives import is_url, open_source
from logoflow.datasets.completing import TEST_SHARE, complete_splits
from logoflow.datasets.folder_names import split_of
from logoflow.datasets.list_files import finder
from logoflow.datasets.splits import Box, Splits, first_few
from logoflow.labels import NO_LOGO, is_no_logo_name
from logoflow.utils.addresses import local_path
from logoflow.utils.extras import require_extra
from logoflow.utils.file_names import class_name, readable_name

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
# Column names that mean the same, in lower case.
_COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "photo"),
    "label": ("label", "class", "brand", "category", "class_name", "label_name", "logo"),
    "split": ("split", "subset", "partition"),
    "x": ("x", "left", "x_min"),
    "y": ("y", "top", "y_min"),
    "width": ("width", "w", "box_width"),
    "height": ("height", "h", "box_height"),
    "xmin": ("xmin",),
    "ymin": ("ymin",),
    "xmax": ("xmax", "x_max", "right"),
    "ymax": ("ymax", "y_max", "bottom"),
}
_IMAGE_COLUMNS = ("image_path", "img", "img_path", "image_name", "image_id", "id", "url")


class _Row(NamedTuple):
    """A row of the table: `values` by the names of `_COLUMNS`, and `where` for messages."""

    values: Mapping[str, str]
    where: str


def read_table(
    source: Path | str | pd.DataFrame, *, test_share: float = TEST_SHARE, seed: int = 0
) -> Splits:
    """Read photos, labels and boxes from a table.

    Parameters
    ----------
    source : Path, str or DataFrame
        A table with the columns ``path`` and ``label``. Optional columns are ``x``, ``y``,
        ``width`` and ``height`` (a box in pixels; or ``xmin``, ``ymin``, ``xmax``, ``ymax``), and
        ``split`` (train, val or test). Further names of these columns, such as ``filename`` and
        ``class``, are known. A CSV file, a Parquet file, or a folder, archive or URL of an archive
        that contains one of them beside the photos. Paths are relative to the file; those of a
        DataFrame to the current folder.
    test_share : float
        Share of each class that becomes test photos if the table names none, 0 or more and below
        0.8.
    seed : int
        Seed of the random split.

    Returns
    -------
    Splits
        A photo with several boxes has several rows. A row without a label is a photo to answer.

    Raises
    ------
    FileNotFoundError
        If there is no table, or none of its photos exists.
    ValueError
        If a column is missing, a split is unknown, or there are fewer than two classes.
    ModuleNotFoundError
        If the package for Parquet files is missing.

    Examples
    --------
    >>> from PIL import Image
    >>> for number in range(6):
    ...     Image.new("L", (32, 32), 9 * number).save(f"{number}.png")
    >>> table = pd.DataFrame({"path": [f"{n}.png" for n in range(6)], "label": 3 * ["bmw", "ups"]})
    >>> read_table(table).counts()
         train  val  test
    bmw      1    1     1
    ups      1    1     1
    """
    rows, folder, name = _read_rows(source)
    problems = Problems()
    find = _photo_finder(folder)
    missing: list[str] = []
    of_split: dict[str, list[Annotation]] = defaultdict(list)
    unlabelled: dict[Path, None] = {}
    for row in rows:
        path = find(row.values["path"])
        split = _split_of_row(row)
        if path is None:
            missing.append(row.values["path"])
        elif row.values["label"].strip() == "" or split == "unlabelled":
            unlabelled[path] = None
        else:
            box = _box_of(row, problems)
            of_split[split].append(Annotation(path, _label(row.values["label"]), box, row.where))
    if not of_split:
        raise FileNotFoundError(
            f"None of the {len(missing)} photos that {name} names with a label exists: "
            f"{readable_name(first_few(missing))}. Paths are relative to {folder}."
        )
    labelled, notes = photos_of_splits(of_split, problems)
    if missing:
        missing = list(dict.fromkeys(missing))
        notes.append(
            f"{len(missing)} listed photos are missing: {readable_name(first_few(missing))}."
        )
    splits = complete_splits(labelled, test_share, seed, where=name, notes=notes)
    return replace(splits, unlabelled=tuple(unlabelled))


def _read_rows(source: Path | str | pd.DataFrame) -> tuple[list[_Row], Path, str]:
    """Read the rows of a table; also return the folder of its paths, and its name."""
    if isinstance(source, pd.DataFrame):
        return _rows_of_frame(source, "the DataFrame"), Path.cwd(), "the DataFrame"
    path = _find_table(source if is_url(source) else local_path(source))
    if path.suffix.lower() == ".parquet":
        require_extra("bulk")
        return _rows_of_frame(pd.read_parquet(path), path.name), path.parent, str(path)
    return list(_rows_of_csv(path)), path.parent, str(path)


def _find_table(source: Path | str) -> Path:
    """Find the table: the source itself, or the only one in a folder or an archive."""
    if isinstance(source, Path) and source.suffix.lower() in TABLE_SUFFIXES and source.is_file():
        return source.resolve()
    folder = open_source(source, "table")
    tables = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in TABLE_SUFFIXES]
    tables = [path for path in tables if not path.name.startswith(".") and path.is_file()]
    if len(tables) != 1:
        found = first_few([str(path.relative_to(folder)) for path in tables]) or "none"
        raise FileNotFoundError(
            f"{folder} must contain one table (CSV or Parquet), and has {found}: give the file."
        )
    return tables[0]


def _rows_of_csv(path: Path) -> Iterator[_Row]:
    """Read the rows of a CSV file with any usual separator."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    separator = max(",;\t|", key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    column_of = _find_columns(next(reader, []), str(path))
    for fields in reader:
        if any(field.strip() for field in fields):
            padded = fields + [""] * (1 + max(column_of.values()) - len(fields))
            values = {name: padded[column] for name, column in column_of.items()}
            yield _Row(values, f"{path.name}, line {reader.line_num}")


def _rows_of_frame(frame: pd.DataFrame, name: str) -> list[_Row]:
    column_of = _find_columns([str(column) for column in frame.columns], name)
    columns = {
        key: ["" if pd.isna(value) else str(value) for value in frame.iloc[:, column]]
        for key, column in column_of.items()
    }
    return [
        _Row({key: values[number] for key, values in columns.items()}, f"{name}, row {number + 1}")
        for number in range(len(frame))
    ]


def _find_columns(header: list[str], name: str) -> dict[str, int]:
    """Map the names of `_COLUMNS` to positions in the header."""
    names = [column.strip().lower().replace(" ", "_") for column in header]
    column_of = {}
    for key, synonyms in _COLUMNS.items():
        known = (*synonyms, *_IMAGE_COLUMNS) if key == "path" else synonyms
        column_of[key] = next((names.index(word) for word in known if word in names), -1)
    missing = [key for key in ("path", "label") if column_of[key] < 0]
    if missing:
        raise ValueError(
            f"{name} has no column {' and no column '.join(missing)}: it has "
            f"{', '.join(header) or 'none'}. Name the columns path and label."
        )
    return {key: column for key, column in column_of.items() if column >= 0}


def _split_of_row(row: _Row) -> str:
    """Name the split of a row: ``all`` if it names none."""
    text = row.values.get("split", "").strip()
    if not text:
        return "all"
    found = split_of(text)
    if found is None:
        raise ValueError(f"{row.where}: there is no split {text!r}: write train, val or test.")
    return found[0]


def _box_of(row: _Row, problems: Problems) -> Box | None:
    """Read the box of a row; None if it has none, or none that can be read."""
    values = row.values
    if {"xmin", "ymin", "xmax", "ymax"} <= values.keys():
        names = ("xmin", "ymin", "xmax", "ymax")
    elif {"x", "y", "xmax", "ymax"} <= values.keys():
        names = ("x", "y", "xmax", "ymax")
    else:
        names = ("x", "y", "width", "height")
    fields = [values.get(name, "").strip() for name in names]
    if not any(fields) or not set(names) <= values.keys():
        return None
    numbers = parse_numbers(fields)
    if numbers is None:
        problems.unreadable.append(f"{row.where}: {', '.join(fields)}")
        return None
    x, y, third, fourth = numbers
    if names[2] == "xmax":
        return Box(x, y, third - x, fourth - y)
    return Box(x, y, third, fourth)


def _photo_finder(folder: Path) -> Callable[[str], Path | None]:
    """Make a function that finds a photo by the path in the table, ignoring case."""
    find = finder(folder)

    def find_photo(text: str) -> Path | None:
        text = text.strip()
        for candidate in (text, text.replace("\\", "/")):
            path = Path(candidate).expanduser()
            path = path if path.is_absolute() else folder / path
            if candidate and os.path.isfile(path):  # unlike Path.is_file, never an error
                return path
        return find(text) if len(text) < 1000 else None

    return find_photo


def _label(text: str) -> str:
    label = class_name(text)
    return NO_LOGO if is_no_logo_name(label) else label
