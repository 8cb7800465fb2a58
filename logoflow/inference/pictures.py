"""Read the input of a classifier: pictures in many forms, folders of pictures, and patterns."""

import glob
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from logoflow.datasets.walking import PHOTO_SUFFIXES
from logoflow.errors import ImageError, LogoflowError
from logoflow.images.decode import MAX_PIXELS, load_image
from logoflow.images.headers import image_format
from logoflow.images.open_files import read_open_file
from logoflow.utils.addresses import list_files, local_path, storage_address

UNREADABLE = (".jxl", ".jp2", ".svg", ".dng", ".cr2", ".nef", ".arw", ".psd")
"""Pictures in these formats are not read. In folders they are left out with a warning."""

BATCH_PIXELS = 2 * MAX_PIXELS
"""A batch of pictures in memory ends after this many pixels, about 300 MB."""

_HEADER_BYTES = 64
_LOADING_ERRORS = (LogoflowError, OSError, TypeError)


class Picture(NamedTuple):
    """A picture that is not decoded yet.

    Parameters
    ----------
    image : object
        What `logoflow.images.decode.load_image` takes. None if there is an error.
    path : str or None
        Where it was read from. None for a picture without a path.
    error : Exception or None
        Why there is no picture.
    """

    image: Any
    path: str | None = None
    error: Exception | None = None


class Loaded(NamedTuple):
    """A decoded picture.

    Parameters
    ----------
    path : str or None
        Where it was read from.
    pixels : ndarray or None
        RGB of (height, width, 3), 0 to 255. None if there is an error.
    error : Exception or None
        Why the picture could not be read.
    """

    path: str | None
    pixels: np.ndarray | None
    error: Exception | None = None


def read_pictures(images: object, on_error: str = "raise") -> Iterable[Picture]:
    """Find the pictures in what a user wrote.

    Parameters
    ----------
    images : picture or iterable of pictures
        A picture is a path, the bytes of a file, an open file, an array (height, width, 3) or a PIL
        picture. A path may also name a folder, which stands for all pictures below it, or be a
        pattern such as ``"photos/*.png"``. An array (pictures, height, width, 3) is a batch.
    on_error : {"raise", "row"}
        Whether an entry of `images` that is no picture raises its error, or becomes a `Picture`
        with this error.

    Returns
    -------
    iterable of Picture
        A list, unless `images` is an iterator, which is read as the pictures are needed.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, a folder has no pictures, or no file fits a pattern.
    TypeError
        If `images` holds no pictures.
    ValueError
        If `on_error` has another value.

    Examples
    --------
    >>> Image.new("RGB", (8, 6)).save("cup.png")
    >>> [picture.path for picture in read_pictures(["cup.png", "*.png"])]
    ['cup.png', 'cup.png']
    >>> len(read_pictures(np.zeros((5, 6, 8, 3), np.uint8)))
    5
    """
    if on_error not in ("raise", "row"):
        raise ValueError(f'on_error is {on_error!r}: give "raise" or "row".')
    if _is_one_picture(images):
        return list(_entries([images], on_error))
    if isinstance(images, Mapping | pd.DataFrame) or not _is_iterable(images):
        raise TypeError(
            f"{_article(images)} holds no pictures: give a path, a folder, bytes, an open file, an "
            "array, a PIL picture, or a list of these. Of a table, give the column of paths."
        )
    if isinstance(images, Iterator):
        return _entries(images, on_error)
    return list(_entries(images, on_error))  # type: ignore[arg-type]


def as_pictures(images: object) -> Iterator:
    """Yield what `load_image` takes for each picture (`read_pictures`)."""
    return (picture.image for picture in read_pictures(images))


def load_in_batches(
    pictures: Iterable[Picture], size: int, on_error: str = "raise"
) -> Iterator[list[Loaded]]:
    """Decode pictures, a few at a time.

    Parameters
    ----------
    pictures : iterable of Picture
        See `read_pictures`.
    size : int
        Pictures in a batch. Large pictures make smaller batches (`BATCH_PIXELS`).
    on_error : {"raise", "row"}
        Whether a picture that cannot be read raises its error, or comes with it.

    Yields
    ------
    list of Loaded

    Raises
    ------
    ImageError, OSError, TypeError
        If a picture cannot be read. The message names it.

    Examples
    --------
    >>> pictures = read_pictures(np.zeros((5, 6, 8, 3), np.uint8))
    >>> [len(batch) for batch in load_in_batches(pictures, 2)]
    [2, 2, 1]
    """
    batch: list[Loaded] = []
    pixels = 0
    for picture in pictures:
        batch.append(_load(picture, on_error))
        pixels += 0 if batch[-1].pixels is None else batch[-1].pixels.size // 3
        if len(batch) >= size or pixels >= BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _load(picture: Picture, on_error: str) -> Loaded:
    error = picture.error
    if error is None:
        try:
            return Loaded(picture.path, load_image(picture.image))
        except _LOADING_ERRORS as problem:
            error = problem
    if on_error == "raise":
        raise error
    return Loaded(picture.path, None, error)


def _is_one_picture(images: Any) -> bool:
    """Tell whether the input is one picture, one path, or one array that may be a batch."""
    if isinstance(images, str | os.PathLike | bytes | bytearray | memoryview | Image.Image):
        return True
    is_array = getattr(images, "ndim", 0) > 1 and not isinstance(images, pd.DataFrame)
    return hasattr(images, "read") or is_array


def _is_iterable(images: object) -> bool:
    """Tell whether an object can be iterated over. An array without dimensions cannot."""
    return isinstance(images, Iterable) and getattr(images, "ndim", 1) > 0


def _article(value: object) -> str:
    return "None" if value is None else f"An object of the type {type(value).__name__}"


def _entries(images: Iterable, on_error: str) -> Iterator[Picture]:
    for image in images:
        try:
            yield from _entry(image)
        except _LOADING_ERRORS as error:
            if on_error == "raise":
                raise
            yield Picture(None, _path_of(image), error)


def _entry(image: Any) -> Iterable[Picture]:
    """Return the pictures that one entry stands for."""
    if isinstance(image, str | os.PathLike):
        return _pictures_at(image)
    if isinstance(image, Image.Image):
        return [Picture(image, getattr(image, "filename", "") or None)]
    if hasattr(image, "read"):
        content, name = read_open_file(image)
        return [Picture(content, name)]
    if getattr(image, "ndim", 0) == 4:
        return [Picture(picture) for picture in image]
    if isinstance(image, bytes | bytearray | memoryview) or hasattr(image, "shape"):
        return [Picture(image)]
    raise TypeError(
        f"{_article(image)} is no picture: give a path, bytes, an open file, an array or a PIL "
        "picture."
    )


def _path_of(image: object) -> str | None:
    return os.fspath(image) if isinstance(image, str | os.PathLike) else None  # type: ignore[return-value]


def _pictures_at(text: str | os.PathLike) -> list[Picture]:
    """Return the picture at a path, the pictures below a folder, or those that fit a pattern."""
    if str(text).lower().startswith(("http:/", "https:/")):
        raise ImageError(
            f"{text} is a URL, not a file: fetch it with lf.fetch_image first, or call "
            "lf.classify_logo, lf.classify_urls or, in a shell, logoflow classify-urls."
        )
    address = storage_address(text)
    if address is not None:
        return _pictures_in_storage(address)
    path = local_path(text)
    if path.is_dir():
        return _known_pictures(path.rglob("*"), path, f"The folder {path} has no pictures")
    if path.exists():
        return [Picture(path, str(path))]
    if glob.has_magic(str(path)):
        matches = [Path(match) for match in glob.glob(_pattern(path), recursive=True)]
        below = [file for match in matches if match.is_dir() for file in match.rglob("*")]
        problem = f"No picture fits the pattern {path}"
        return _known_pictures({*matches, *below}, Path(), problem)
    raise FileNotFoundError(f"There is no file or folder {path}.")


def _pattern(path: Path) -> str:
    """Return the pattern of `glob`. Folders that exist stand for themselves: ``photos [2023]``."""
    parts = path.parts
    for end in range(len(parts) - 1, 0, -1):
        folder = Path(*parts[:end])
        if folder.is_dir():
            return str(Path(glob.escape(str(folder)), *parts[end:]))
    return str(path)


def _pictures_in_storage(address: str) -> list[Picture]:
    """Return the picture at an address of fsspec, or the pictures below a folder there."""
    addresses = list_files(address)
    if not addresses:
        raise FileNotFoundError(f"There is no file or folder {address}.")
    if addresses == [address]:
        return [Picture(address, address)]
    pictures = [name for name in addresses if name.lower().endswith(PHOTO_SUFFIXES)]
    if not pictures:
        raise FileNotFoundError(
            f"The folder {address} has no pictures ({', '.join(PHOTO_SUFFIXES)})."
        )
    return [Picture(name, name) for name in pictures]


def _known_pictures(paths: Iterable[Path], folder: Path, problem: str) -> list[Picture]:
    """Return the pictures among some files, sorted. Hidden files are left out."""
    files = sorted(path for path in paths if not _is_hidden(path, folder) and path.is_file())
    pictures = [path for path in files if _is_picture(path)]
    unreadable = [path for path in files if path.suffix.lower() in UNREADABLE]
    unreadable = [path for path in unreadable if path not in set(pictures)]
    if unreadable:
        warnings.warn(
            f"{len(unreadable)} pictures are left out, such as {unreadable[0]}: logoflow reads "
            "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF. Convert them first.",
            stacklevel=2,
        )
    if not pictures:
        raise FileNotFoundError(f"{problem} that logoflow reads ({', '.join(PHOTO_SUFFIXES)}).")
    return [Picture(path, str(path)) for path in pictures]


def _is_hidden(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts if path.is_relative_to(folder) else path.parts
    return any(part.startswith(".") and part not in (".", "..") for part in parts)


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            image_format(file.read(_HEADER_BYTES))
    except (ImageError, OSError):
        return False
    return True
