"""What every data set turns into: three lists of photos and one class list."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Box(NamedTuple):
    """A logo's place in a photo, in pixels from the top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Photo:
    """One photo: where it lies, which class it is of, where its logos are.

    Parameters
    ----------
    path : Path
        The picture file.
    label : str
        A brand, or ``"no-logo"``.
    boxes : tuple of Box
        Empty where there is no logo or nobody drew a box.
    """

    path: Path
    label: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Splits:
    """The train, validation and test photos of a data set, and its class list.

    Parameters
    ----------
    train, val, test : tuple of Photo
        Disjoint lists of photos.
    classes : tuple of str
        Every class, in the order that numbers the labels: sorted by code point, as
        Gluon's ImageFolderDataset sorts folders.
    notes : tuple of str
        What was met and handled on the way, one sentence each (a missing photo, say).
    """

    train: tuple[Photo, ...]
    val: tuple[Photo, ...]
    test: tuple[Photo, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def counts(self) -> pd.DataFrame:
        """Photos per class (rows, in class order) and split (columns)."""
        columns = {
            name: Counter(photo.label for photo in getattr(self, name))
            for name in ("train", "val", "test")
        }
        return pd.DataFrame(columns, index=list(self.classes)).fillna(0).astype(int)


def class_list(*splits: Iterable[Photo]) -> tuple[str, ...]:
    """Sorted class names of all photos in `splits`."""
    return tuple(sorted({photo.label for split in splits for photo in split}))
