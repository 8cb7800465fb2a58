"""What a picture's first bytes tell before it is decoded: its format, and whether it is safe."""

import struct

from logoflow.errors import ImageError

# A progressive JPEG has about ten scans. Each one costs a pass over all pixels, and one that
# changes nothing takes 75 bytes: without a limit a small file keeps a core busy for hours.
_MAX_SCANS = 100
# Pillow puts a picture's remarks together piece by piece, copying what it has each time: megabytes
# of them keep a core busy for minutes. Cameras write one EXIF segment, now and then a few.
_MAX_EXIF = 16
_MAX_BEFORE_FRAME = 1 << 18  # bytes
# What a BMP's header calls its run-length compressions: RLE8 and RLE4.
_RUN_LENGTHS = {b"\1\0\0\0", b"\2\0\0\0"}


def image_format(content: bytes, *, source: str = "image") -> str:
    """Tell a picture's format from its first bytes, whatever it is called or labelled.

    Parameters
    ----------
    content : bytes
        The encoded picture.
    source : str
        Where it came from, for the error message.

    Returns
    -------
    str
        ``"jpeg"``, ``"png"``, ``"gif"``, ``"webp"`` or ``"bmp"``.

    Raises
    ------
    ImageError
        The bytes begin like none of these.

    Examples
    --------
    >>> image_format(b"BM" + bytes(60))
    'bmp'
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content.startswith(b"BM"):
        return "bmp"
    raise ImageError(f"{source}: {_what_else(content)}; give a JPEG, PNG, WebP, GIF or BMP file")


def _what_else(content: bytes) -> str:
    """Guess what bytes are that are no picture."""
    if not content:
        return "empty, 0 bytes"
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page, not a picture"
    if start.startswith((b"<svg", b"<?xml")):
        return "SVG or XML, not a photo"
    return "not a picture in a format read here"


def refuse_costly(content: bytes, kind: str, source: str) -> None:
    """Refuse what is small as a file and takes hours or gigabytes, however few its pixels.

    Parameters
    ----------
    content : bytes
        The encoded picture.
    kind : str
        What `image_format` says of it.
    source : str
        Where it came from, for the error message.

    Raises
    ------
    ImageError
        It is such a file; the message says what to do.
    """
    if kind == "jpeg" and content.count(b"\xff\xda") > _MAX_SCANS:
        raise ImageError(f"{source}: a JPEG of more than {_MAX_SCANS} scans; save it anew")
    if kind == "jpeg" and content.count(b"Exif\0\0") > _MAX_EXIF:
        raise ImageError(f"{source}: a JPEG of more than {_MAX_EXIF} EXIF segments; save it anew")
    # Pillow unpacks runs in Python, and four bytes that skip lines to 255 times a line's length.
    # The oldest headers, 12 bytes long, have no such field.
    if kind == "bmp" and content[14:15] != b"\x0c" and content[30:34] in _RUN_LENGTHS:
        raise ImageError(
            f"{source}: a run-length compressed BMP; save it as PNG or as an uncompressed BMP"
        )


def gif_size(content: bytes) -> tuple[int, int]:
    """Width and height of a GIF's screen and first frame together.

    Pillow allocates a frame while it opens a GIF, too early to refuse a huge one.

    Raises
    ------
    ValueError, IndexError, struct.error
        There is no frame, or too much before it.
    """
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    position = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while content[position] == 0x21:  # an extension: label, then blocks up to an empty one
        position += 2
        while content[position]:
            position += 1 + content[position]
        position += 1
    if content[position] != 0x2C:
        raise ValueError("no frame")
    if position > _MAX_BEFORE_FRAME:
        raise ValueError(f"{position:,} bytes before its first frame; save it anew")
    left, top, across, down = struct.unpack_from("<4H", content, position + 1)
    return max(width, left + across), max(height, top + down)
