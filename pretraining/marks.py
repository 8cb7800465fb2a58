"""The file of marks: pictures of logos, with the brand that each belongs to."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

SIDE = 160  # pixels of a mark's longer side
WEBP_QUALITY = 80
ALPHA_STEP = 17  # 16 levels of opacity: finer ones would be half of the file


class Mark(NamedTuple):
    """A picture of a logo."""

    name: str  # where it comes from, such as "logos:mozilla"
    brand: str  # "" for a block of text, which belongs to no brand
    picture: np.ndarray  # uint8 BGRA, `SIDE` pixels on its longer side
    is_one_colour: bool  # True if the composer may draw it in any colour
    colour: str = ""  # usual colour of a mark of one colour, such as "#ff0000"; "" if unknown


class MarkSet(NamedTuple):
    """All marks of a file, ready for the composer."""

    names: np.ndarray  # (marks,)
    brands: np.ndarray  # (brands,), sorted
    brand_of: np.ndarray  # (marks,), index into `brands`; -1 for text
    is_one_colour: np.ndarray  # (marks,)
    colours: np.ndarray  # (marks, 3), RGB; -1 if unknown
    extents: np.ndarray  # (marks, 2), width and height as shares of SIDE
    pictures: np.ndarray  # (marks, SIDE, SIDE, 4), uint8 RGBA times opacity, centred


def write_marks(path: Path, marks: Iterable[Mark]) -> None:
    """Write marks to a file.

    Parameters
    ----------
    path : Path
        File to write, with the suffix ".npz".
    marks : iterable of Mark
        Marks of brands, and blocks of text.
    """
    marks = list(marks)
    pictures = [encode(mark) for mark in marks]
    brands = sorted({mark.brand for mark in marks} - {""})
    index = {brand: number for number, brand in enumerate(brands)}
    np.savez(
        path,
        names=np.array([mark.name for mark in marks]),
        brands=np.array(brands),
        brand_of=np.array([index.get(mark.brand, -1) for mark in marks]),
        is_one_colour=np.array([mark.is_one_colour for mark in marks]),
        colours=np.array([rgb(mark.colour) for mark in marks]),
        ends=np.cumsum([len(picture) for picture in pictures]),
        pictures=np.concatenate(pictures),
    )


def read_marks(path: Path) -> MarkSet:
    """Read a file that `write_marks` wrote.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    MarkSet
        The marks. The pictures take 100 kB of memory each.
    """
    with np.load(path, allow_pickle=False) as file:
        parts = np.split(file["pictures"], file["ends"][:-1])
        fields = [file[name] for name in ("names", "brands", "brand_of", "is_one_colour")]
        colours = file["colours"].astype(np.float32)
    with ThreadPoolExecutor() as executor:
        placed = list(executor.map(decode, parts, fields[3]))
    extents = np.array([extent for _, extent in placed], np.float32)
    return MarkSet(*fields, colours, extents, np.stack([picture for picture, _ in placed]))


def rgb(colour: str) -> tuple[int, ...]:
    """Return the three numbers of a colour such as "#ff0000", or -1 three times without one."""
    if not colour:
        return -1, -1, -1
    return tuple(bytes.fromhex(colour.removeprefix("#"))[:3])


def encode(mark: Mark) -> np.ndarray:
    """Compress the picture of a mark. Of a mark of one colour, only the opacity is kept."""
    picture = mark.picture
    if mark.is_one_colour:
        picture = np.repeat(picture[..., 3:], 3, axis=2)
    else:
        alpha = np.round(picture[..., 3] / ALPHA_STEP) * ALPHA_STEP
        picture = np.dstack([picture[..., :3], alpha.astype(np.uint8)])
    return cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1].ravel()


def decode(data: np.ndarray, is_one_colour: bool) -> tuple[np.ndarray, tuple[float, float]]:
    """Decompress a mark onto the middle of a transparent square. Return it and its extent."""
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if is_one_colour:
        rgba = np.repeat(picture[..., :1], 4, axis=2)
    else:
        alpha = picture[..., 3:] if picture.shape[2] == 4 else np.full_like(picture[..., :1], 255)
        colour = picture[..., 2::-1] * (alpha / 255.0)
        rgba = np.dstack([np.round(colour).astype(np.uint8), alpha])
    height, width = rgba.shape[:2]
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square = np.zeros((SIDE, SIDE, 4), np.uint8)
    square[top : top + height, left : left + width] = rgba
    return square, (width / SIDE, height / SIDE)
