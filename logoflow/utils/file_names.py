"""Names of files as they occur: not UTF-8, too long, or with characters that no one can read."""

import hashlib
import os
import re
import unicodedata

MAX_NAME_BYTES = 136  # encrypted home folders and some network disks allow 143
MAX_FOLDER_BYTES = 255  # the longest name of a folder that every file system can hold


def readable_name(name: str) -> str:
    """Turn the name of a file or folder into text that can be printed, stored and compared.

    Parameters
    ----------
    name : str
        As Python reads it from the disk. Bytes that are not UTF-8, as in archives from older
        Windows programs, are taken for Windows-1252.

    Returns
    -------
    str
        In Unicode's composed form, because macOS writes an accent as a character of its own. Runs
        of line ends and other control characters become a space.

    Examples
    --------
    >>> readable_name(os.fsdecode(b"nestl\\xe9"))
    'nestlé'
    >>> readable_name("cafe\\u0301\\n.jpg")
    'café .jpg'
    """
    printable = "".join(" " if _is_control(character) else character for character in as_text(name))
    return unicodedata.normalize("NFC", re.sub(" +", " ", printable))


def as_text(name: str) -> str:
    """Turn a path into text that can be stored, and leave it alone wherever that is possible.

    Parameters
    ----------
    name : str
        As Python reads it from the disk, or a message with such a name.

    Returns
    -------
    str
        The same text if it can be written as UTF-8. Otherwise bytes that are not UTF-8 are taken
        for Windows-1252, as in `readable_name`.

    Examples
    --------
    >>> as_text("cafe\\u0301.jpg") == "cafe\\u0301.jpg"
    True
    >>> as_text(os.fsdecode(b"caf\\xe9.jpg"))
    'café.jpg'
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(_from_windows(character) for character in name)
    return name


def class_name(folder: str) -> str:
    """Turn the name of a folder into a class name.

    Parameters
    ----------
    folder : str
        As Python reads it from the disk.

    Returns
    -------
    str
        Readable, short enough for a folder, without spaces at the ends, without slashes, and
        without a dot at the beginning, which would hide the folder.

    Examples
    --------
    >>> class_name(" H&M "), class_name(".NET")
    ('H&M', '_NET')
    """
    name = re.sub(r"[/\\]", "_", readable_name(folder)).strip()
    return fitting_name(re.sub(r"^\.+", "_", name), MAX_FOLDER_BYTES)


def fitting_name(name: str, max_bytes: int = MAX_NAME_BYTES) -> str:
    """Shorten the name of a file if it is too long for some file systems.

    Parameters
    ----------
    name : str
        A file name.
    max_bytes : int
        Largest number of bytes in UTF-8.

    Returns
    -------
    str
        The name itself if it fits. A shortened name has a part of the name's hash, so that two
        long names stay different, and keeps the suffix.

    Examples
    --------
    >>> fitting_name("cup.jpg")
    'cup.jpg'
    >>> len(fitting_name(250 * "x" + ".jpg"))
    136
    """
    encoded = name.encode("utf-8", errors="surrogateescape")
    if len(encoded) <= max_bytes:
        return name
    stem, suffix = os.path.splitext(name)
    suffix = suffix if len(suffix.encode("utf-8", "surrogateescape")) <= 20 else ""
    tail = f"-{hashlib.sha256(encoded).hexdigest()[:8]}{suffix}"
    room = max_bytes - len(tail.encode("utf-8", "surrogateescape"))
    start = stem.encode("utf-8", "surrogateescape")[:room]
    return start.decode("utf-8", errors="ignore") + tail


def _from_windows(character: str) -> str:
    """Replace a surrogate, which stands for a byte that is not UTF-8; other characters stay."""
    if not "\udc80" <= character <= "\udcff":
        return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= character <= "\udfff" else character
    return bytes([ord(character) - 0xDC00]).decode("cp1252", errors="replace")


def _is_control(character: str) -> bool:
    """Tell whether a character is a line end or another control character."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp")
