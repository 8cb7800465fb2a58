"""Find the photos below a folder, and say what else lies there.

Folders of a user hold more than photos: thumbnails of a network disk, a trash, links, and what
logoflow itself wrote.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from logoflow.datasets.prepared import SPLITS
from logoflow.datasets.splits import first_few
from logoflow.errors import ImageError
from logoflow.images.headers import image_format
from logoflow.utils.file_names import readable_name
from logoflow.utils.paths import cache_home, data_home, runs_home

# fmt: off
PHOTO_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo", ".png", ".apng",
    ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif",
)
# Folders of systems, network disks and tools, in lower case. Hidden folders are skipped, too.
SYSTEM_FOLDERS = {
    "network trash folder", "temporary items", "thevolumesettingsfolder", "$recycle.bin",
    "recycler", "recycled", "system volume information", "found.000", "lost+found", "lost.dir",
    "trash", "@eadir", "#recycle", "#snapshot", "@recycle", "@recycled", "@recently-snapshot",
    "@tmp", "@sharebin", "@syneastream", "@synoresource", "@synoeastream", "@appstore",
    "~snapshot", "__pycache__", "node_modules",
}
# fmt: on
SYSTEM_FILES = {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"}
_OWN_RUN_FILES = {"headline.txt", "classifier.json"}
_EXTRACTED_ARCHIVE = re.compile(r"(folder|flickrlogos(27|32)|table|coco|yolo)[-a-z]*-[0-9a-f]{12}")
_ARTICLE_FOLDERS = ("", "FlickrLogos-v2")  # places of the lists of FlickrLogos-32
_SNIFFED_BYTES = 64
# TIFF and BMP are not recognised by their first bytes: many cameras' raw files begin like a TIFF,
# and text can begin with the two letters of a BMP.
_SNIFFED_FORMATS = {"jpeg", "png", "gif", "webp", "heif", "avif"}


class Walk(NamedTuple):
    """What lies below a folder.

    Parameters
    ----------
    photos : list of Path
        Photo files below the folder, sorted. Links are not resolved.
    others : list of Path
        Files that are no photos.
    empty : list of Path
        Folders directly below the folder, without a photo.
    skipped : list of (Path, str)
        Folders and links that were not entered, and the reason.
    """

    photos: list[Path]
    others: list[Path]
    empty: list[Path]
    skipped: list[tuple[Path, str]]


def walk_photos(folder: Path | str) -> Walk:
    """List all photo files below a folder, at any depth.

    A file is a photo if its name or its first bytes say so. Hidden files, folders of operating
    systems and network disks, and folders that logoflow wrote are left out. A link to a folder is
    followed, unless it leads to a folder that is read anyway.

    Parameters
    ----------
    folder : Path or str

    Returns
    -------
    Walk

    Examples
    --------
    >>> for name in ("bmw/a.jpg", "bmw/notes.txt", "@eaDir/a.jpg", "empty/notes.txt"):
    ...     Path("nas", name).parent.mkdir(parents=True, exist_ok=True)
    ...     Path("nas", name).touch()
    >>> walk = walk_photos("nas")
    >>> [path.name for path in walk.photos], [path.name for path in walk.empty]
    (['a.jpg'], ['empty'])
    """
    folder = Path(folder)
    walk = Walk([], [], [], [])
    _walk_into(folder, folder, set(), walk)
    filled = {path.relative_to(folder).parts[0] for path in walk.photos}
    skipped = {path for path, _ in walk.skipped}
    walk.empty.extend(
        path
        for path in sorted(folder.iterdir())
        if path.name not in filled
        and path not in skipped
        and not _is_hidden(path.name)
        and path.is_dir()
    )
    return Walk(sorted(walk.photos), sorted(walk.others), walk.empty, walk.skipped)


def find_photos(folder: Path | str) -> list[Path]:
    """List all photo files below a folder, at any depth.

    Parameters
    ----------
    folder : Path or str

    Returns
    -------
    list of Path
        The photos of `walk_photos`, sorted.

    Examples
    --------
    >>> Path("photos/.trash").mkdir(parents=True)
    >>> for name in ("b.PNG", "a.jpg", "notes.txt", ".trash/c.jpg"):
    ...     Path("photos", name).touch()
    >>> [path.name for path in find_photos("photos")]
    ['a.jpg', 'b.PNG']
    """
    return walk_photos(folder).photos


def notes_on_walk(walk: Walk, folder: Path | str) -> list[str]:
    """Say what was left out of a folder.

    Parameters
    ----------
    walk : Walk
    folder : Path or str
        The folder of the walk.

    Returns
    -------
    list of str
        A sentence each about folders without photos, folders that were skipped, and files that
        are no photos, counted by suffix.

    Examples
    --------
    >>> notes_on_walk(Walk([], [Path("a/b.MP4"), Path("a/c.mp4"), Path("a/d.svg")], [], []), "a")
    ['3 files are not photos and were left out: 2 .mp4, 1 .svg.']
    """
    notes = [
        f"The folder {readable_name(str(path))} has no photos and was left out."
        for path in walk.empty
    ]
    for reason in dict.fromkeys(reason for _, reason in walk.skipped):
        paths = [_relative(path, folder) for path, why in walk.skipped if why == reason]
        notes.append(f"Left out, because {reason}: {first_few(paths)}.")
    if walk.others:
        notes.append(
            f"{len(walk.others)} files are not photos and were left out: "
            f"{_counts_by_suffix(walk.others)}."
        )
    return notes


def _walk_into(folder: Path, source: Path, entered: set[Path], walk: Walk) -> None:
    """Add what lies in `folder` to `walk`. `entered` has the folders on the way, links resolved."""
    real = folder.resolve()
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if folder == source:
            raise
        walk.skipped.append((folder, f"it cannot be read ({error.strerror})"))
        return
    for entry in entries:
        path = folder / entry.name
        if _is_hidden(entry.name):
            continue
        if not path.is_dir():
            _sort_in(path, walk)
        elif reason := _why_not_entered(path, source, entered | {real}):
            walk.skipped.append((path, reason))
        else:
            _walk_into(path, source, entered | {real}, walk)


def _sort_in(path: Path, walk: Walk) -> None:
    """Add a file to the photos or to the others."""
    if path.is_symlink() and not path.exists():
        walk.skipped.append((path, "the link leads nowhere"))
    elif path.name.lower() not in SYSTEM_FILES:
        (walk.photos if _is_photo(path) else walk.others).append(path)


def _why_not_entered(path: Path, source: Path, entered: set[Path]) -> str:
    """Give the reason why a folder is not entered; an empty string if it is."""
    if path.is_symlink():
        target = path.resolve()
        if target in entered or source.resolve().is_relative_to(target):
            return "the link leads back to a folder that contains it"
        if target.is_relative_to(source.resolve()):
            inside = target.relative_to(source.resolve()).parts
            if not any(_is_hidden(part) or part.lower() in SYSTEM_FOLDERS for part in inside):
                return "the link leads to a folder that is read anyway"
    if path.name.lower() in SYSTEM_FOLDERS:
        return "it belongs to the system, a network disk or a trash"
    if is_own_output(path):
        return "logoflow wrote it"
    if any((path / part / "trainset.relpaths.txt").is_file() for part in _ARTICLE_FOLDERS):
        return "it is a data set of its own"
    return ""


def is_own_output(folder: Path) -> bool:
    """Tell whether logoflow wrote a folder: prepared photos, a run, a classifier, a sample.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool

    Examples
    --------
    >>> for name in ("train_data", "val_data", "test_data"):
    ...     Path("root", name).mkdir(parents=True)
    >>> is_own_output(Path("root"))
    False
    >>> Path("root/classes.json").touch()
    >>> is_own_output(Path("root"))
    True
    """
    real = folder.resolve()
    if real in (data_home() / "prepared", data_home() / "downloads", runs_home(), cache_home()):
        return True
    if real.parent == data_home() and _EXTRACTED_ARCHIVE.fullmatch(real.name):
        return True
    try:
        names = set(os.listdir(folder))
    except OSError:
        return False
    is_prepared = bool(names & {"classes.json", ".prepare.lock"}) and bool(names & set(SPLITS))
    is_run = bool(names & _OWN_RUN_FILES) or (folder / "model/classifier.json").is_file()
    is_sample = any((folder / part / "sample.json").is_file() for part in _ARTICLE_FOLDERS)
    return is_prepared or is_run or is_sample


def _is_photo(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:
            return image_format(file.read(_SNIFFED_BYTES)) in _SNIFFED_FORMATS
    except (OSError, ImageError):
        return False


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _counts_by_suffix(paths: Iterable[Path]) -> str:
    counts = Counter(path.suffix.lower() or "without a suffix" for path in paths)
    return ", ".join(f"{count} {suffix}" for suffix, count in counts.most_common())


def _relative(path: Path, folder: Path | str) -> str:
    return readable_name(str(path.relative_to(folder)))
