"""Decode images from untrusted bytes to RGB arrays."""

import os
from typing import NamedTuple

import numpy as np
import PIL.ImageFile
from PIL import Image
from PIL.ImageFile import ImageFile

from logoflow.errors import ImageError, TooManyPixels
from logoflow.images.exif import exif_orientation
from logoflow.images.formats import open_image
from logoflow.images.headers import gif_size, image_format, refuse_costly
from logoflow.images.open_files import read_open_file
from logoflow.utils.addresses import read_bytes

MAX_PIXELS = 50_000_000
"""Width times height of the largest picture that is decoded by default."""

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
    """Read the size of an image from its header, without decoding it.

    Parameters
    ----------
    content : bytes
        The encoded image.
    source : str
        Name of the image in error messages, such as its path or URL.

    Returns
    -------
    (int, int)
        Width and height in pixels, after applying the EXIF orientation.

    Raises
    ------
    ImageError
        If the bytes are not an image in a supported format, the header is corrupt, or decoding
        the image could take hours or gigabytes.

    Examples
    --------
    >>> from pathlib import Path
    >>> Image.new("RGB", (1024, 768)).save("photo.jpg")
    >>> image_size(Path("photo.jpg").read_bytes())
    (1024, 768)
    """
    return _read_header(content, source).size


def decode_image(
    content: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    source: str = "image",
    min_side: int | None = None,
) -> np.ndarray:
    """Decode an image to upright RGB.

    Grey, CMYK, palette and 16-bit images become 8-bit RGB. Transparent pixels become white. An
    animation gives its first frame, and a file of several pages its first page. The EXIF
    orientation is applied.

    Parameters
    ----------
    content : bytes
        The encoded image: JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP.
    max_pixels : int
        Largest accepted width times height. A larger image is refused before it is decoded.
    source : str
        Name of the image in error messages, such as its path or URL.
    min_side : int, optional
        Allow a JPEG to be decoded faster, at a half, a quarter or an eighth of its size. The
        smallest of these sizes with no side below `min_side` pixels is used.

    Returns
    -------
    numpy.ndarray
        (height, width, 3), uint8, RGB, 0 to 255.

    Raises
    ------
    TooManyPixels
        If the image has more than `max_pixels`. This is a subclass of ImageError.
    ImageError
        If the bytes are not an image, or the image is corrupt or truncated. Corrupt bytes raise
        no other error.

    Examples
    --------
    >>> from pathlib import Path
    >>> Image.new("RGB", (1024, 768)).save("photo.jpg")
    >>> decode_image(Path("photo.jpg").read_bytes(), source="photo.jpg").shape
    (768, 1024, 3)
    """
    kind, (width, height), opened = _read_header(content, source)
    if width * height > max_pixels:
        raise _too_many_pixels(source, width, height, max_pixels)
    # Importing gluoncv sets this to True, and a truncated photo would be accepted.
    PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image, orientation = opened or open_image(content, kind)
        if min_side and kind == "jpeg":
            image.draft(None, (min_side, min_side))
        if kind == "gif" and image.size != (width, height):
            raise ValueError("its header is ambiguous")
        pixels = _decode(image, orientation)
        if kind in ("avif", "heif", "tiff") and pixels.shape[:2] != (height, width):
            raise ValueError("its header gives another size than its pixels")
        return pixels
    except Exception as error:
        raise _as_image_error(error, source, kind) from error


def decode_rgba(content: bytes, *, source: str = "image") -> np.ndarray:
    """Decode an image to upright RGB with its transparency.

    Parameters
    ----------
    content, source
        See `decode_image`.

    Returns
    -------
    numpy.ndarray
        (height, width, 4), uint8, RGB and opacity, 0 to 255.

    Raises
    ------
    ImageError
        See `decode_image`.

    Examples
    --------
    >>> Image.new("RGBA", (64, 48), (255, 0, 0, 128)).save("logo.png")
    >>> with open("logo.png", "rb") as file:
    ...     decode_rgba(file.read())[0, 0].tolist()
    [255, 0, 0, 128]
    """
    rgb = decode_image(content, source=source)  # refuses what is too large or broken
    kind = image_format(content, source=source)
    image, orientation = open_image(content, kind)
    image.load()
    if not image.has_transparency_data:
        return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    transpose = _UPRIGHT.get(orientation)
    rgba = image.convert("RGBA")
    return np.array(rgba if transpose is None else rgba.transpose(transpose))


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read an image file as upright RGB.

    Parameters
    ----------
    path : str or path
        The image file. Its content determines the format, not its name.

    Returns
    -------
    numpy.ndarray
        (height, width, 3), uint8, RGB, 0 to 255.

    Raises
    ------
    ImageError
        If the file is not an image or is corrupt; see `decode_image`.
    OSError
        If the file is missing or cannot be read.

    Examples
    --------
    >>> Image.new("RGB", (1024, 768)).save("photo.jpg")
    >>> read_image("photo.jpg").shape
    (768, 1024, 3)
    """
    return decode_image(read_bytes(path), source=str(path))


def load_image(image: object) -> np.ndarray:
    """Load an image from a path, bytes, a file, an array or Pillow.

    Parameters
    ----------
    image : path, bytes, file object, array or PIL.Image.Image
        The path of a file, the content of a file, a file that is open for reading bytes, or an
        array (height, width, 3) of RGB values, uint8, 0 to 255 (NumPy's or MXNet's). A file that
        can be rewound is read from its beginning.

    Returns
    -------
    numpy.ndarray
        (height, width, 3), uint8, RGB, 0 to 255. A NumPy array is returned without a copy.

    Raises
    ------
    ImageError
        If the file or the bytes are not an image, or the array has another shape or type.
    OSError
        If the file is missing or cannot be read.
    TypeError
        If `image` has another type.

    Examples
    --------
    >>> load_image(np.zeros((4, 6, 3), dtype="uint8")).shape
    (4, 6, 3)
    """
    if isinstance(image, (bytes, bytearray, memoryview)):
        return decode_image(bytes(image), source="image bytes")
    if isinstance(image, (str, os.PathLike)):
        if str(image).lower().startswith(("http://", "https://")):
            raise ImageError(f"{image} is a URL, not a file: fetch it with fetch_image first")
        return read_image(image)
    if isinstance(image, Image.Image):
        return from_pillow(image)
    if hasattr(image, "read"):
        content, name = read_open_file(image)
        return decode_image(content, source=name or "image file")
    array = image.asnumpy() if hasattr(image, "asnumpy") else image
    if not isinstance(array, np.ndarray):
        raise TypeError(
            "An image is a path, bytes, a file, an array or a PIL picture, not "
            f"{type(image).__name__}."
        )
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or not array.size:
        raise ImageError(
            f"This array has shape {array.shape} and type {array.dtype}: give an array "
            "height x width x 3 of RGB values from 0 to 255 as uint8."
        )
    return array


def from_pillow(image: Image.Image, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Convert a picture of Pillow to upright RGB, as `decode_image` converts a file.

    Parameters
    ----------
    image : PIL.Image.Image
        It is not changed. An animation gives the frame that it shows.
    max_pixels : int
        Largest accepted width times height.

    Returns
    -------
    numpy.ndarray
        (height, width, 3), uint8, RGB, 0 to 255.

    Raises
    ------
    TooManyPixels
        If the picture has more than `max_pixels`.
    ImageError
        If its file is truncated or closed, or it has no pixels.

    Examples
    --------
    >>> from_pillow(Image.new("L", (8, 6), 90))[0, 0]
    array([90, 90, 90], dtype=uint8)
    """
    name = getattr(image, "filename", "") or "PIL picture"
    if not image.width * image.height:
        raise ImageError(f"{name}: a picture of {image.width} x {image.height} pixels is empty")
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(name, image.width, image.height, max_pixels)
    PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        return _decode(image, exif_orientation(image.info.get("exif")))
    except Exception as error:
        raise _as_image_error(error, name, image.format or "PIL") from error


class _Header(NamedTuple):
    """What the header of an image says, before anything is decoded."""

    kind: str
    size: tuple[int, int]  # of the upright image
    opened: tuple[ImageFile, int] | None  # image and EXIF orientation; None for a GIF


def _read_header(content: bytes, source: str) -> _Header:
    """Check the header of an image and read its size."""
    kind = image_format(content, source=source)
    refuse_costly(content, kind, source)
    opened = None
    try:
        if kind == "gif":
            width, height = gif_size(content)
        else:
            image, orientation = opened = open_image(content, kind)
            width, height = image.size if orientation < 5 else image.size[::-1]
    except Exception as error:
        raise _as_image_error(error, source, kind) from error
    if width * height == 0:
        raise ImageError(f"{source}: this {kind} image of {width} x {height} pixels is empty")
    return _Header(kind, (width, height), opened)


def _too_many_pixels(source: str, width: int, height: int, max_pixels: int) -> TooManyPixels:
    return TooManyPixels(
        f"{source}: {width} x {height} pixels are more than the {max_pixels:,} allowed; "
        "scale the image down first"
    )


def _as_image_error(error: Exception, source: str, kind: str) -> ImageError:
    """Convert any error of a decoder to the error that callers expect."""
    if isinstance(error, Image.DecompressionBombError):
        return TooManyPixels(f"{source}: {error}; scale the image down first")
    if isinstance(error, ImportError):
        return ImageError(f"{source}: a {kind} image; to read it, `pip install pi-heif`")
    reason = str(error) or type(error).__name__
    return ImageError(f"{source}: corrupt or truncated {kind} image ({reason}); get a new copy")


def _decode(image: Image.Image, orientation: int) -> np.ndarray:
    transpose = _UPRIGHT.get(orientation)
    image.load()
    rgb = _to_rgb(image)
    return np.array(rgb if transpose is None else rgb.transpose(transpose))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB; transparent pixels become white."""
    if image.mode.startswith("I"):  # 16-bit grey; convert() would clip it instead of scaling it
        grey = np.asarray(image, dtype=np.uint32) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")
