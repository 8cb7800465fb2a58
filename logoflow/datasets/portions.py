"""Portions of a data set: cut off a share of each class, keep a few of each class."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from logoflow.datasets.splits import NO_LOGO, Photo, Splits


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
