"""The one place that decodes pictures: bytes that nobody vouches for in, RGB arrays out."""

import io
import os
from collections.abc import Callable
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

from logoflow.errors import ImageError, TooManyPixels
from logoflow.images.headers import gif_size, image_format, refuse_costly

# The classes are opened directly: Image.open would also try the formats not listed here, and
# warn about (or refuse) big pictures by its own process-wide limit before we can count pixels.
_READERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "bmp": BmpImageFile,
}
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
    refuse_costly(content, kind, source)
    try:
        if kind == "gif":
            width, height = gif_size(content)
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


def _as_image_error(error: Exception, source: str, kind: str) -> ImageError:
    """Turn whatever a decoder raised on hostile bytes into the one error callers expect."""
    if isinstance(error, Image.DecompressionBombError):
        return TooManyPixels(f"{source}: {error}; scale the picture down first")
    reason = str(error) or type(error).__name__
    return ImageError(f"{source}: broken or truncated {kind} picture ({reason}); get it anew")


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
