"""A split's photos decoded once, in one memory-mapped file that all processes share."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock

from logoflow.errors import CacheError
from logoflow.images.decode import decode_image, image_size
from logoflow.utils.files import atomic_path
from logoflow.utils.progress import bar
from logoflow.utils.threads import physical_cores

MAX_BYTES = 4 * 1024**3
"""A split that would take more is decoded anew in every epoch instead."""


def read_photo(path: Path | str, max_short_side: int | None = None) -> tuple[np.ndarray, float]:
    """Read a photo as training wants it: no larger than it is going to be looked at.

    Parameters
    ----------
    path : Path or str
        A picture file.
    max_short_side : int, optional
        A photo whose shorter side is longer, in pixels, is shrunk to it. None: full size.

    Returns
    -------
    photo : ndarray
        (height, width, 3), uint8, RGB.
    scale : float
        What its sides were multiplied with, at most 1.

    Raises
    ------
    ImageError, OSError
        See `logoflow.read_image`.
    """
    content = Path(path).read_bytes()
    scale, (height, width) = _shrunk(image_size(content, source=str(path)), max_short_side)
    photo = decode_image(content, source=str(path), min_side=None if scale == 1 else max_short_side)
    if photo.shape[:2] != (height, width):
        photo = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
    return photo, scale


class CachedPhotos:
    """Decoded photos, read from the file as they are asked for.

    Parameters
    ----------
    path : Path
        What `cache_photos` wrote.
    """

    def __init__(self, path: Path):
        with open(path, "rb") as file:
            start = int.from_bytes(file.read(8), "little")
            told = json.loads(file.read(start - 8))
        self._pixels = np.memmap(path, np.uint8, "r", offset=start)
        self._shapes, self._scales = told["shapes"], told["scales"]
        sizes = [height * width * 3 for height, width in self._shapes]
        self._ends = np.cumsum([0, *sizes])

    def __len__(self) -> int:
        return len(self._shapes)

    def photo(self, number: int) -> tuple[np.ndarray, float]:
        """One photo and its scale, as `read_photo` gives them; the array is read-only."""
        flat = self._pixels[self._ends[number] : self._ends[number + 1]]
        return np.asarray(flat).reshape(*self._shapes[number], 3), self._scales[number]


def cache_photos(
    paths: Sequence[Path | str], folder: Path | str, name: str, max_short_side: int | None = None
) -> CachedPhotos | None:
    """Decode photos into one file, or find the file that was made of them before.

    Parameters
    ----------
    paths : sequence of Path or str
        Picture files.
    folder : Path or str
        Where the file goes. One that was made of other photos under the same name, or of these
        before they changed, is replaced.
    name : str
        Start of the file's name.
    max_short_side : int, optional
        See `read_photo`.

    Returns
    -------
    CachedPhotos or None
        None if it would take more than `MAX_BYTES`.

    Raises
    ------
    CacheError
        If the disk has too little room: nothing was written.
    ImageError, OSError
        A photo cannot be read.

    Examples
    --------
    >>> photos = cache_photos(paths, root / "cache", "train_data", max_short_side=400)
    >>> photos.photo(0)[0].shape
    (400, 533, 3)
    """
    folder, stem = Path(folder), f"{name}-{max_short_side or 'whole'}"
    path = folder / f"{stem}-{_digest(paths)}.photos"
    if path.is_file():
        return CachedPhotos(path)
    headers = [image_size(Path(photo).read_bytes(), source=str(photo)) for photo in paths]
    shrunk = [_shrunk(size, max_short_side) for size in headers]
    wanted = sum(height * width * 3 for _, (height, width) in shrunk)
    if wanted > MAX_BYTES:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".cache.lock"):
        if not path.is_file():  # another process may have made it meanwhile
            _require_room(folder, wanted)
            _build(path, paths, shrunk, max_short_side)
            for old in set(folder.glob(f"{stem}-*.photos")) - {path}:
                old.unlink()
    return CachedPhotos(path)


def _shrunk(size: tuple[int, int], max_short_side: int | None) -> tuple[float, tuple[int, int]]:
    """Scale, and (height, width) after it, of a photo of (width, height)."""
    width, height = size
    if max_short_side is None or min(size) <= max_short_side:
        return 1.0, (height, width)
    scale = max_short_side / min(size)
    return scale, (round(height * scale), round(width * scale))


def _digest(paths: Sequence[Path | str]) -> str:
    """Changes whenever a photo does, comes or goes."""
    facts = []
    for path in paths:
        about = os.stat(path)
        facts.append((str(path), about.st_size, about.st_mtime_ns))
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def _require_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted > free - 100 * 1024**2:
        raise CacheError(
            f"Decoded, these photos take {wanted / 1e9:.1f} GB, and {folder} has "
            f"{free / 1e9:.1f} GB free: make room, or pass cache=False to decode them every epoch."
        )


def _build(
    path: Path, paths: Sequence[Path | str], shrunk: list, max_short_side: int | None
) -> None:
    """Decode with all cores into a file that appears when it is whole."""
    told = {"shapes": [shape for _, shape in shrunk], "scales": [scale for scale, _ in shrunk]}
    header = json.dumps(told).encode()
    ends = np.cumsum([8 + len(header), *(3 * h * w for h, w in told["shapes"])])
    with atomic_path(path) as tmp, open(tmp, "r+b") as file:
        file.write((8 + len(header)).to_bytes(8, "little") + header)
        file.truncate(int(ends[-1]))
        pixels = np.memmap(tmp, np.uint8, "r+")

        def put(number: int) -> None:
            photo, _ = read_photo(paths[number], max_short_side)
            pixels[ends[number] : ends[number + 1]] = photo.ravel()

        with ThreadPoolExecutor(physical_cores()) as pool:  # decoding lets go of Python's lock
            for _ in bar(pool.map(put, range(len(paths))), "photos"):
                pass
        pixels.flush()
