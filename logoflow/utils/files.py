"""Write files atomically: a file is either complete or does not exist."""

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from logoflow.utils.locks import lock_file
from logoflow.utils.paths import explained, make_folder

# The umask can only be read by setting it, so this happens once, before there are threads.
_UMASK = os.umask(0)
os.umask(_UMASK)
_FILE_MODE = 0o666 & ~_UMASK


_LEFTOVER = re.compile(r"\..+\.[a-z0-9_]{8}\.part")
_swept: set[Path] = set()  # folders that this process has cleaned up


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Provide a temporary file to write to, and rename it to `path` on success.

    Parameters
    ----------
    path : Path or str
        The file to write. Its folder is created if necessary. Temporary files that killed processes
        left there are removed, once per process.

    Yields
    ------
    Path
        An empty temporary file in the same folder. It is removed if the block raises an error.

    Raises
    ------
    OSError
        If the disk has no room, or does not take the file. `path` is then as it was.

    Examples
    --------
    >>> with atomic_path("model/classes.json") as tmp:
    ...     _ = tmp.write_text("[]")
    >>> Path("model/classes.json").read_text()
    '[]'
    """
    path = Path(path)
    make_folder(path.parent)
    if path.parent not in _swept:
        _swept.add(path.parent)
        remove_leftovers(path.parent)
    handle, name = _locked_temporary(path)
    tmp = Path(name)
    try:
        yield tmp
        with suppress(OSError):  # some file systems have no modes
            os.chmod(tmp, _FILE_MODE)
        with open(tmp, "rb") as written:
            os.fsync(written.fileno())
        os.replace(tmp, path)
    finally:
        tmp.unlink(missing_ok=True)
        os.close(handle)


def _locked_temporary(path: Path) -> tuple[int, str]:
    """Create a temporary file, and lock it as long as its process lives."""
    # The whole of a long name would make the temporary name too long.
    prefix, suffix = f".{path.name[:40]}.", ".part"
    while True:
        try:
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
        except OSError as error:
            raise explained(error, path.parent) from error
        lock_file(handle)
        with suppress(FileNotFoundError):
            if os.fstat(handle).st_ino == os.stat(name).st_ino:
                return handle, name
        os.close(handle)  # another process removed it before it was locked


def remove_leftovers(folder: Path | str) -> list[Path]:
    """Remove the temporary files that killed processes left in a folder.

    A process that still writes holds a lock on its file. Such a file stays.

    Parameters
    ----------
    folder : Path or str

    Returns
    -------
    list of Path
        The files that were removed.
    """
    removed = []
    for path in Path(folder).glob(".*.part"):
        if _LEFTOVER.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):
                handle = os.open(path, os.O_RDONLY)
                try:
                    if lock_file(handle, wait=False):
                        path.unlink()
                        removed.append(path)
                finally:
                    os.close(handle)
    return removed


class _HashingFile(io.BufferedIOBase):
    """Writes to a file from the beginning to the end, and hashes the bytes on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()


@contextmanager
def verified_file(path: Path | str) -> Iterator[io.BufferedIOBase]:
    """Write a file, read it back, and replace `path` only if the disk returns the same bytes.

    Parameters
    ----------
    path : Path or str
        The file to write. Its folder is created if necessary.

    Yields
    ------
    file
        A binary file that can be written from the beginning to the end.

    Raises
    ------
    OSError
        If the disk has no room, or returns other bytes. `path` is then as it was.

    Examples
    --------
    >>> with verified_file("numbers.bin") as file:
    ...     _ = file.write(b"12")
    >>> Path("numbers.bin").read_bytes()
    b'12'
    """
    with atomic_path(path) as tmp:
        with open(tmp, "wb") as opened:
            file = _HashingFile(opened)
            yield file
            opened.flush()
            os.fsync(opened.fileno())
        if sha256_of(tmp) != file.digest.hexdigest():
            raise OSError(
                f"{path} was not written: the disk returned other bytes than it was given. Check "
                "whether the disk is full or broken, then try again."
            )


def write_text(path: Path | str, text: str) -> Path:
    """Write a text file atomically, as UTF-8.

    Parameters
    ----------
    path : Path or str
        The file to write. Its folder is created if necessary.
    text : str

    Returns
    -------
    Path
        `path`.

    Examples
    --------
    >>> write_text("notes/today.txt", "hello").read_text()
    'hello'
    """
    with verified_file(path) as file:
        file.write(text.encode("utf-8"))
    return Path(path)


def sha256_of(path: Path | str) -> str:
    """Compute the SHA-256 of a file without loading it into memory as a whole.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> sha256_of(write_text("empty.txt", ""))[:16]
    'e3b0c44298fc1c14'
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()
