"""Portions of a data set: cut off a share of each class, keep a few of each class."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from logoflow.datasets.duplicates import near_duplicates
from logoflow.datasets.splits import Photo, Splits
from logoflow.labels import NO_LOGO


def by_class(photos: Iterable[Photo]) -> dict[str, list[Photo]]:
    """Group photos by class: classes sorted, photos in the order given."""
    groups = defaultdict(list)
    for photo in photos:
        groups[photo.label].append(photo)
    return dict(sorted(groups.items()))


def split_off(
    photos: Iterable[Photo],
    share: float,
    seed: int = 0,
    *,
    together: Iterable[Sequence[Path]] = (),
) -> tuple[tuple[Photo, ...], tuple[Photo, ...]]:
    """Cut a random share of every class off.

    Parameters
    ----------
    photos : iterable of Photo
    share : float
        From 0 to 1. Of n photos of a class, n * share are cut off, rounded; if the share is
        above 0, at least one is cut off, and one stays wherever a class has two photos.
    seed : int
        Each class draws on its own, so that one more brand does not change the others.
    together : iterable of sequence of Path
        Groups of files that are on the same side, photos that nearly repeat each other. Then
        a few more of a class may be cut off than its share. A group that is all of a class is
        parted nevertheless.

    Returns
    -------
    rest, portion : tuple of Photo
        Each sorted by class, then as drawn.
    """
    rest, portion = [], []
    mates = {path: set(group) for group in together for path in group}
    for label, group in by_class(photos).items():
        order = sorted(group, key=lambda photo: (photo.path.name, str(photo.path)))
        random.Random(f"{seed} {label}").shuffle(order)
        taken = _first(order, _count(len(order), share), mates)
        portion += [photo for number, photo in enumerate(order) if number in taken]
        rest += [photo for number, photo in enumerate(order) if number not in taken]
    return tuple(rest), tuple(portion)


def at_most(splits: Splits, photos_per_class: int) -> Splits:
    """Keep the first few photos of each class in each split.

    Parameters
    ----------
    splits : Splits
    photos_per_class : int
        At least 1. Of no-logo photos, half as many are kept as of all brands together, so that
        they do not outnumber the brands.

    Returns
    -------
    Splits
        With the same class list.
    """
    if photos_per_class < 1:
        raise ValueError(f"photos_per_class is {photos_per_class}: keep at least one.")
    brands = len(set(splits.classes) - {NO_LOGO})
    no_logo = max(1, -(-photos_per_class * brands // 2))

    def few(photos: tuple[Photo, ...]) -> tuple[Photo, ...]:
        groups = by_class(photos).items()
        return tuple(
            photo
            for label, group in groups
            for photo in group[: no_logo if label == NO_LOGO else photos_per_class]
        )

    return replace(splits, train=few(splits.train), val=few(splits.val), test=few(splits.test))


def no_logo_photos(paths: Iterable[Path]) -> list[Photo]:
    """Photos of the no-logo class."""
    return [Photo(path, NO_LOGO) for path in paths]


def _first(order: list[Photo], count: int, mates: dict[Path, set[Path]]) -> set[int]:
    """Numbers of the first `count` photos and of those that belong to them; one photo stays."""
    numbers = {photo.path: number for number, photo in enumerate(order)}
    taken: set[int] = set()
    for number, photo in enumerate(order):
        group = mates.get(photo.path, ())
        more = {numbers[mate] for mate in group if mate in numbers} | {number}
        if len(taken) < count and len(taken | more) < len(order):
            taken |= more
    return taken or set(range(count))


def _count(photos: int, share: float) -> int:
    """How many of a class's photos a share comes to."""
    if not 0 <= share < 1:
        raise ValueError(f"A share of {share}: give 0 or more and less than 1.")
    if share == 0 or photos < 2:
        return 0
    return min(max(1, round(photos * share)), photos - 1)


Fold = tuple[tuple[Photo, ...], tuple[Photo, ...]]


def k_folds(photos: Sequence[Photo], k: int = 5, seed: int = 0) -> list[Fold]:
    """Part photos into folds with about the same share of every class.

    Photos that nearly repeat each other (`near_duplicates`) are held out together.

    Parameters
    ----------
    photos : sequence of Photo
    k : int
        Folds, from 2 to as many different photos as there are, near-duplicates counted once.
    seed : int
        Decides who is in which.

    Returns
    -------
    list of (train, held_out)
        `k` pairs of tuples of Photo, in the order given; each photo is held out exactly once.

    Raises
    ------
    ValueError
        If `k` is out of range, or no class has `k` photos.
    ImageError, OSError
        A photo cannot be read.

    Examples
    --------
    >>> for train, held_out in k_folds([*splits.train, *splits.val], k=5):
    ...     print(len(train), len(held_out))
    """
    groups = _groups(photos)
    different = len(set(groups))
    if not 2 <= k <= different:
        raise ValueError(f"k is {k}: give 2 to {different}, the number of different photos.")
    labels = [photo.label for photo in photos]
    folds = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    pick = np.zeros((len(photos), 0))  # the features, which it asks for and does not look at
    return [
        (tuple(photos[i] for i in train), tuple(photos[i] for i in held_out))
        for train, held_out in folds.split(pick, labels, groups)
    ]


def _groups(photos: Sequence[Photo]) -> list[int]:
    """A number for each photo; near-duplicates share the first one's."""
    first = {photo.path: number for number, photo in enumerate(photos)}
    for group in near_duplicates([photo.path for photo in photos]):
        first.update(dict.fromkeys(group, first[group[0]]))  # type: ignore[arg-type, index]
    return [first[photo.path] for photo in photos]
