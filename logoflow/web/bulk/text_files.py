"""Open text files whose encoding is not known: UTF-8, UTF-16, UTF-32, or what Excel writes."""

import bz2
import codecs
import gzip
import lzma
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

DECOMPRESSORS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""How compressed files are opened, by the end of their name."""

_MARKS = {  # UTF-32's begins with UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE_BYTES = 4096


@contextmanager
def open_text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file, compressed or not.

    A byte that is not UTF-8 is read as Windows-1252, the encoding of Excel in Western Europe.

    Parameters
    ----------
    path : Path
        The file. Its name says whether it is compressed.
    newline : str, optional
        See the built-in `open`.

    Yields
    ------
    TextIO

    Raises
    ------
    ValueError
        If the file is damaged.

    Warns
    -----
    UserWarning
        If there was a byte that is not UTF-8.

    Examples
    --------
    >>> _ = Path("shops.csv").write_bytes("Café".encode("utf-16"))
    >>> with open_text(Path("shops.csv")) as file:
    ...     file.read()
    'Café'
    """
    opener: Any = DECOMPRESSORS.get(path.suffix.lower(), open)
    errors = f"logoflow-{id(path)}"
    foreign_bytes: list[bytes] = []

    def as_windows_1252(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        faulty = error.object[error.start : error.end]
        foreign_bytes.append(faulty)
        if error.encoding.lower() not in ("utf-8", "utf8", "utf-8-sig"):
            return "\ufffd", error.end
        return faulty.decode("cp1252", "replace"), error.end

    codecs.register_error(errors, as_windows_1252)
    try:
        with opener(path, "rb") as file:
            encoding = guess_encoding(file.read(_SAMPLE_BYTES))
        with opener(path, "rt", encoding=encoding, errors=errors, newline=newline) as file:
            yield file
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read to its end ({error}). Repair it and make the same call again."
        ) from error
    if foreign_bytes:
        warnings.warn(
            f"{path} is not {encoding.upper().removesuffix('-SIG')} throughout. Such bytes were "
            "read as Windows-1252 (Western European). If the text looks wrong, save the file as "
            "UTF-8.",
            stacklevel=2,
        )


def guess_encoding(start: bytes) -> str:
    """Guess the encoding of a text from its first bytes.

    Parameters
    ----------
    start : bytes

    Returns
    -------
    str
        Text of addresses in UTF-16 has a zero byte in every pair, also without a byte order mark.

    Examples
    --------
    >>> guess_encoding("http://a/".encode("utf-16")), guess_encoding("http://a/".encode("utf-16-be"))
    ('utf-16', 'utf-16-be')
    >>> guess_encoding(b"http://a/")
    'utf-8-sig'
    """
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    pairs = len(start) // 2
    if pairs and start[1::2].count(0) > 0.4 * pairs and not start[0::2].count(0):
        return "utf-16-le"
    if pairs and start[0::2].count(0) > 0.4 * pairs and not start[1::2].count(0):
        return "utf-16-be"
    return "utf-8-sig"
