"""Photos that nearly repeat each other: what leaks from training into a test without a trace.

Each photo is shrunk to a 16 x 16 grey thumbnail, as a whole and with 5 % of its width or height
cut off at any of its sides, and its coarse shading (which unrelated skies share) is taken away.
Two photos resemble each other as much as the thumbnail of one, whole, correlates at best with
those of the other.
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

# Measured on FlickrLogos-27 and 500 photos without logos, 1579 in all: pairs of two different
# brands stay below 0.89; between lies what resembles without repeating, redrawn artwork mostly.
THRESHOLD = 0.96

_SIDE = 16
_CUT = 0.05
_BASE = 128  # photos are shrunk to this first, so that the 16 thumbnails of each cost little
_AT_ONCE = 256  # rows of resemblances held in memory: 10 MB for 10,000 photos

PathLike = str | os.PathLike


def near_duplicates(
    paths: Sequence[PathLike], threshold: float = THRESHOLD, *, broken_differ: bool = False
) -> list[list[PathLike]]:
    """Group photos that nearly repeat each other.

    The same picture in another size, compression or brightness was found in 99 of 100 cases,
    in colour or grey; one also cut by up to 5 % at each side, in three of four. Mirrored or
    turned ones are not found. Two drawings of one logo, placed alike, count as one picture.

    Parameters
    ----------
    paths : sequence of path
        Picture files.
    threshold : float
        Correlation from which two photos are one picture, -1 to 1.
    broken_differ : bool
        True: a broken picture is like no other, and no error; for files that are looked through
        later.

    Returns
    -------
    list of list of path
        Groups of two photos or more, in the order given. A group holds all that are linked,
        if only through others.

    Raises
    ------
    ImageError
        A file is no picture, or a broken one (not with `broken_differ`).
    OSError
        A file is missing or cannot be read.

    Examples
    --------
    >>> near_duplicates(["a.jpg", "a-smaller.jpg", "b.jpg"])
    [['a.jpg', 'a-smaller.jpg']]
    """
    if not paths:
        return []
    thumbnails = _thumbnails(paths, broken_differ)
    links = np.concatenate(
        [
            np.argwhere(scores >= threshold) + (start, 0)
            for start, scores in _resemblances(thumbnails, thumbnails)
        ]
    )
    graph = coo_array((np.ones(len(links)), links.T), shape=(len(paths), len(paths)))
    groups: dict[int, list[PathLike]] = {}
    for path, group in zip(paths, connected_components(graph, directed=False)[1], strict=True):
        groups.setdefault(group, []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def repeats_of(paths: Sequence[PathLike], others: Sequence[PathLike]) -> dict[PathLike, PathLike]:
    """Find photos that nearly repeat one of another list: test photos known from training, say.

    Parameters
    ----------
    paths, others : sequence of path
        Picture files.

    Returns
    -------
    dict
        Of those in `paths` that repeat one of `others`: the one they resemble most.

    Raises
    ------
    ImageError, OSError
        See `near_duplicates`.

    Examples
    --------
    >>> repeats_of([photo.path for photo in test], [photo.path for photo in train])
    """
    if not paths or not others:
        return {}
    found = {}
    for start, scores in _resemblances(_thumbnails(paths), _thumbnails(others)):
        for row in np.flatnonzero(scores.max(axis=1) >= THRESHOLD):
            found[paths[start + row]] = others[scores[row].argmax()]
    return found


def _resemblances(ones: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Best correlations, some rows at a time: the first row's number, (rows, others) scores."""
    for start in range(0, len(ones), _AT_ONCE):
        rows = ones[start : start + _AT_ONCE]
        best = rows[:, 0] @ others[:, 0].T
        for cut in range(1, ones.shape[1]):
            np.maximum(best, rows[:, cut] @ others[:, 0].T, out=best)
            np.maximum(best, rows[:, 0] @ others[:, cut].T, out=best)
        yield start, best


def _thumbnails(paths: Sequence[PathLike], broken_differ: bool = False) -> np.ndarray:
    """Unit vectors, (photos, 16 ways to cut, 256) float32; the first way is the whole photo."""
    ends = (0, round(_CUT * _BASE))
    cuts = list(itertools.product(ends, repeat=4))
    thumbnails = np.zeros((len(paths), len(cuts), _SIDE * _SIDE), np.float32)
    for photo, path in enumerate(paths):
        try:
            grey = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY)
        except ImageError:
            if broken_differ:
                continue
            raise
        grey = cv2.resize(grey, (_BASE, _BASE), interpolation=cv2.INTER_AREA)
        for cut, (top, bottom, left, right) in enumerate(cuts):
            part = grey[top : _BASE - bottom, left : _BASE - right]
            thumbnails[photo, cut] = _unit_vector(part)
    return thumbnails


def _unit_vector(grey: np.ndarray) -> np.ndarray:
    """A thumbnail without its coarse shading, of length 1; 0 where the picture is plain."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (small - cv2.GaussianBlur(small, (0, 0), _SIDE / 4)).ravel()
    detail -= detail.mean()
    return detail / max(float(np.linalg.norm(detail)), 1e-6)
