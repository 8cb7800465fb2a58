"""Cache of decoded photos: one memory-mapped file per split, shared by all processes."""

import errno
import hashlib
import json
import os
import shutil
import warnings
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from logoflow.errors import DamagedFileError
from logoflow.images.decode import image_size
from logoflow.loading.read_photo import ShrunkSize, read_photo, shrunk_size
from logoflow.utils.files import atomic_path
from logoflow.utils.locks import locked_folder
from logoflow.utils.progress import bar
from logoflow.utils.threads import physical_cores

FORMAT = 2  # of the cache files
MAX_CACHE_BYTES = 4 * 1024**3
"""A split that needs more is not cached. Its photos are then decoded in every epoch."""


def photo_reader(
    paths: Sequence[Path],
    cache: Path | str | None,
    name: str,
    max_short_side: int | None = None,
) -> Callable[[Path], tuple[np.ndarray, float]]:
    """Return a function that reads photos, from the cache if there is one.

    Parameters
    ----------
    paths : sequence of Path
        Picture files.
    cache : Path or str or None
        Folder of the cache. None reads the picture files each time.
    name, max_short_side
        See `cache_photos`.

    Returns
    -------
    callable
        From a path to a photo and its scale, as `read_photo` returns them.

    Raises
    ------
    ImageError, OSError
        See `cache_photos`.

    Examples
    --------
    >>> import cv2
    >>> cv2.imwrite("photo.png", np.zeros((300, 600, 3), np.uint8))
    True
    >>> read = photo_reader([Path("photo.png")], "cache", "train_data", max_short_side=100)
    >>> read(Path("photo.png"))[0].shape
    (100, 200, 3)
    """
    cached = cache_photos(paths, cache, name, max_short_side) if cache else None
    return partial(read_photo, max_short_side=max_short_side) if cached is None else cached.read


class CachedPhotos:
    """Decoded photos, read from the cache file on demand. `cache_photos` returns them.

    Parameters
    ----------
    path : Path
        File that `cache_photos` wrote.
    photos : sequence of Path or str
        Picture files, in the order in which the file holds them.
    """

    def __init__(self, path: Path, photos: Sequence[Path | str], max_short_side: int | None = None):
        header, start = _read_header(path, len(photos))
        self._path, self._max_short_side = path, max_short_side
        self._pixels = np.memmap(path, np.uint8, "r", offset=start)
        self._shapes, self._scales = header["shapes"], header["scales"]
        self._checksums = header["checksums"]
        sizes = [height * width * 3 for height, width in self._shapes]
        self._ends = np.cumsum([0, *sizes])
        self._indices = {Path(photo): index for index, photo in enumerate(photos)}
        self._checked: set[int] = set()

    def __len__(self) -> int:
        return len(self._shapes)

    def read(self, photo: Path | str) -> tuple[np.ndarray, float]:
        """Return a photo and its scale, as `read_photo` does. The array is read-only.

        Each photo is compared with its checksum at its first use. A photo whose pixels were
        damaged on the disk is decoded again, with a warning.
        """
        index = self._indices[Path(photo)]
        flat = self._pixels[self._ends[index] : self._ends[index + 1]]
        if index not in self._checked and zlib.crc32(flat.data) != self._checksums[index]:
            warnings.warn(
                f"{self._path} is damaged, so {photo} is decoded again. Delete the cache file, and "
                "check the disk.",
                stacklevel=2,
            )
            return read_photo(photo, self._max_short_side)
        self._checked.add(index)
        return np.asarray(flat).reshape(*self._shapes[index], 3), self._scales[index]


def _read_header(path: Path, photos: int) -> tuple[dict, int]:
    """Read the shapes and checksums of the photos in a cache file, and where their pixels begin."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        start = int.from_bytes(file.read(8), "little")
        if not 8 < start <= size:
            raise DamagedFileError(f"{path} is cut or altered. Delete it.")
        try:
            header = json.loads(file.read(start - 8))
            shapes, checksums = header["shapes"], header["checksums"]
            pixels = sum(height * width * 3 for height, width in shapes)
            fits = photos == len(shapes) == len(checksums) == len(header["scales"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DamagedFileError(f"{path} is altered ({error}). Delete it.") from error
    if not fits or start + pixels != size:
        raise DamagedFileError(f"{path} does not hold the photos that it names. Delete it.")
    return header, start


def _open_cache(
    path: Path, photos: Sequence[Path | str], max_short_side: int | None
) -> CachedPhotos | None:
    """Open a cache file. One that is damaged is deleted, with a warning, and None is returned."""
    try:
        return CachedPhotos(path, photos, max_short_side)
    except DamagedFileError as error:
        warnings.warn(f"{error} The photos are decoded again.", stacklevel=3)
        path.unlink(missing_ok=True)
        return None


def cache_photos(
    paths: Sequence[Path | str], folder: Path | str, name: str, max_short_side: int | None = None
) -> CachedPhotos | None:
    """Decode photos into one file, or open the file if it exists.

    Parameters
    ----------
    paths : sequence of Path or str
        Picture files.
    folder : Path or str
        Folder of the cache file. If the photos have changed, the new file replaces the old file
        of the same `name` and `max_short_side`.
    name : str
        First part of the file's name.
    max_short_side : int, optional
        See `read_photo`.

    Returns
    -------
    CachedPhotos or None
        None if the photos would take more than `MAX_CACHE_BYTES`, or, with a warning, more than the
        disk has free. They must be decoded each time then.

    Raises
    ------
    ImageError, OSError
        If a photo cannot be read.

    Examples
    --------
    >>> import cv2
    >>> cv2.imwrite("photo.png", np.zeros((300, 600, 3), np.uint8))
    True
    >>> photos = cache_photos(["photo.png"], "cache", "train_data", max_short_side=100)
    >>> photos.read("photo.png")[0].shape
    (100, 200, 3)
    """
    folder, stem = Path(folder), f"{name}-{max_short_side or 'whole'}"
    path = folder / f"{stem}-{_digest(paths)}.photos"
    if path.is_file() and (cached := _open_cache(path, paths, max_short_side)):
        return cached
    sizes = [image_size(Path(photo).read_bytes(), source=str(photo)) for photo in paths]
    shrunk = [shrunk_size(size, max_short_side) for size in sizes]
    needed_bytes = sum(photo.height * photo.width * 3 for photo in shrunk)
    if needed_bytes > MAX_CACHE_BYTES:
        return None
    if not _can_write(folder):
        return None
    with locked_folder(folder):
        if not path.is_file():  # another process may have written it in the meantime
            if not _has_space(folder, needed_bytes):
                return None
            try:
                _write_cache(path, paths, shrunk, max_short_side)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise
                _warn_of_full_disk(folder, needed_bytes)
                return None
            for outdated in set(folder.glob(f"{stem}-*.photos")) - {path}:
                outdated.unlink()
    return CachedPhotos(path, paths, max_short_side)


def _digest(paths: Sequence[Path | str]) -> str:
    """Compute a digest that changes when a photo changes, is added or is removed."""
    files = []
    for path in paths:
        status = os.stat(path)
        files.append((str(path), status.st_size, status.st_mtime_ns))
    return hashlib.sha256(json.dumps([FORMAT, files]).encode()).hexdigest()[:12]


def _can_write(folder: Path) -> bool:
    """Create the folder of the cache. Warn if it cannot be written, as in a read-only data set."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        return True
    warnings.warn(
        f"{folder} cannot be written, so the photos are decoded in every epoch, which takes "
        "longer. Copy the data set to a folder of your own to avoid this.",
        stacklevel=3,
    )
    return False


def _has_space(folder: Path, needed_bytes: int) -> bool:
    """Return whether the disk has room for the cache, and warn if it has not."""
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes <= free_bytes - 100 * 1024**2:
        return True
    _warn_of_full_disk(folder, needed_bytes)
    return False


def _warn_of_full_disk(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    warnings.warn(
        f"The decoded photos need {needed_bytes / 1e9:.1f} GB, but {folder} has only "
        f"{free_bytes / 1e9:.1f} GB free. The photos are decoded in every epoch, which takes "
        "longer. Make room to avoid this.",
        stacklevel=4,
    )


def _write_cache(
    path: Path,
    paths: Sequence[Path | str],
    shrunk: Sequence[ShrunkSize],
    max_short_side: int | None,
) -> None:
    """Decode photos with all cores into a file that appears only when it is complete."""
    shapes = [(photo.height, photo.width) for photo in shrunk]
    scales = [photo.scale for photo in shrunk]
    checksums = [0] * len(shapes)

    def packed_header() -> bytes:
        stored = {"shapes": shapes, "scales": scales, "checksums": checksums}
        # The checksums are known last, so there is room for the longest numbers.
        return json.dumps(stored).encode().ljust(room)

    room = len(json.dumps([shapes, scales])) + 12 * len(shapes) + 100
    ends = np.cumsum([8 + room, *(3 * height * width for height, width in shapes)])
    with atomic_path(path) as tmp, open(tmp, "r+b") as file:
        # Without room on the disk, writing to mapped memory would end the process.
        os.posix_fallocate(file.fileno(), 0, int(ends[-1]))
        pixels = np.memmap(tmp, np.uint8, "r+")

        def write_photo(index: int) -> None:
            photo, _ = read_photo(paths[index], max_short_side)
            checksums[index] = zlib.crc32(np.ascontiguousarray(photo).data)
            pixels[ends[index] : ends[index + 1]] = photo.ravel()

        with ThreadPoolExecutor(physical_cores()) as pool:  # decoding releases Python's lock
            for _ in bar(pool.map(write_photo, range(len(paths))), "photos"):
                pass
        pixels.flush()
        file.write((8 + room).to_bytes(8, "little") + packed_header())
