"""Finding the files that a list names, whatever spelling and line ends the list came with."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

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


def first_few(names: list[str], shown: int = 3) -> str:
    """Name the first few of many: ``a, b, c and 7 more``."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")


def _listing(folder: Path) -> dict[str, list[Path]]:
    """What lies in a folder, by name without case."""
    found: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in folder.iterdir():
            found.setdefault(path.name.casefold(), []).append(path)
    return found
