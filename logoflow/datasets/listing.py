"""Find the files that a list names, whatever spelling and line ends the list came with."""

import math
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from logoflow.datasets.splits import Box
from logoflow.labels import NO_LOGO

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def finder(folder: Path | str) -> Callable[[str], Path | None]:
    """Make a function that finds a file below `folder` by its relative path.

    FlickrLogos-32 spells one brand ``HP`` in its lists and ``hp`` in a folder name; Windows
    does not mind, Linux does.

    Parameters
    ----------
    folder : Path or str
        Nothing outside it is ever found: a path that is absolute or has ``..`` finds nothing.

    Returns
    -------
    callable
        From a relative path to the file, or None where there is none. The exact spelling wins
        over one that differs in case. Folders are listed once, so make a new finder after
        files have changed.

    Examples
    --------
    >>> find = finder("FlickrLogos-v2")
    >>> find("classes/jpg/hp/4761260517.jpg")
    PosixPath('FlickrLogos-v2/classes/jpg/HP/4761260517.jpg')
    """
    listings: dict[Path, dict[str, list[Path]]] = {}

    def spelled_like(parent: Path, name: str) -> list[Path]:
        if parent not in listings:
            listings[parent] = _listing(parent)
        found = listings[parent].get(name.casefold(), [])
        return sorted(found, key=lambda path: (path.name != name, path.name))

    def find(relative: str) -> Path | None:
        parts = parts_of(relative)
        if not parts:
            return None
        candidates = [Path(folder)]
        for part in parts:
            candidates = [found for parent in candidates for found in spelled_like(parent, part)]
        return next((path for path in candidates if path.is_file()), None)

    return find


def parts_of(relative: str) -> tuple[str, ...]:
    """Parts of a relative path as a list gives it; none if it leaves the folder it is in."""
    path = PurePosixPath(relative.strip().replace("\\", "/"))
    unsafe = path.is_absolute() or ".." in path.parts or "\0" in relative
    return () if unsafe else path.parts


def label_of(filename: str) -> str:
    """Give the class of a listed photo: its folder's name, ``no-logo`` in that very spelling."""
    parts = parts_of(filename)
    label = parts[-2] if len(parts) > 1 else ""
    return NO_LOGO if label.casefold() == NO_LOGO else label


def read_boxes_of(filename: str, find: Callable[[str], Path | None]) -> tuple[Box, ...]:
    """Read the boxes of a listed photo from ``masks/<class>/<file>.bboxes.txt``.

    The folder ``masks`` lies beside the one that holds the classes' folders.

    Parameters
    ----------
    filename : str
        As listed, such as ``classes/jpg/<class>/<file>``.
    find : callable
        What `finder` made for the data set's folder.

    Returns
    -------
    tuple of Box
        Empty where there is no such file. Lines that are not four numbers (the header is one)
        or have no area are left out.
    """
    parts = parts_of(filename)
    if len(parts) < 3:
        return ()
    path = find("/".join((*parts[:-3], "masks", parts[-2], parts[-1] + ".bboxes.txt")))
    boxes = (_box(line) for line in lines_of(path)) if path else ()
    return tuple(box for box in boxes if box)


def lines_of(path: Path) -> list[str]:
    """Lines of a text file without line ends of any system, surrounding blanks, empty lines."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def photos_below(folder: Path | str) -> list[Path]:
    """Photo files anywhere below `folder`, by their suffix, sorted; nothing hidden."""
    folder = Path(folder)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTO_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def first_few(names: list[str]) -> str:
    """Name the first three of many: ``a, b, c and 7 more``."""
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def _box(line: str) -> Box | None:
    try:
        box = Box(*(float(number) for number in line.split()))
    except (ValueError, TypeError):
        return None
    finite = all(math.isfinite(number) for number in box)
    return box if finite and box.width > 0 and box.height > 0 else None


def _listing(folder: Path) -> dict[str, list[Path]]:
    """What lies in a folder, by name without case."""
    found: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in folder.iterdir():
            found.setdefault(path.name.casefold(), []).append(path)
    return found
