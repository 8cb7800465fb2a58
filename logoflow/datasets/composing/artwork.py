"""Read the artwork of a logo: SVG files, and pictures with or without a transparent background."""

import os
import re
from typing import NamedTuple

import cv2
import numpy as np

from logoflow.errors import ArtworkError
from logoflow.images.decode import decode_rgba
from logoflow.utils.addresses import read_bytes
from logoflow.utils.extras import require_extra

SIDE = 256
"""Longer side of artwork in pixels. Larger pictures are shrunk."""

_MIN_OPACITY = 8  # out of 255; a pixel with less is not ink
_MIN_CONTRAST = 24  # sum of the differences of three channels, out of 765
_SAME_COLOUR = 40.0  # spread of the colours of one-colour artwork, out of 255
_OTHER_FILES = re.compile(
    rb"""(?:href\s*=\s*["']?\s*|url\(\s*["']?)(?!["'#\s]|data:image/)""", re.I
)


class Artwork(NamedTuple):
    """A logo as a brand draws it.

    Parameters
    ----------
    picture : ndarray
        (height, width, 4), RGBA, uint8, cut to its ink. The longer side is `SIDE` pixels.
    colour : ndarray or None
        (3,), RGB, 0 to 255: the usual colour of artwork in one colour, which may be printed in
        other colours, too. None for artwork in several colours.
    """

    picture: np.ndarray
    colour: np.ndarray | None


class Print(NamedTuple):
    """A printed logo with the plate behind it.

    Parameters
    ----------
    rgb : ndarray
        (height, width, 3), float32, 0 to 255.
    alpha : ndarray
        (height, width), float32, 0 to 1: coverage of the logo and its plate.
    box : tuple of int
        x, y, width and height of the logo in pixels.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    box: tuple[int, int, int, int]


Source = str | os.PathLike | bytes | np.ndarray | Artwork
"""What artwork can be read from: the path or the bytes of a file, pixels, or artwork itself."""


def read_artwork(source: Source, *, colour: str | None = None) -> Artwork:
    """Read the artwork of a logo.

    Parameters
    ----------
    source : path, bytes, ndarray or Artwork
        An SVG file or its bytes, a picture file or its bytes, or an array (height, width, 3 or 4)
        of RGB or RGBA, uint8. If nothing is transparent and the border has one colour, the border's
        colour becomes transparent. Any other picture stays a rectangle. Artwork is returned as it
        is.
    colour : str, optional
        Usual colour of artwork in one colour, such as ``"#0066B1"``. By default, the colour that it
        is drawn in.

    Returns
    -------
    Artwork

    Raises
    ------
    ArtworkError
        If the picture is empty, has no contrast, or refers to other files.
    ImageError
        If the file is no picture, or a broken one.
    OSError
        If the file is missing or cannot be read.
    ModuleNotFoundError
        If SVG files cannot be drawn, because the packages of the extra ``artwork`` are missing.

    Examples
    --------
    >>> picture = np.full((40, 60, 3), 255, np.uint8)
    >>> picture[10:30, 20:40] = 0, 102, 177
    >>> artwork = read_artwork(picture)
    >>> artwork.picture.shape, artwork.colour.tolist()
    ((256, 256, 4), [0, 102, 177])
    """
    if isinstance(source, Artwork):
        return source
    name, content = _content(source)
    if isinstance(content, bytes):
        picture = draw_svg(content, name) if _is_svg(content) else decode_rgba(content, source=name)
    else:
        picture = _with_alpha(content, name)
    if picture[..., 3].min() == 255:
        picture = _without_border(picture, name)
    is_rectangle = picture[..., 3].min() == 255
    picture = _cut_to_ink(picture, name)
    drawn = None if is_rectangle else _only_colour(picture)
    if drawn is not None and colour is not None:
        drawn = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.uint8)
    scale = SIDE / max(picture.shape[:2])
    size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return Artwork(cv2.resize(picture, size, interpolation=method), drawn)


def draw_svg(content: bytes, name: str = "SVG") -> np.ndarray:
    """Draw an SVG file.

    Parameters
    ----------
    content : bytes
    name : str
        Name of the file in error messages.

    Returns
    -------
    ndarray
        (height, width, 4), RGBA, uint8. The width is `SIDE` pixels.

    Raises
    ------
    ArtworkError
        If the file is broken, or refers to other files.
    ModuleNotFoundError
        If the packages of the extra ``artwork`` are missing.

    Examples
    --------
    >>> start = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1">'
    >>> draw_svg(start + b'<path d="M0 0h1v1z"/></svg>').shape
    (128, 256, 4)
    """
    require_extra("artwork")
    import resvg_py  # an extra

    # The drawing library would read such files from the disk.
    if _OTHER_FILES.search(content):
        raise ArtworkError(f"{name} refers to other files: save it with everything embedded.")
    try:
        png = bytes(resvg_py.svg_to_bytes(svg_string=content.decode("utf-8-sig"), width=SIDE))
    except Exception as error:
        raise ArtworkError(f"{name} cannot be drawn ({error}): save it as plain SVG.") from error
    return decode_rgba(png, source=name)


def _content(source: str | os.PathLike | bytes | np.ndarray) -> tuple[str, bytes | np.ndarray]:
    """Return the name of the artwork, and its bytes or pixels."""
    if isinstance(source, (str, os.PathLike)):
        return str(source), read_bytes(source)
    if isinstance(source, (bytes, np.ndarray)):
        return "the artwork", source
    raise TypeError(f"Artwork is a path, bytes or an array, not {type(source).__name__}.")


def _is_svg(content: bytes) -> bool:
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and b"<svg" in content


def _with_alpha(pixels: np.ndarray, name: str) -> np.ndarray:
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8:
        raise ArtworkError(
            f"{name} has shape {pixels.shape} and type {pixels.dtype}: give an array height x "
            "width x 3 of RGB, or x 4 of RGBA, from 0 to 255 as uint8."
        )
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def _without_border(picture: np.ndarray, name: str) -> np.ndarray:
    """Make the colour of the border transparent, if the border has one colour."""
    rgb = picture[..., :3].astype(np.float32)
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    paper = np.median(border, axis=0)
    difference = np.abs(rgb - paper).sum(2)
    if difference.max() < _MIN_CONTRAST:
        raise ArtworkError(f"{name} shows one colour only: give a picture of the logo.")
    if np.mean(np.abs(border - paper).sum(1) < _MIN_CONTRAST) < 0.95:
        return picture
    # Pixels at an edge are a mix of the logo and the paper.
    alpha = np.clip(difference / min(180.0, difference.max()), 0, 1)
    ink = paper + (rgb - paper) / np.maximum(alpha, 0.1)[..., None]
    return np.dstack([np.clip(ink, 0, 255), 255 * alpha]).round().astype(np.uint8)


def _cut_to_ink(picture: np.ndarray, name: str) -> np.ndarray:
    ink = picture[..., 3] > _MIN_OPACITY
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        raise ArtworkError(f"{name} is empty: all of it is transparent.")
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _only_colour(picture: np.ndarray) -> np.ndarray | None:
    """Return the colour of artwork in one colour, else None."""
    colours = picture[..., :3][picture[..., 3] > 200].astype(np.float32)
    if not len(colours):
        colours = picture[..., :3][picture[..., 3] > _MIN_OPACITY].astype(np.float32)
    middle = np.median(colours, axis=0)
    far = np.abs(colours - middle).max(1) > _SAME_COLOUR
    return middle.astype(np.uint8) if far.mean() < 0.03 else None
