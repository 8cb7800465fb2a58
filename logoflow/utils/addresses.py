"""What users write for a file or folder: paths with ``~``, ``file://`` and ``s3://`` addresses."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from logoflow.errors import AddressError

# A scheme has two letters or more: C:/ would be a drive. pathlib turns s3:// into s3:/.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.:-]+):/+(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(\w+|\{[^}]*\})")


def local_path(path: str | os.PathLike) -> Path:
    """Convert what a user wrote to the path of a file or folder on this machine.

    Parameters
    ----------
    path : str or path
        ``~``, environment variables such as ``$HOME`` and addresses such as ``file:///photos`` are
        expanded. A path with a dollar sign that exists as it is written stays as it is.

    Returns
    -------
    Path

    Raises
    ------
    AddressError
        If the path is an address of another machine, such as ``s3://bucket/model``, or names an
        environment variable that is not set, or is empty.

    Examples
    --------
    >>> local_path("file:///photos/a%20cup.jpg").as_posix()
    '/photos/a cup.jpg'
    >>> local_path("~/photos") == Path.home() / "photos"
    True
    """
    text = os.fspath(path)
    if not text:
        raise AddressError("An empty text is no path: name a file or folder.")
    address = remote_address(text)
    if address is not None:
        raise AddressError(
            f"{address} is not on this machine, and this function needs a file or folder that is. "
            "Copy it to this machine first, and pass its path here."
        )
    if text.lower().startswith("file:"):
        text = _path_of_file_url(text)
    elif "$" in text and not os.path.lexists(os.path.expanduser(text)):
        text = _with_variables(text)
    return Path(text).expanduser()


def remote_address(path: str | os.PathLike) -> str | None:
    """Return the address of a file or folder on another machine; None for a local path.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    str or None

    Examples
    --------
    >>> remote_address(Path("s3://bucket/model"))
    's3://bucket/model'
    >>> remote_address("~/model"), remote_address("file:///model")
    (None, None)
    """
    match = _ADDRESS.fullmatch(os.fspath(path))
    if match is None or match[1].lower() == "file":
        return None
    return f"{match[1].lower()}://{match[2]}"


def _path_of_file_url(url: str) -> str:
    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        if host not in ("", "localhost") or not slash:
            raise AddressError(
                f"{url} names the machine {host!r}. Write three slashes for a file on this "
                "machine, as in file:///home/me/photos."
            )
        rest = slash + rest
    return unquote(rest)


def _with_variables(text: str) -> str:
    """Replace environment variables. An unset one that is a whole part of the path is an error."""
    expanded = os.path.expandvars(text)
    for part in Path(expanded).parts:
        match = _VARIABLE.fullmatch(part)
        if match:
            raise AddressError(
                f"{text}: the environment variable {match[1].strip('{}')} is not set. Set it, or "
                "write the path in full."
            )
    return expanded


def storage_address(path: str | os.PathLike) -> str | None:
    """Return an address that fsspec reads; None for a local path and for http and https.

    Examples
    --------
    >>> storage_address("gs://bucket/model"), storage_address("https://example.com/model")
    ('gs://bucket/model', None)
    """
    address = remote_address(path)
    return None if address is None or address.startswith(("http://", "https://")) else address


def read_bytes(path: str | os.PathLike) -> bytes:
    """Read a file, also at an address of fsspec.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    bytes

    Raises
    ------
    OSError
        If the file is missing or cannot be read.
    AddressError
        If a package for the address is missing.

    Examples
    --------
    >>> _ = Path("notes.txt").write_text("hello")
    >>> read_bytes("notes.txt")
    b'hello'
    """
    address = storage_address(path)
    if address is None:
        return local_path(path).read_bytes()
    files, root = open_storage(address)
    with explained(address):
        return files.cat_file(root)


def list_files(address: str) -> list[str]:
    """List the addresses of all files below a folder at an address of fsspec, or of a single file.

    Parameters
    ----------
    address : str

    Returns
    -------
    list of str
        Sorted. Empty if there is no such file or folder.
    """
    files, root = open_storage(address)
    with explained(address):
        return sorted(files.unstrip_protocol(name) for name in files.find(root))


def open_storage(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise AddressError(
            f"{address} is read and written through fsspec, which is not installed. Install it "
            "with `pip install fsspec`, and the package for this kind of address, such as s3fs or "
            "gcsfs."
        ) from error
    try:
        return url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise AddressError(
            f"{address} cannot be opened: {error}. Install the package that fsspec needs for this "
            "kind of address (for s3:// it is s3fs, for gs:// gcsfs, for abfs:// adlfs), or copy "
            "the files to this machine."
        ) from error


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Name the address in errors of a storage service."""
    try:
        yield
    except AddressError:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file or folder {address}.") from error
    except Exception as error:  # each service has errors of its own
        raise OSError(f"{address} cannot be read ({type(error).__name__}: {error}).") from error
