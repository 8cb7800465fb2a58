"""Read the content of files that the caller has opened."""

import io
import os
from typing import Any


def read_open_file(file: Any) -> tuple[bytes, str | None]:
    """Read an open file from its beginning.

    Parameters
    ----------
    file : file object
        Open for reading bytes. One that cannot be rewound, such as a pipe, is read from where it
        is.

    Returns
    -------
    content : bytes
    name : str or None
        The path that it was opened with, if any.

    Raises
    ------
    TypeError
        If the file is open for reading text, or closed.

    Examples
    --------
    >>> from io import BytesIO
    >>> read_open_file(BytesIO(b"GIF89a"))
    (b'GIF89a', None)
    """
    name = getattr(file, "name", None)
    name = os.fspath(name) if isinstance(name, str | os.PathLike) else None
    if getattr(file, "closed", False):
        raise TypeError(f"{name or 'The file'} is closed: open it, or give its path.")
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{name or 'The file'} is open as text: open it with the mode 'rb'.")
    seekable = getattr(file, "seekable", None)
    if seekable is not None and seekable():
        file.seek(0)
    content = file.read()
    if not isinstance(content, bytes | bytearray):
        raise TypeError(f"{name or 'The file'} is open as text: open it with the mode 'rb'.")
    return bytes(content), name
