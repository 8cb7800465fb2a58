"""What a prepared data set holds: its splits, their class folders and their photos."""

import os
import warnings
from pathlib import Path

from logoflow.placing import LOADED

SPLITS = ("train_data", "val_data", "test_data")


def class_folders(root: Path | str, split: str) -> list[str]:
    """List the class folders of a split by name; their order numbers the labels.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    list of str
        Sorted. They are the data set's class list, or training refuses them.

    Raises
    ------
    FileNotFoundError
        If there is no such split.

    Examples
    --------
    >>> class_folders(prepare_root(), "val_data")[:2]
    ['HP', 'adidas']
    """
    folder = Path(root) / split
    return sorted(name for name in os.listdir(folder) if (folder / name).is_dir())


def photos_of(root: Path | str, split: str) -> list[tuple[Path, int]]:
    """List the photos of a split with their labels, in the order in which loaders number them.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    list of (Path, int)
        A photo's path and its class number, sorted by class and file name.

    Raises
    ------
    FileNotFoundError
        If there is no such split.

    Warns
    -----
    UserWarning
        For a file that is not a JPEG or PNG photo; it is left out.

    Examples
    --------
    >>> root = prepare_root()
    >>> len(photos_of(root, "train_data"))
    240
    """
    photos = []
    for label, name in enumerate(class_folders(root, split)):
        folder = Path(root) / split / name
        for file in sorted(os.listdir(folder)):
            if Path(file).suffix.lower() in LOADED:
                photos.append((folder / file, label))
            else:
                warnings.warn(
                    f"{folder / file} is left out: photos are {', '.join(LOADED)} files.",
                    stacklevel=2,
                )
    return photos
