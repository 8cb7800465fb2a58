"""Split photos at random: cut off a share of each class, keep a few per class, make folds."""

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

Fold = tuple[tuple[Photo, ...], tuple[Photo, ...]]


def by_class(photos: Iterable[Photo]) -> dict[str, list[Photo]]:
    """Group photos by class.

    Parameters
    ----------
    photos : iterable of Photo

    Returns
    -------
    dict of str to list of Photo
        Classes are sorted; the photos of a class keep their order.

    Examples
    --------
    >>> by_class([Photo(Path("1.jpg"), "ups"), Photo(Path("2.jpg"), "bmw")]).keys()
    dict_keys(['bmw', 'ups'])
    """
    groups = defaultdict(list)
    for photo in photos:
        groups[photo.label].append(photo)
    return dict(sorted(groups.items()))


def split_off(
    photos: Iterable[Photo],
    share: float,
    seed: int = 0,
    *,
    keep_together: Iterable[Sequence[Path]] = (),
) -> tuple[tuple[Photo, ...], tuple[Photo, ...]]:
    """Cut off a random share of every class.

    Parameters
    ----------
    photos : iterable of Photo
    share : float
        At least 0 and below 1. Of n photos of a class, n * share are cut off, rounded. With a
        share above 0, at least one photo is cut off and at least one stays, if the class has
        two photos.
    seed : int
        Seed of the random choice. Each class is drawn independently, so adding a brand does not
        change the split of the others.
    keep_together : iterable of sequence of Path
        Groups of files that must be on the same side, such as near-duplicates. A class may then
        lose a few photos more than its share. A group that makes up a whole class is split
        nevertheless.

    Returns
    -------
    rest, portion : tuple of Photo
        Each sorted by class, and within a class in random order.

    Raises
    ------
    ValueError
        If the share is out of range.

    Examples
    --------
    >>> photos = [Photo(Path(f"{number}.jpg"), "bmw") for number in range(10)]
    >>> train, val = split_off(photos, share=0.2)
    >>> len(train), len(val)
    (8, 2)
    """
    rest, portion = [], []
    group_of = {path: set(group) for group in keep_together for path in group}
    for label, class_photos in by_class(photos).items():
        order = sorted(class_photos, key=lambda photo: (photo.path.name, str(photo.path)))
        random.Random(f"{seed} {label}").shuffle(order)
        taken = _take_first(order, _share_of(len(order), share), group_of)
        portion += [photo for index, photo in enumerate(order) if index in taken]
        rest += [photo for index, photo in enumerate(order) if index not in taken]
    return tuple(rest), tuple(portion)


def limit_per_class(splits: Splits, photos_per_class: int) -> Splits:
    """Keep only the first photos of each class in each split.

    Parameters
    ----------
    splits : Splits
    photos_per_class : int
        Number of photos per brand, at least 1. The limit for no-logo photos is half the total of
        all brands, so that they do not outnumber the brands.

    Returns
    -------
    Splits
        With the same class list.

    Raises
    ------
    ValueError
        If `photos_per_class` is below 1.

    Examples
    --------
    >>> photos = tuple(Photo(Path(f"{number}.jpg"), "bmw") for number in range(10))
    >>> len(limit_per_class(Splits(photos, (), (), ("bmw",)), 3).train)
    3
    """
    if photos_per_class < 1:
        raise ValueError(f"photos_per_class is {photos_per_class}: give 1 or more.")
    brands = len(set(splits.classes) - {NO_LOGO})
    no_logo_limit = max(1, -(-photos_per_class * brands // 2))

    def limit(photos: tuple[Photo, ...]) -> tuple[Photo, ...]:
        return tuple(
            photo
            for label, group in by_class(photos).items()
            for photo in group[: no_logo_limit if label == NO_LOGO else photos_per_class]
        )

    return replace(
        splits, train=limit(splits.train), val=limit(splits.val), test=limit(splits.test)
    )


def k_folds(photos: Sequence[Photo], k: int = 5, seed: int = 0) -> list[Fold]:
    """Split photos into k folds for cross-validation, stratified by class.

    Near-duplicates (`near_duplicates`) are always held out together.

    Parameters
    ----------
    photos : sequence of Photo
    k : int
        Number of folds: from 2 to the number of photos, near-duplicates counted once.
    seed : int
        Seed of the random choice.

    Returns
    -------
    list of (train, held_out)
        `k` pairs of tuples of Photo, in the order of `photos`. Each photo is held out exactly
        once.

    Raises
    ------
    ValueError
        If `k` is out of range, or no class has `k` photos.
    ImageError, OSError
        If a photo cannot be read.

    Examples
    --------
    >>> from logoflow.datasets.load import load_splits
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=3, val=1, test=1, no_logo=2)
    >>> splits = load_splits("flickrlogos32", folder)
    >>> for train, held_out in k_folds(splits.train, k=2):
    ...     print(len(train), len(held_out))
    4 4
    4 4
    """
    groups = _group_numbers(photos)
    distinct = len(set(groups))
    if not 2 <= k <= distinct:
        raise ValueError(f"k is {k}: give 2 to {distinct}, the number of different photos.")
    labels = [photo.label for photo in photos]
    folds = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    features = np.zeros((len(photos), 0))  # required by scikit-learn, which ignores them
    return [
        (tuple(photos[i] for i in train), tuple(photos[i] for i in held_out))
        for train, held_out in folds.split(features, labels, groups)
    ]


def _take_first(order: list[Photo], count: int, group_of: dict[Path, set[Path]]) -> set[int]:
    """Choose the first `count` photos with their groups, but never all photos."""
    index_of = {photo.path: index for index, photo in enumerate(order)}
    taken: set[int] = set()
    for index, photo in enumerate(order):
        group = group_of.get(photo.path, ())
        added = {index_of[path] for path in group if path in index_of} | {index}
        if len(taken) < count and len(taken | added) < len(order):
            taken |= added
    return taken or set(range(count))


def _share_of(photos: int, share: float) -> int:
    """Return the number of photos to cut off from a class."""
    if not 0 <= share < 1:
        raise ValueError(f"The share is {share}: give at least 0 and less than 1.")
    if share == 0 or photos < 2:
        return 0
    return min(max(1, round(photos * share)), photos - 1)


def _group_numbers(photos: Sequence[Photo]) -> list[int]:
    """Number the photos; near-duplicates get the number of the first of them."""
    number_of = {photo.path: number for number, photo in enumerate(photos)}
    for group in near_duplicates([photo.path for photo in photos]):
        number_of.update(dict.fromkeys(group, number_of[group[0]]))  # type: ignore[arg-type, index]
    return [number_of[photo.path] for photo in photos]
