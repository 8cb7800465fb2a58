"""Name the photos of a prepared data set."""

from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.prepared import LOADABLE_SUFFIXES
from logoflow.datasets.splits import Photo
from logoflow.utils.file_names import class_name, fitting_name, readable_name

# Suffixes of JPEG files, and of photos that are converted to JPEG.
JPEG_SUFFIXES = (".jfif", ".jfi", ".jif", ".jpe", ".pjpeg", ".pjp", ".mpo")
JPEG_SUFFIXES += (".avif", ".heic", ".heif", ".hif")


def unique_names(photos: Sequence[Photo]) -> dict[str, Photo]:
    """Give each photo a unique name ``<class>/<file>``, the same at every call.

    Two photos of a class can have the same file name if they come from different folders. Names
    that differ in case only count as the same, as they do on some disks.

    Parameters
    ----------
    photos : sequence of Photo

    Returns
    -------
    dict of str to Photo

    Examples
    --------
    >>> photos = [Photo(Path(name), "bmw") for name in ("a/1.jpg", "b/1.JPG", "c/2.heic")]
    >>> list(unique_names(photos))
    ['bmw/1.jpg', 'bmw/1-2.JPG', 'bmw/2.heic.jpg']
    """
    photo_of: dict[str, Photo] = {}
    seen: set[Path] = set()
    taken: set[str] = set()
    for photo in photos:
        if photo.path in seen:
            continue
        seen.add(photo.path)
        file_name = _loadable_name(photo.path)
        stem, suffix = Path(file_name).stem, Path(file_name).suffix
        number = 1
        name = f"{photo.label}/{file_name}"
        while name.casefold() in taken:
            number += 1
            name = f"{photo.label}/{stem}-{number}{suffix}"
        taken.add(name.casefold())
        photo_of[name] = photo
    return photo_of


def _loadable_name(path: Path) -> str:
    """Give a photo a name that every file system and data loader accepts.

    A suffix that loaders do not accept gets the suffix of the format that the photo will have.
    """
    suffix = path.suffix
    if suffix.lower() not in LOADABLE_SUFFIXES:
        suffix += ".jpg" if suffix.lower() in JPEG_SUFFIXES else ".png"
    return fitting_name((class_name(path.stem) or "photo") + readable_name(suffix))
