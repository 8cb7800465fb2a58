"""Read ``.npz`` files whose sizes are checked before anything is allocated."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from logoflow.errors import DamagedFileError

MAX_RATIO = 100
"""Largest size of the arrays, as a multiple of the size of the file. A file of zeros has 1000."""
FREE_BYTES = 16 << 20
"""Arrays up to this size are read whatever the ratio is."""
MAX_HEADER = 10_000  # bytes
KINDS = "biufU"  # bool, integers, floats and text; no objects, which would be unpickled


def read_npz(path: Path | str, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Read the arrays of an ``.npz`` file.

    Parameters
    ----------
    path : Path or str
        The file.
    names : sequence of str, optional
        Arrays to read. All of them must be there. Default: all arrays of the file.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    DamagedFileError
        If the file is cut or altered, lacks an array, or would unpack to far more bytes than an
        honest file of its size.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> np.savez("two.npz", labels=np.arange(3), names=np.array(["a", "b"]))
    >>> read_npz("two.npz", ["labels"])
    {'labels': array([0, 1, 2])}
    """
    path = Path(path)
    limit = max(FREE_BYTES, MAX_RATIO * path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            stored = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            names = list(stored) if names is None else names
            _check_entries([stored[name] for name in names], limit)
            return {name: _read_array(archive, stored[name]) for name in names}
    except KeyError as error:
        raise _damaged(path, f"it has no array {error}") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        tokenize.TokenError,
        EOFError,
        ValueError,
        SyntaxError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
        MemoryError,
    ) as error:
        raise _damaged(path, str(error) or type(error).__name__) from error


def _damaged(path: Path, reason: str) -> DamagedFileError:
    return DamagedFileError(f"{path} is damaged, or no .npz file ({reason}).")


def _check_entries(entries: list[zipfile.ZipInfo], limit: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > limit:
        raise ValueError(f"its arrays announce {total:,} bytes, more than {limit:,}")
    if any(
        entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries
    ):
        raise ValueError("an array is compressed by a method that NumPy does not use")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    """Read an array whose header agrees with the number of its bytes."""
    with archive.open(entry) as file:
        shape, fortran_order, dtype = _read_header(file)  # type: ignore[arg-type]
        if dtype.kind not in KINDS or dtype.hasobject:
            raise ValueError(f"{entry.filename} holds {dtype}")
        if file.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
            raise ValueError(f"{entry.filename} does not have the size of {shape} {dtype}")
        content = bytearray(file.read())  # a bytearray, so that the array can be written to
        if file.read(1) or len(content) != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{entry.filename} is cut")
    values = np.frombuffer(content, dtype)
    return values.reshape(shape, order="F" if fortran_order else "C")


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"the version {version} of an array is unknown")
    shape, fortran_order, dtype = readers[version](file, max_header_size=MAX_HEADER)
    if any(side < 0 for side in shape):
        raise ValueError(f"an array has the shape {shape}")
    return shape, fortran_order, dtype
