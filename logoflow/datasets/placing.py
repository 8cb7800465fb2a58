"""Put photos into the folders of one split, and keep the folders in sync with the data set."""

import errno
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from logoflow.datasets.list_files import parts_of
from logoflow.datasets.prepared import LOADABLE_SUFFIXES
from logoflow.datasets.splits import first_few
from logoflow.errors import ImageError
from logoflow.images.decode import decode_image, read_image
from logoflow.images.headers import image_format
from logoflow.utils.file_names import readable_name
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.progress import bar

LOADABLE_FORMATS = ("jpeg", "png")
# Errors of a single file. Other errors, such as a full disk, would repeat with the next photo.
FILE_ERRORS = {
    errno.EACCES,
    errno.EILSEQ,
    errno.EINVAL,
    errno.EIO,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.EPERM,
}


@dataclass(frozen=True)
class Prepared:
    """The result of a preparation. ``str()`` gives a summary in one paragraph.

    Parameters
    ----------
    folder : Path
        The folder that contains the photos.
    copied : int
        Number of photos that this preparation added.
    reused : int
        Number of photos that an earlier preparation had added.
    removed : int
        Number of photos from an earlier preparation that are no longer part of the data.
    skipped : tuple of (str, str)
        Name of each photo that was left out, and the reason.
    unexpected : tuple of str
        Files and folders that no preparation made. They are left alone, but a data loader
        takes them for photos and classes.

    Examples
    --------
    >>> print(Prepared(Path("train_data"), copied=5, reused=1))
    6 photos in train_data (5 new).
    """

    folder: Path
    copied: int = 0
    reused: int = 0
    removed: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    unexpected: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.copied + self.reused:,} photos in {self.folder} ({self.copied:,} new)."
        if self.removed:
            text += f" {self.removed:,} from an earlier preparation removed."
        if self.skipped:
            photos = [f"{name} ({reason})" for name, reason in self.skipped]
            text += f" {len(photos):,} left out: {first_few(photos)}."
        if self.unexpected:
            text += (
                f" {len(self.unexpected):,} files or folders are not from logoflow: "
                f"{first_few(self.unexpected)}. Remove them if you do not want to train on "
                "them."
            )
        return text


class _PhotoState(NamedTuple):
    """The record of one photo.

    `source` is the original file. `source_stamp` and `target_stamp` are the size and
    modification time of the original and of the prepared file. `reason` says why the photo
    cannot be used; empty if it can.
    """

    source: str
    source_stamp: list[int] | None = None
    target_stamp: list[int] | None = None
    reason: str = ""


def sync_folder(folder: Path, wanted: dict[str, Path], classes: Sequence[str]) -> Prepared:
    """Make a folder contain exactly the wanted photos, except those that cannot be decoded.

    Every photo is decoded once to check it. The results are recorded in ``<folder>.json``
    beside the folder, so a second call is fast. The record is written before the first photo,
    so the next call can clean up even if this one is killed.

    Parameters
    ----------
    folder : Path
        The folder of a split, such as ``train_data``.
    wanted : dict of str to Path
        ``"<class>/<file>"`` in the folder, and the original photo.
    classes : sequence of str
        Every class gets a folder, even without photos.

    Returns
    -------
    Prepared
        `Prepared.skipped` uses the names of `wanted`.

    Examples
    --------
    >>> Image.new("RGB", (8, 8)).save("logo.png")
    >>> print(sync_folder(Path("train_data"), {"bmw/1.png": Path("logo.png")}, ["bmw", "ups"]))
    1 photos in train_data (1 new).
    >>> print(sync_folder(Path("train_data"), {"bmw/1.png": Path("logo.png")}, ["bmw", "ups"]))
    1 photos in train_data (0 new).
    """
    record = _record_of(folder)
    recorded = _read_record(record)
    states = {name: _current_state(source, recorded.get(name)) for name, source in wanted.items()}
    _write_record(record, {**recorded, **states})
    for label in classes:
        (folder / label).mkdir(parents=True, exist_ok=True)
    _remove_temporary_files(folder)
    new = [name for name, state in states.items() if not _is_in_place(folder / name, state)]
    try:
        _add_photos(folder, states, [name for name in new if not states[name].reason])
    finally:
        _write_record(record, {**recorded, **states})
    stale = {
        name: state for name, state in recorded.items() if name not in states or states[name].reason
    }
    removed = sum(_remove(folder, name, state) for name, state in stale.items())
    _write_record(record, states)
    skipped = tuple((name, state.reason) for name, state in states.items() if state.reason)
    copied = sum(not states[name].reason for name in new)
    reused = len(states) - len(skipped) - copied
    unexpected = _unexpected(folder, states, classes)
    return Prepared(folder, copied, reused, removed, skipped, unexpected)


def left_out_photos(folder: Path) -> list[tuple[str, str]]:
    """List the photos that the last preparation left out of a split.

    Parameters
    ----------
    folder : Path
        The folder of a split, such as ``train_data``.

    Returns
    -------
    list of (str, str)
        ``"<class>/<file>"`` and the reason.

    Examples
    --------
    >>> Path("broken.png").touch()
    >>> _ = sync_folder(Path("train_data"), {"bmw/1.png": Path("broken.png")}, ["bmw"])
    >>> left_out_photos(Path("train_data"))[0][0]
    'bmw/1.png'
    """
    states = _read_record(_record_of(folder))
    return [(name, state.reason) for name, state in states.items() if state.reason]


def _record_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".json")


def _current_state(source: Path, recorded: _PhotoState | None) -> _PhotoState:
    """Keep the recorded state of a photo unless the original has changed."""
    try:
        stamp = _stamp(source)
    except OSError:
        return _PhotoState(str(source), reason="missing")
    if recorded and (recorded.source, recorded.source_stamp) == (str(source), stamp):
        return recorded
    return _PhotoState(str(source), stamp)


def _stamp(path: Path) -> list[int]:
    """Size and modification time of a file; they change when the file changes."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _is_in_place(path: Path, state: _PhotoState) -> bool:
    """Tell whether the prepared file exists and is unchanged."""
    return bool(state.target_stamp) and path.is_file() and _stamp(path) == state.target_stamp


def _add_photos(folder: Path, states: dict[str, _PhotoState], names: list[str]) -> None:
    """Check photos in parallel, add the good ones to the folder and update `states`."""
    pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1))
    try:
        reasons = pool.map(_why_unusable, [Path(states[name].source) for name in names])
        for name, reason in zip(bar(names, "checking photos"), reasons, strict=True):
            state = states[name]
            stamp = None
            if not reason:
                stamp, reason = _add_or_say_why(Path(state.source), folder / name)
            states[name] = state._replace(reason=reason, target_stamp=stamp)
    finally:  # after Ctrl-C, do not wait for the remaining checks
        pool.shutdown(cancel_futures=True)


def _why_unusable(photo: Path) -> str:
    """Give the reason why a photo cannot be used; an empty string if it can."""
    try:
        decode_image(photo.read_bytes(), source=readable_name(photo.name))
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except ImageError as error:
        return f"cannot be decoded: {error}"
    return ""


def _add_or_say_why(source: Path, path: Path) -> tuple[list[int] | None, str]:
    """Add a photo; return its stamp, or None and the reason why it cannot be stored."""
    try:
        return _add_photo(source, path), ""
    except OSError as error:
        if error.errno not in FILE_ERRORS:
            raise
        return None, f"cannot be stored: {error.strerror}"


def _add_photo(source: Path, path: Path) -> list[int]:
    """Link or copy a photo to `path`; convert a format that Gluon may not read.

    HEIC and AVIF files become JPEG, because a camera's photo takes 20 MB as a PNG.
    """
    source = source.resolve()
    if path.is_file() and path.samefile(source):
        return _stamp(path)
    path.unlink(missing_ok=True)
    with open(source, "rb") as file:
        kind = image_format(file.read(256))
    if kind not in LOADABLE_FORMATS:
        image = Image.fromarray(read_image(source))
        with atomic_path(path) as tmp:
            if kind in ("heif", "avif"):
                image.save(tmp, "JPEG", quality=95, subsampling=0)
            else:
                image.save(tmp, "PNG")
        return _stamp(path)
    try:
        os.link(source, path)
    except OSError:  # another file system, or one without hard links
        with atomic_path(path) as tmp:
            shutil.copyfile(source, tmp)
    return _stamp(path)


def _remove(folder: Path, name: str, state: _PhotoState) -> bool:
    """Remove a photo of an earlier preparation, unless the user has replaced the file."""
    path = folder / name
    if len(parts_of(name)) != 2 or not path.is_file():
        return False
    if state.target_stamp and _stamp(path) != state.target_stamp:
        return False
    path.unlink()
    return True


def _remove_temporary_files(folder: Path) -> None:
    """Remove the temporary files of a preparation that was killed."""
    for path in folder.glob("*/.*.part"):
        path.unlink()


def _unexpected(
    folder: Path, states: dict[str, _PhotoState], classes: Sequence[str]
) -> tuple[str, ...]:
    """List what a data loader would find in the folder besides the wanted photos."""
    folders = [path.name for path in folder.iterdir() if path.is_dir() and path.name not in classes]
    photos = [
        f"{label}/{path.name}"
        for label in classes
        for path in (folder / label).iterdir()
        if path.suffix.lower() in LOADABLE_SUFFIXES
    ]
    usable = {name for name, state in states.items() if not state.reason}
    return tuple(sorted([*folders, *(set(photos) - usable)]))


def _read_record(record: Path) -> dict[str, _PhotoState]:
    """Read the record of an earlier preparation; an unreadable record counts as empty."""
    try:
        return {name: _PhotoState(*state) for name, state in json.loads(record.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_record(record: Path, states: dict[str, _PhotoState]) -> None:
    write_text(record, json.dumps(states, indent=0))
