"""Take the metadata out of a JPEG before it is decoded.

Pillow reads every segment before the pixels in Python, joins some of them, and parses their EXIF
data. A few megabytes of small segments, of padding or of nested EXIF entries would keep a core busy
for half a minute, although the picture is tiny.
"""

import re
import struct

MAX_SEGMENTS = 2000
"""Largest number of segments before the pixels. Colour profiles and depth maps have up to 300."""
MAX_PADDING = 4096  # bytes of 0xFF between the segments
MAX_KEPT_BYTES = 1024  # of a segment of an application that decoding depends on
SCAN = 0xDA
_END, _APP0, _APP1, _APP14, _COMMENT = 0xD9, 0xE0, 0xE1, 0xEE, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, 0xD8, *range(0xD0, 0xD8)}
_PADDING = re.compile(rb"\xff+")
_NEXT_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def split_metadata(content: bytes) -> tuple[bytes, bytes]:
    """Separate a JPEG from its metadata.

    Parameters
    ----------
    content : bytes
        The encoded image.

    Returns
    -------
    picture : bytes
        The JPEG without EXIF data, comments, colour profiles and the like. They do not change the
        pixels that it is decoded to.
    exif : bytes
        The first EXIF data; empty if there is none.

    Raises
    ------
    ValueError
        If there are too many segments, or too much padding between them.

    Examples
    --------
    >>> split_metadata(b"\\xff\\xd8\\xff\\xfe\\x00\\x05bmw\\xff\\xda\\x00\\x02...")
    (b'\\xff\\xd8\\xff\\xda\\x00\\x02...', b'')
    """
    kept, exif, position, padding = [content[:2]], b"", 2, 0
    for _ in range(MAX_SEGMENTS):
        match = _PADDING.search(content, position)
        if match is None or match.end() == len(content):
            raise ValueError("it has no pixels")
        marker_at = match.end()
        padding += marker_at - 1 - position
        if padding > MAX_PADDING:
            raise ValueError(f"more than {MAX_PADDING} bytes of padding before its pixels")
        marker = content[marker_at]
        if marker == SCAN:
            return b"".join([*kept, content[marker_at - 1 :]]), exif
        position = marker_at + 1
        if marker not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(content[position : position + 2], "big"))
        body = content[marker_at + 3 : position]
        if marker == _APP1 and not exif and body.startswith(b"Exif\0\0"):
            exif = body
        if _matters(marker, len(body)):
            kept.append(content[marker_at - 1 : position])
    raise ValueError(f"more than {MAX_SEGMENTS} segments before its pixels")


def _matters(marker: int, length: int) -> bool:
    """Tell whether pixels depend on a segment. JFIF's and Adobe's say how colours are stored."""
    if marker in (_APP0, _APP14):
        return length <= MAX_KEPT_BYTES
    return marker not in _APPLICATIONS and marker != _COMMENT


def count_scans(content: bytes) -> int:
    """Count the scans of a JPEG up to its end, without what follows, such as a phone's video.

    Parameters
    ----------
    content : bytes
        The encoded image, from `split_metadata`.

    Returns
    -------
    int
        More than `MAX_SEGMENTS` if there are so many segments that counting would take long.

    Examples
    --------
    >>> count_scans(b"\\xff\\xd8\\xff\\xda\\x00\\x02..\\xff\\xda\\x00\\x02..\\xff\\xd9\\xff\\xda")
    2
    """
    scans, position = 0, 2
    for _ in range(MAX_SEGMENTS):
        match = _NEXT_MARKER.search(content, position)
        if match is None or match[1][0] == _END:
            return scans
        marker, position = match[1][0], match.end()
        scans += marker == SCAN
        if marker not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(content[position : position + 2], "big"))
    return MAX_SEGMENTS + 1


def frame_size(content: bytes) -> tuple[int, int]:
    """Read the size of a JPEG from `split_metadata`: (0, 0) if it does not say one.

    Examples
    --------
    >>> frame_size(b"\\xff\\xd8\\xff\\xc0\\x00\\x08\\x08\\x00\\x10\\x00\\x20\\x03")
    (32, 16)
    """
    position = 2
    while match := _NEXT_MARKER.match(content, position):
        marker, position = match[1][0], match.end()
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, position + 3)
            return width, height
        if marker == SCAN:
            break
        position += max(2, int.from_bytes(content[position : position + 2], "big"))
    return 0, 0
