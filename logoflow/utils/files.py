"""Write files atomically: a file is either complete or does not exist."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The umask can only be read by setting it, so this happens once, before there are threads.
_UMASK = os.umask(0)
os.umask(_UMASK)
_FILE_MODE = 0o666 & ~_UMASK


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Provide a temporary file to write to, and rename it to `path` on success.

    Parameters
    ----------
    path : Path or str
        The file to write. Its folder is created if necessary.

    Yields
    ------
    Path
        An empty temporary file in the same folder. It is removed if the block raises an error.

    Examples
    --------
    >>> with atomic_path("model/classes.json") as tmp:
    ...     _ = tmp.write_text("[]")
    >>> Path("model/classes.json").read_text()
    '[]'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    start = path.name[:40]  # the whole of a long name would make the temporary name too long
    handle, name = tempfile.mkstemp(prefix=f".{start}.", suffix=".part", dir=path.parent)
    os.close(handle)
    tmp = Path(name)
    try:
        yield tmp
        os.chmod(tmp, _FILE_MODE)
        with open(tmp, "rb") as written:
            os.fsync(written.fileno())
        os.replace(tmp, path)
    finally:
        tmp.unlink(missing_ok=True)


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
    with atomic_path(path) as tmp:
        tmp.write_text(text, encoding="utf-8")
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
