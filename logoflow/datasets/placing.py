"""Photos put into one split's folders: whole, decodable, exactly those wanted."""

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from logoflow.datasets.listing import first_few, parts_of
from logoflow.datasets.prepared import LOADED
from logoflow.errors import ImageError
from logoflow.images.decode import decode_image, read_image
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.progress import bar

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True)
class Prepared:
    """What a preparation did. ``str()`` of it is a summary in one paragraph.

    Parameters
    ----------
    folder : Path
        Where the photos are.
    copied, reused, removed : int
        Photos put there now, found there from before, and taken away because they are not
        wanted any more.
    skipped : tuple of (str, str)
        Each photo that was left out, and why.
    foreign : tuple of str
        Files and folders there that no preparation made. They were left alone, but a data
        loader takes them for photos and classes.
    """

    folder: Path
    copied: int = 0
    reused: int = 0
    removed: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    foreign: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.copied + self.reused:,} photos in {self.folder} ({self.copied:,} new)."
        if self.removed:
            text += f" {self.removed:,} from an earlier preparation removed."
        if self.skipped:
            named = [f"{name} ({why})" for name, why in self.skipped]
            text += f" {len(named):,} left out: {first_few(named)}."
        if self.foreign:
            text += (
                f" {len(self.foreign):,} there that logoflow did not make, remove what you do "
                f"not want to train on: {first_few(list(self.foreign))}."
            )
        return text


class _State(NamedTuple):
    """What is known of one photo: where it came from, as of when, what became of it."""

    source: str
    stamp: list[int] | None = None
    placed: list[int] | None = None
    reason: str = ""


def place(folder: Path, wanted: dict[str, Path], classes: Sequence[str]) -> Prepared:
    """Make a folder hold exactly the photos wanted, as far as they can be decoded.

    Every photo is decoded once to see that it can be; what was found is remembered beside the
    folder, in ``<folder>.json``, so that a second call is quick. That file is written before
    the first photo is, so that after a kill the next call knows what it finds.

    Parameters
    ----------
    folder : Path
        One split, such as ``train_data``.
    wanted : dict
        From ``"<class>/<file>"`` to the photo to put there.
    classes : sequence of str
        Each gets a folder, if only an empty one.

    Returns
    -------
    Prepared
        Names of the photos skipped are those in `wanted`.
    """
    record = folder.with_name(folder.name + ".json")
    before = _read_record(record)
    now = {name: _state_of(source, before.get(name)) for name, source in wanted.items()}
    _write_record(record, {**before, **now})
    for label in classes:
        (folder / label).mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    fresh = [name for name, state in now.items() if not _is_there(folder / name, state)]
    try:
        _put_all(folder, now, [name for name in fresh if not now[name].reason])
    finally:
        _write_record(record, {**before, **now})
    stale = {name: state for name, state in before.items() if name not in now or now[name].reason}
    removed = sum(_remove(folder, name, state) for name, state in stale.items())
    _write_record(record, now)
    skipped = tuple((name, state.reason) for name, state in now.items() if state.reason)
    copied = sum(not now[name].reason for name in fresh)
    reused = len(now) - len(skipped) - copied
    return Prepared(folder, copied, reused, removed, skipped, _foreign(folder, now, classes))


def _state_of(source: Path, before: _State | None) -> _State:
    """Take over what is known of a photo unless the photo has changed since."""
    try:
        stamp = _stamp(source)
    except OSError:
        return _State(str(source), reason="missing")
    if before and (before.source, before.stamp) == (str(source), stamp):
        return before
    return _State(str(source), stamp)


def _stamp(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def _is_there(path: Path, state: _State) -> bool:
    """Tell whether the photo lies there as it was put there."""
    return bool(state.placed) and path.is_file() and _stamp(path) == state.placed


def _put_all(folder: Path, now: dict[str, _State], names: list[str]) -> None:
    """Check photos on every core, put the good ones in place, note each in `now`."""
    pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1))
    try:
        verdicts = pool.map(_why_not, [Path(now[name].source) for name in names])
        for name, reason in zip(bar(names, "checking photos"), verdicts, strict=True):
            state = now[name]
            placed = None if reason else _put(Path(state.source), folder / name)
            now[name] = state._replace(reason=reason, placed=placed)
    finally:  # who presses Ctrl-C does not wait for the rest to be checked
        pool.shutdown(cancel_futures=True)


def _why_not(photo: Path) -> str:
    """Say why a photo cannot be used; nothing if it can."""
    try:
        decode_image(photo.read_bytes(), source=photo.name)
    except (ImageError, OSError) as error:
        return f"cannot be decoded: {error}"
    return ""


def _put(source: Path, path: Path) -> list[int]:
    """Put a photo in place by a hard link, else a copy; what Gluon may not read becomes PNG."""
    source = source.resolve()
    if path.is_file() and path.samefile(source):
        return _stamp(path)
    path.unlink(missing_ok=True)
    with open(source, "rb") as file:
        readable = file.read(8).startswith(SIGNATURES)
    if not readable:
        with atomic_path(path) as tmp:
            Image.fromarray(read_image(source)).save(tmp, "PNG")
        return _stamp(path)
    try:
        os.link(source, path)
    except OSError:  # another file system, or one that has no hard links
        with atomic_path(path) as tmp:
            shutil.copyfile(source, tmp)
    return _stamp(path)


def _remove(folder: Path, name: str, state: _State) -> bool:
    """Remove a photo of an earlier preparation, unless it was replaced by something else."""
    path = folder / name
    if len(parts_of(name)) != 2 or not path.is_file():
        return False
    if state.placed and _stamp(path) != state.placed:
        return False
    path.unlink()
    return True


def _remove_leftovers(folder: Path) -> None:
    """Remove temporary files of a preparation that was killed."""
    for path in folder.glob("*/.*.part"):
        path.unlink()


def _foreign(folder: Path, now: dict[str, _State], classes: Sequence[str]) -> tuple[str, ...]:
    """What a data loader would find in the folder beside the photos wanted."""
    folders = [path.name for path in folder.iterdir() if path.is_dir() and path.name not in classes]
    photos = [
        f"{label}/{path.name}"
        for label in classes
        for path in (folder / label).iterdir()
        if path.suffix.lower() in LOADED
    ]
    ours = {name for name, state in now.items() if not state.reason}
    return tuple(sorted([*folders, *(set(photos) - ours)]))


def _read_record(record: Path) -> dict[str, _State]:
    """Read what an earlier preparation noted; a record that cannot be read is none."""
    try:
        return {name: _State(*state) for name, state in json.loads(record.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_record(record: Path, states: dict[str, _State]) -> None:
    write_text(record, json.dumps(states, indent=0))
