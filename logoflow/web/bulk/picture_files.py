"""Read the picture of a row that names a file, or an address of fsspec, instead of a URL."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from logoflow.errors import AddressError, FetchError
from logoflow.fetch.fetch_image import BLANKS, Fetched, check_bytes, check_picture
from logoflow.utils.addresses import local_path, open_storage, storage_address
from logoflow.web.bulk.csv_files import is_faulty_row

NOT_ALLOWED = (
    "only http:// and https:// URLs are fetched; if you trust the source of this list, "
    "allow_files=True reads files and addresses such as s3:// too"
)


def is_url(entry: str) -> bool:
    """Tell whether an entry of a list is an http or https address, also a misspelt one.

    Examples
    --------
    >>> [is_url(entry) for entry in ("HTTPS://a/1.jpg", "http:/a", "photos/1.jpg", "s3://a/1.jpg")]
    [True, True, False, False]
    """
    return entry.strip(BLANKS).lower().startswith(("http:", "https:"))


def read_picture_file(
    entry: str, folder: str | None, *, max_bytes: int, max_pixels: int
) -> Fetched:
    """Read a picture from a file, or from an address of fsspec.

    Parameters
    ----------
    entry : str
        A path, which may begin with ``~`` or ``file://`` or contain environment variables, or an
        address of fsspec such as ``s3://bucket/cup.jpg``.
    folder : str or None
        Folder at which relative paths begin. None: files must not be read.
    max_bytes, max_pixels : int
        Limits of the picture.

    Returns
    -------
    Fetched
        Its `url` is the address of the file. The picture is not decoded.

    Raises
    ------
    FetchError
        Of the kind ``refused``, ``not_found``, ``unreadable``, ``too_large`` or ``not_an_image``.

    Examples
    --------
    >>> from PIL import Image
    >>> Image.new("RGB", (8, 6)).save("cup.png")
    >>> picture = read_picture_file("cup.png", os.getcwd(), max_bytes=1000, max_pixels=1000)
    >>> picture.width, Path(picture.url).name
    (8, 'cup.png')
    """
    if is_faulty_row(entry):
        raise FetchError("refused", entry, "this row of the CSV file has too many fields")
    if folder is None:
        raise FetchError("refused", entry, NOT_ALLOWED)
    with _as_fetch_error(entry):
        address = storage_address(entry)
        if address is None:
            path = Path(folder, local_path(entry))
            content, url = _read_local(entry, path, max_bytes), path.as_uri()
        else:
            content, url = _read_storage(address, max_bytes), address
        limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
        width, height = check_picture(entry, content, **limits, decode=False, source="the file")
    return Fetched(content, url, width, height, hashlib.sha256(content).hexdigest(), None)


@contextmanager
def _as_fetch_error(entry: str) -> Iterator[None]:
    """Convert all that can go wrong with a file to the error of a row."""
    try:
        yield
    except FetchError:
        raise
    except AddressError as error:
        raise FetchError("refused", entry, str(error)) from error
    except FileNotFoundError as error:
        raise FetchError("not_found", entry, "there is no such file") from error
    except Exception as error:  # each storage service has errors of its own
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise FetchError("unreadable", entry, f"the file cannot be read: {reason}") from error


def _read_local(entry: str, path: Path, max_bytes: int) -> bytes:
    """Read a file of this machine. Devices and pipes could have no end, or never begin."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        # A value of an environment variable may be secret. The answers must not show it.
        name = entry if "$" in entry else path
        raise FetchError("not_found", entry, f"there is no file {name}") from error
    _check_is_file(entry, mode)
    with open(path, "rb", opener=_open_at_once) as file:
        return _read_up_to(entry, file, max_bytes)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file. If it has become a pipe meanwhile, do not wait for somebody who writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_up_to(entry: str, file: BinaryIO, max_bytes: int) -> bytes:
    status = os.fstat(file.fileno())
    _check_is_file(entry, status.st_mode)
    check_bytes(entry, status.st_size, max_bytes)
    return file.read(max_bytes + 1)  # files of /proc say that they are empty


def _check_is_file(entry: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FetchError("unreadable", entry, "this is a folder; list its pictures one by one")
    if not stat.S_ISREG(mode):
        raise FetchError("unreadable", entry, "this is a device, a pipe or a socket, not a file")


def _read_storage(address: str, max_bytes: int) -> bytes:
    """Read a file at an address of fsspec."""
    if "::" in address:  # fsspec would take simplecache::http://... past the rules for URLs
        raise FetchError("refused", address, "an address with :: is not read; copy the file first")
    files, root = open_storage(address)
    details = files.info(root)
    if details.get("type") == "directory":
        raise FetchError("unreadable", address, "this is a folder; list its pictures one by one")
    size = details.get("size")
    if size is not None:
        check_bytes(address, size, max_bytes)
    # Services refuse a range of an empty file.
    return b"" if size == 0 else files.cat_file(root, 0, max_bytes + 1)
