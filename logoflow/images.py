"""The one place that decodes pictures: bytes that nobody vouches for in, RGB arrays out."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import PIL.ImageFile
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

# The classes are opened directly: Image.open would also try the formats not listed here, and
# warn about (or refuse) big pictures by its own process-wide limit before we can count pixels.
_READERS = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "bmp": BmpImageFile,
}
# A progressive JPEG has about ten scans. Each one costs a pass over all pixels, and one that
# changes nothing takes 75 bytes: without a limit a small file keeps a core busy for hours.
_MAX_SCANS = 100
# Pillow puts a picture's remarks together piece by piece, copying what it has each time: megabytes
# of them keep a core busy for minutes. Cameras write one EXIF segment, now and then a few.
_MAX_EXIF = 16
_MAX_BEFORE_FRAME = 1 << 18  # bytes
# What a BMP's header calls its run-length compressions: RLE8 and RLE4.
_RUN_LENGTHS = {b"\1\0\0\0", b"\2\0\0\0"}
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageError(ValueError):
    """Bytes that are no picture we read, or a broken one. The message names the source."""


class TooManyPixels(ImageError):
    """A picture whose header announces more pixels than allowed. It was not decoded."""


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


def image_size(content: bytes, *, source: str = "image") -> tuple[int, int]:
    """Read a picture's size from its header, without decoding it.

    Parameters
    ----------
    content : bytes
        The encoded picture.
    source : str
        Where it came from, for the error message.

    Returns
    -------
    (int, int)
        Width and height in pixels, as seen after turning it upright by its EXIF orientation.

    Raises
    ------
    ImageError
        The bytes are no picture in a known format, its header is broken, or it is packed so that
        decoding it could take hours or gigabytes.

    Examples
    --------
    >>> image_size(Path("photo.jpg").read_bytes())
    (1024, 768)
    """
    kind = image_format(content, source=source)
    _refuse_costly(content, kind, source)
    try:
        if kind == "gif":
            width, height = _gif_size(content)
        else:
            image = _READERS[kind](io.BytesIO(content))
            width, height = image.size
            if _orientation(image) >= 5:
                width, height = height, width
    except Exception as error:
        raise _as_image_error(error, source, kind) from error
    if width * height == 0:
        raise ImageError(f"{source}: a {kind} picture of {width} x {height} pixels shows nothing")
    return width, height


def decode_image(
    content: bytes,
    *,
    max_pixels: int = 50_000_000,
    source: str = "image",
    at_least: int | None = None,
) -> np.ndarray:
    """Decode a picture to upright RGB, whatever its format, colours or origin.

    Grey, CMYK, palette and 16-bit pictures become 8-bit RGB, transparent parts white, and of an
    animation the first frame is taken. The EXIF orientation is applied.

    Parameters
    ----------
    content : bytes
        The encoded picture: JPEG, PNG, WebP, GIF or BMP.
    max_pixels : int
        Width times height above which the picture is refused before it is decoded.
    source : str
        Where it came from, for the error message.
    at_least : int, optional
        A JPEG may come out at a half, a quarter or an eighth of its size, whichever is the
        smallest with no side below this many pixels: it is decoded that much sooner.

    Returns
    -------
    numpy.ndarray
        height x width x 3, uint8, 0-255, RGB.

    Raises
    ------
    TooManyPixels
        More than `max_pixels`; an ImageError too.
    ImageError
        No picture, or a broken or truncated one. Corrupt bytes raise nothing else.

    Examples
    --------
    >>> decode_image(Path("photo.jpg").read_bytes(), source="photo.jpg").shape
    (768, 1024, 3)
    """
    width, height = image_size(content, source=source)
    if width * height > max_pixels:
        raise TooManyPixels(
            f"{source}: {width} x {height} pixels are more than the {max_pixels:,} allowed; "
            "scale the picture down first"
        )
    kind = image_format(content, source=source)
    # Importing gluoncv sets this, and half a photo would pass for a whole one.
    PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image = _READERS[kind](io.BytesIO(content))
        if at_least and kind == "jpeg":
            image.draft(None, (at_least, at_least))
        if kind == "gif" and image.size != (width, height):
            raise ValueError("its header can be read in two ways")
        return _decode(image)
    except Exception as error:
        raise _as_image_error(error, source, kind) from error


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read a picture file to upright RGB: height x width x 3, uint8, 0-255.

    Raises
    ------
    ImageError
        The file is no picture, or a broken one; see `decode_image`.
    OSError
        The file is missing or cannot be read.

    Examples
    --------
    >>> read_image("photo.jpg").dtype
    dtype('uint8')
    """
    return decode_image(Path(path).read_bytes(), source=str(path))


def load_image(image: str | os.PathLike | bytes | np.ndarray) -> np.ndarray:
    """Bring a picture in any of the forms people have it in to one array.

    Parameters
    ----------
    image : path, bytes, numpy.ndarray or mxnet NDArray
        A file's path, its content, or height x width x 3 RGB uint8 values, 0-255.

    Returns
    -------
    numpy.ndarray
        height x width x 3, uint8, 0-255, RGB. An array that already fits is not copied.

    Raises
    ------
    ImageError
        The file or the bytes are no picture, or the array has another shape or type.
    OSError
        The file is missing or cannot be read.
    TypeError
        Something that is none of these.

    Examples
    --------
    >>> load_image(np.zeros((4, 6, 3), dtype="uint8")).shape
    (4, 6, 3)
    """
    if isinstance(image, (bytes, bytearray, memoryview)):
        return decode_image(bytes(image), source="bytes given")
    if isinstance(image, (str, os.PathLike)):
        if str(image).lower().startswith(("http://", "https://")):
            raise ImageError(f"{image}: a URL, not a file; fetch it with fetch_image first")
        return read_image(image)
    array = image.asnumpy() if hasattr(image, "asnumpy") else image
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected a path, bytes or an array, not {type(image).__name__}")
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or not array.size:
        raise ImageError(
            f"array of shape {array.shape} and type {array.dtype}: "
            "give height x width x 3 RGB values from 0 to 255 as uint8"
        )
    return array


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


def _refuse_costly(content: bytes, kind: str, source: str) -> None:
    """Refuse what is small as a file and takes hours or gigabytes, however few its pixels."""
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


def _as_image_error(error: Exception, source: str, kind: str) -> ImageError:
    """Turn whatever a decoder raised on hostile bytes into the one error callers expect."""
    if isinstance(error, Image.DecompressionBombError):
        return TooManyPixels(f"{source}: {error}; scale the picture down first")
    reason = str(error) or type(error).__name__
    return ImageError(f"{source}: broken or truncated {kind} picture ({reason}); get it anew")


def _gif_size(content: bytes) -> tuple[int, int]:
    """Width and height of a GIF's screen and first frame together.

    Pillow allocates a frame while it opens a GIF, too early to refuse a huge one.
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


def _orientation(image: ImageFile) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    # image.getexif() would decode a PNG to look for EXIF data after the pixels.
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif") or b"")
        orientation = exif.get(_ORIENTATION_TAG, 1)
    except Exception:  # broken EXIF data is no reason to refuse a picture
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _decode(image: ImageFile) -> np.ndarray:
    turn = _UPRIGHT.get(_orientation(image))
    image.load()
    rgb = _to_rgb(image)
    return np.array(rgb if turn is None else rgb.transpose(turn))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB, transparent parts on white."""
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip instead of scale
        grey = np.asarray(image, dtype=np.uint32) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")
