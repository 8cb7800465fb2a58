"""Inspect the header of an image before decoding it: its format, and whether it is safe."""

import struct

from logoflow.errors import ImageError
from logoflow.images.jpeg_segments import count_scans, frame_size

# A progressive JPEG has about ten scans. Each scan is a pass over all pixels, and an empty scan
# takes only 75 bytes: without limits, a small file could keep a core busy for hours.
_MAX_JPEG_SCANS = 100
_FEW_JPEG_SCANS = 16
_MAX_JPEG_PASSES = 100_000_000  # pixels times scans, for more than a few scans
# Pillow reads each chunk of a PNG in Python, and unpacks up to a megabyte from some of them.
_MAX_PNG_CHUNKS = 20_000
_MAX_PNG_METADATA_CHUNKS = 200
_PNG_PIXELS = {b"IDAT", b"fdAT", b"fcTL"}
_MAX_GIF_HEADER_BYTES = 1 << 18  # before the first frame
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"mif1", b"msf1"}
# The values of a BMP header's compression field for RLE8 and RLE4.
_RUN_LENGTH_COMPRESSIONS = {b"\1\0\0\0", b"\2\0\0\0"}


def image_format(content: bytes, *, source: str = "image") -> str:
    """Determine the format of an image from its first bytes.

    Parameters
    ----------
    content : bytes
        The encoded image.
    source : str
        Name of the image in error messages, such as its path or URL.

    Returns
    -------
    str
        ``"jpeg"``, ``"png"``, ``"gif"``, ``"webp"``, ``"bmp"``, ``"tiff"``, ``"avif"`` or
        ``"heif"``.

    Raises
    ------
    ImageError
        If the bytes are in none of these formats.

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
    if content.startswith(_TIFF_STARTS) and content[8:10] != b"CR":  # Canon's raw files
        return "tiff"
    if content[4:8] == b"ftyp" and (kind := _iso_format(content)):
        return kind
    raise ImageError(
        f"{source}: {_describe(content)}; give a JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP file"
    )


def _iso_format(content: bytes) -> str:
    """Read the format that the first box of a HEIC or AVIF file names; empty for a video."""
    length = min(int.from_bytes(content[:4]), 256)
    brands = {content[at : at + 4] for at in (8, *range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    return "heif" if content[8:12] in _HEIF_BRANDS else ""


def _describe(content: bytes) -> str:
    """Guess what bytes that are not an image could be."""
    if not content:
        return "empty, 0 bytes"
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page, not an image"
    if start.startswith((b"<svg", b"<?xml")):
        return "SVG or XML, not a photo"
    return "not an image in a supported format"


def refuse_costly(content: bytes, kind: str, source: str) -> None:
    """Refuse an image that could take hours or gigabytes to decode, although it is a small file.

    Parameters
    ----------
    content : bytes
        The encoded image.
    kind : str
        The format, from `image_format`.
    source : str
        Name of the image in error messages, such as its path or URL.

    Raises
    ------
    ImageError
        If the image is refused. The message says what to do.

    Examples
    --------
    >>> refuse_costly(b"\\xff\\xd8" + 200 * b"\\xff\\xda\\0\\2", "jpeg", "logo.jpg")
    Traceback (most recent call last):
    logoflow.errors.ImageError: logo.jpg: a JPEG with more than 100 scans; save it again
    """
    if kind == "jpeg":
        _refuse_many_scans(content, source)
    if kind == "png":
        _refuse_many_chunks(content, source)
    # Pillow unpacks run lengths in Python, and four bytes can skip 255 lines, however long. The
    # oldest headers, 12 bytes long, have no compression field.
    if kind == "bmp" and content[14:15] != b"\x0c" and content[30:34] in _RUN_LENGTH_COMPRESSIONS:
        raise ImageError(
            f"{source}: a run-length compressed BMP; save it as PNG or as uncompressed BMP"
        )


def _refuse_many_scans(content: bytes, source: str) -> None:
    """Refuse a JPEG with more passes over its pixels than any program writes.

    What follows its end does not count, such as the video of a phone's motion photo.
    """
    scans = content.count(b"\xff\xda")  # fast, and never too low
    if scans <= _FEW_JPEG_SCANS:
        return
    scans = count_scans(content)
    if scans > _MAX_JPEG_SCANS:
        raise ImageError(f"{source}: a JPEG with more than {_MAX_JPEG_SCANS} scans; save it again")
    width, height = frame_size(content)
    if scans > _FEW_JPEG_SCANS and scans * width * height > _MAX_JPEG_PASSES:
        raise ImageError(
            f"{source}: a JPEG with {scans} scans of {width} x {height} pixels; save it again"
        )


def _refuse_many_chunks(content: bytes, source: str) -> None:
    """Refuse a PNG with more chunks than any program writes."""
    position, metadata = 8, 0
    for _ in range(_MAX_PNG_CHUNKS):
        name = content[position + 4 : position + 8]
        if len(name) < 4 or name == b"IEND":
            return
        metadata += name not in _PNG_PIXELS
        if metadata > _MAX_PNG_METADATA_CHUNKS:
            break
        position += 12 + int.from_bytes(content[position : position + 4], "big")
    raise ImageError(f"{source}: a PNG of too many chunks; save it again")


def gif_size(content: bytes) -> tuple[int, int]:
    """Read the size of a GIF: the smallest that covers its screen and its first frame.

    Pillow allocates memory for a frame as soon as it opens a GIF, too early to refuse a huge one.

    Parameters
    ----------
    content : bytes
        The encoded image.

    Returns
    -------
    (int, int)
        Width and height in pixels.

    Raises
    ------
    ValueError, IndexError, struct.error
        If there is no frame, or too much data before it.
    """
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    position = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while content[position] == 0x21:  # an extension: a label, then blocks until an empty block
        position += 2
        while content[position]:
            position += 1 + content[position]
            if position > _MAX_GIF_HEADER_BYTES:
                raise ValueError(f"it has {position:,} bytes before its first frame")
        position += 1
        if position > _MAX_GIF_HEADER_BYTES:
            raise ValueError(f"it has {position:,} bytes before its first frame")
    if content[position] != 0x2C:
        raise ValueError("it has no frame")
    left, top, frame_width, frame_height = struct.unpack_from("<4H", content, position + 1)
    return max(width, left + frame_width), max(height, top + frame_height)
