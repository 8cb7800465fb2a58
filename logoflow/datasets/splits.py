"""The common form of every data set: three lists of photos and one class list."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Box(NamedTuple):
    """The bounding box of a logo, in pixels from the top left corner of the photo.

    Parameters
    ----------
    x, y : float
        The top left corner of the box.
    width, height : float
        The size of the box.

    Examples
    --------
    >>> Box(x=10, y=20, width=64, height=32).width
    64
    """

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Photo:
    """A photo file, its class and the bounding boxes of its logos.

    Parameters
    ----------
    path : Path
        The image file.
    label : str
        A brand, or ``"no-logo"``.
    boxes : tuple of Box
        Empty if the photo has no logo or its boxes are unknown.

    Examples
    --------
    >>> Photo(Path("cup.jpg"), "starbucks", (Box(10, 20, 64, 32),)).label
    'starbucks'
    """

    path: Path
    label: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Splits:
    """The training, validation and test photos of a data set, and its class list.

    Parameters
    ----------
    train, val, test : tuple of Photo
        Three lists with no photo in common.
    classes : tuple of str
        All classes, sorted by code point as Gluon's ImageFolderDataset sorts folders. The
        position of a name is its label.
    notes : tuple of str
        Messages for the user, one sentence each: missing photos, for example.
    unlabelled : tuple of Path
        Photos without a class, from a test folder without class folders, for example. They are
        photos to answer with a trained classifier.

    Examples
    --------
    >>> photo = Photo(Path("cup.jpg"), "starbucks")
    >>> Splits((photo,), (), (), classes=("starbucks",)).counts()
               train  val  test
    starbucks      1    0     0
    """

    train: tuple[Photo, ...]
    val: tuple[Photo, ...]
    test: tuple[Photo, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    unlabelled: tuple[Path, ...] = ()

    def counts(self) -> pd.DataFrame:
        """Count the photos of each class.

        Returns
        -------
        DataFrame
            One row per class in label order; the columns ``train``, ``val`` and ``test``.
        """
        columns = {
            name: Counter(photo.label for photo in getattr(self, name))
            for name in ("train", "val", "test")
        }
        return pd.DataFrame(columns, index=list(self.classes)).fillna(0).astype(int)


def classes_of(*splits: Iterable[Photo]) -> tuple[str, ...]:
    """List the classes of all photos, sorted by code point.

    Parameters
    ----------
    *splits : iterable of Photo

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> classes_of([Photo(Path("1.jpg"), "ups")], [Photo(Path("2.jpg"), "bmw")])
    ('bmw', 'ups')
    """
    return tuple(sorted({photo.label for split in splits for photo in split}))


def first_few(names: Sequence[object]) -> str:
    """Shorten a list of names for a note or an error message.

    Parameters
    ----------
    names : sequence
        Names, or objects with a readable text form.

    Returns
    -------
    str
        The first three names and the number of the others.

    Examples
    --------
    >>> first_few(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    rest = len(names) - 3
    return ", ".join(map(str, names[:3])) + (f" and {rest} more" if rest > 0 else "")
