"""Find the photos and boxes that a data set's list files name.

The lists may come from Windows, or spell a folder name differently.
"""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from logoflow.datasets.annotations import Problems, boxes_inside, parse_numbers, split_fields
from logoflow.datasets.splits import Box
from logoflow.labels import NO_LOGO


def finder(folder: Path | str) -> Callable[[str], Path | None]:
    """Make a function that finds files below a folder, ignoring case.

    FlickrLogos-32 spells one brand ``HP`` in its lists and ``hp`` in a folder name. Windows
    accepts both spellings, Linux does not.

    Parameters
    ----------
    folder : Path or str
        The function finds no file outside this folder: an absolute path, or a path that
        contains ``..``, gives None.

    Returns
    -------
    callable
        Takes a relative path and returns the file, or None if there is no such file. A name
        with the exact spelling wins over one that differs in case. Each folder is listed only
        once, so make a new finder when files have changed.

    Examples
    --------
    >>> Path("jpg/HP").mkdir(parents=True)
    >>> Path("jpg/HP/1.jpg").touch()
    >>> find = finder("jpg")
    >>> find("hp/1.jpg").as_posix()
    'jpg/HP/1.jpg'
    >>> find("hp/2.jpg") is None
    True
    """
    listings: dict[Path, dict[str, list[Path]]] = {}

    def matches(parent: Path, name: str) -> list[Path]:
        if parent not in listings:
            listings[parent] = _entries_by_name(parent)
        entries = listings[parent].get(name.casefold(), [])
        return sorted(entries, key=lambda path: (path.name != name, path.name))

    def find(relative: str) -> Path | None:
        parts = parts_of(relative)
        if not parts:
            return None
        candidates = [Path(folder)]
        for part in parts:
            candidates = [path for parent in candidates for path in matches(parent, part)]
        return next((path for path in candidates if path.is_file()), None)

    return find


def parts_of(relative: str) -> tuple[str, ...]:
    """Split a relative path from a list file into its parts.

    Parameters
    ----------
    relative : str
        With slashes or backslashes.

    Returns
    -------
    tuple of str
        Empty if the path would leave its folder.

    Examples
    --------
    >>> parts_of("classes\\\\jpg\\\\HP")
    ('classes', 'jpg', 'HP')
    >>> parts_of("../secret.jpg")
    ()
    """
    path = PurePosixPath(relative.strip().replace("\\", "/"))
    unsafe = path.is_absolute() or ".." in path.parts or "\0" in relative
    return () if unsafe else path.parts


def label_of(filename: str) -> str:
    """Give the class of a listed photo: the name of its folder.

    Parameters
    ----------
    filename : str
        Relative path of the photo, such as ``classes/jpg/<class>/<file>``.

    Returns
    -------
    str
        ``no-logo`` is always in lower case. Empty if the path names no folder.

    Examples
    --------
    >>> label_of("classes/jpg/HP/4761260517.jpg")
    'HP'
    """
    parts = parts_of(filename)
    label = parts[-2] if len(parts) > 1 else ""
    return NO_LOGO if label.casefold() == NO_LOGO else label


def read_mask_boxes(
    filename: str, find: Callable[[str], Path | None], problems: Problems | None = None
) -> tuple[Box, ...]:
    """Read the boxes of a listed photo from ``masks/<class>/<file>.bboxes.txt``.

    The folder ``masks`` lies beside the folder that contains the class folders.

    Parameters
    ----------
    filename : str
        Relative path of the photo, such as ``classes/jpg/<class>/<file>``.
    find : callable
        From `finder`, for the folder of the data set.
    problems : Problems, optional
        Gets the lines that cannot be read and the boxes that lie outside the photo.

    Returns
    -------
    tuple of Box
        Empty if there is no such file. Lines without four numbers, such as the header, and
        boxes without an area or outside the photo are skipped.

    Examples
    --------
    >>> Path("masks/hp").mkdir(parents=True)
    >>> _ = Path("masks/hp/1.jpg.bboxes.txt").write_text("x y width height\\n5 6 7 8\\n")
    >>> read_mask_boxes("jpg/HP/1.jpg", finder("."))
    (Box(x=5.0, y=6.0, width=7.0, height=8.0),)
    """
    parts = parts_of(filename)
    if len(parts) < 3:
        return ()
    path = find("/".join((*parts[:-3], "masks", parts[-2], parts[-1] + ".bboxes.txt")))
    photo = find(filename)
    problems = Problems() if problems is None else problems
    boxes = []
    for number, line in read_numbered_lines(path) if path else ():
        where = f"{path.name}, line {number}"  # type: ignore[union-attr]
        numbers = parse_numbers(split_fields(line))
        if numbers is not None and len(numbers) == 4:
            boxes.append((Box(numbers[0], numbers[1], numbers[2], numbers[3]), where))
        elif number > 1 or any(map(str.isdigit, line)):  # the first line is a header
            problems.unreadable.append(f"{where}: {line}")
    return boxes_inside(photo or Path(filename), boxes, problems)


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file, stripped, without empty lines; any line end works."""
    return [line for _, line in read_numbered_lines(path)]


def read_numbered_lines(path: Path) -> list[tuple[int, str]]:
    """Read the lines of a text file as `read_lines` does, each with its number from 1."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    lines = enumerate(text.splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def _entries_by_name(folder: Path) -> dict[str, list[Path]]:
    """Map each case-folded name in a folder to its files and folders."""
    entries: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in folder.iterdir():
            entries.setdefault(path.name.casefold(), []).append(path)
    return entries
