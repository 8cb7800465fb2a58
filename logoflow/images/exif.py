"""Read the orientation of a photo from its EXIF data."""

import struct

ORIENTATION_TAG = 0x0112
MAX_ENTRIES = 1000  # Pillow would read everything that a million entries refer to
_FORMATS = {1: "B", 3: "H", 4: "I"}


def exif_orientation(exif: bytes | None) -> int:
    """Read the orientation.

    Parameters
    ----------
    exif : bytes or None
        EXIF data, with or without the ``Exif`` at its beginning.

    Returns
    -------
    int
        1 to 8; 1 if it is missing or cannot be read.

    Examples
    --------
    >>> exif_orientation(b"II*\\0\\x08\\0\\0\\0\\x01\\0\\x12\\1\\3\\0\\1\\0\\0\\0\\x06\\0\\0\\0")
    6
    """
    try:
        return _read_orientation((exif or b"").removeprefix(b"Exif\0\0"))
    except struct.error:  # corrupt EXIF data is no reason to refuse an image
        return 1


def _read_orientation(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for entry in range(min(count, MAX_ENTRIES)):
        position = start + 2 + 12 * entry
        tag, form = struct.unpack_from(f"{order}HH", tiff, position)
        if tag == ORIENTATION_TAG and form in _FORMATS:
            (orientation,) = struct.unpack_from(order + _FORMATS[form], tiff, position + 8)
            return orientation if 1 <= orientation <= 8 else 1
    return 1
