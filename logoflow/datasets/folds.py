"""Cross-validation: every photo is held out once, and never while its twin is trained on."""

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from logoflow.datasets.duplicates import near_duplicates
from logoflow.datasets.splits import Photo

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
