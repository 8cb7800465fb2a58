"""Read a prepared data set: its class folders, photos, boxes and summary."""

import json
import os
import warnings
from pathlib import Path

from logoflow.utils.addresses import local_path

SPLITS = ("train_data", "val_data", "test_data")
BOX_FILE = "boxes.json"
SUMMARY_FILE = "summary.txt"
UNLABELLED_FILE = "unlabelled.json"
CACHE_FOLDER = ".cache"  # folder inside the data set, beside its splits
LOADABLE_SUFFIXES = (".jpg", ".jpeg", ".png")  # the suffixes that ImageFolderDataset loads


def class_folders(root: Path | str, split: str) -> list[str]:
    """List the class folders of a split.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    list of str
        Sorted by code point. The position of a folder is its label. The list must equal the
        class list of the data set, or training refuses the data.

    Raises
    ------
    FileNotFoundError
        If there is no such split.

    Examples
    --------
    >>> for name in ("bmw", "HP"):
    ...     Path("root/val_data", name).mkdir(parents=True)
    >>> class_folders("root", "val_data")
    ['HP', 'bmw']
    """
    folder = local_path(root) / split
    return sorted(name for name in os.listdir(folder) if (folder / name).is_dir())


def photos_of(root: Path | str, split: str) -> list[tuple[Path, int]]:
    """List the photos of a split with their labels, in the order that loaders use.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    list of (Path, int)
        The path and the label of each photo, sorted by class and file name.

    Raises
    ------
    FileNotFoundError
        If there is no such split.

    Warns
    -----
    UserWarning
        For a file that is not a JPEG or PNG photo. The file is skipped.

    Examples
    --------
    >>> for name in ("bmw/1.jpg", "ups/2.jpg"):
    ...     path = Path("root/train_data", name)
    ...     path.parent.mkdir(parents=True)
    ...     path.touch()
    >>> [(path.name, label) for path, label in photos_of("root", "train_data")]
    [('1.jpg', 0), ('2.jpg', 1)]
    """
    photos = []
    for label, name in enumerate(class_folders(root, split)):
        folder = local_path(root) / split / name
        for file in sorted(os.listdir(folder)):
            if Path(file).suffix.lower() in LOADABLE_SUFFIXES:
                photos.append((folder / file, label))
            else:
                warnings.warn(
                    f"{folder / file} is skipped: photos are {', '.join(LOADABLE_SUFFIXES)} files.",
                    stacklevel=2,
                )
    return photos


def read_boxes(root: Path | str) -> dict[str, list[list[float]]]:
    """Read the bounding boxes of the logos in a prepared data set.

    Parameters
    ----------
    root : Path or str
        A prepared data set.

    Returns
    -------
    dict of str to list
        Keys are ``"train_data/<class>/<file>"`` and so on; values are lists of boxes
        ``[x, y, width, height]`` in pixels. A photo without boxes has no key. The dict is
        empty if the data set has no boxes.

    Examples
    --------
    >>> Path("root").mkdir()
    >>> _ = Path("root", BOX_FILE).write_text('{"train_data/bmw/1.jpg": [[5, 6, 70, 80]]}')
    >>> read_boxes("root")
    {'train_data/bmw/1.jpg': [[5, 6, 70, 80]]}
    """
    path = local_path(root) / BOX_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def read_summary(root: Path | str) -> str:
    """Read the summary of the last preparation.

    Parameters
    ----------
    root : Path or str
        A prepared data set.

    Returns
    -------
    str
        How many photos were prepared, which were skipped and why, and the notes of the data
        set. Empty if there is no summary.

    Examples
    --------
    >>> read_summary("not-prepared-yet")
    ''
    """
    path = local_path(root) / SUMMARY_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def unlabelled_photos(root: Path | str) -> list[Path]:
    """List the photos that came without a class: photos to answer with a trained classifier.

    Parameters
    ----------
    root : Path or str
        A prepared data set.

    Returns
    -------
    list of Path
        For example the photos of a test folder without class folders. Empty if there are none.

    Examples
    --------
    >>> unlabelled_photos("root")
    []
    """
    path = Path(root) / UNLABELLED_FILE
    return [Path(name) for name in json.loads(path.read_text())] if path.is_file() else []


def folder_tree(root: Path | str, *, max_folders: int = 5) -> str:
    """Draw the folders of a prepared data set, with the number of photos in each.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    max_folders : int
        Number of class folders to show per split.

    Returns
    -------
    str
        One line per folder or file.

    Examples
    --------
    >>> for name in ("bmw/1.jpg", "bmw/2.jpg", "ups/3.jpg"):
    ...     path = Path("root/train_data", name)
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     path.touch()
    >>> print(folder_tree("root", max_folders=1))
    root/
      train_data/  3 photos
        bmw/  2 photos
        ... 1 more folders
    """
    root = local_path(root)
    lines = [f"{root.name}/"]
    for path in sorted(root.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            lines += _split_lines(path, max_folders)
        elif path.suffix == ".json" and not path.name.endswith("_data.json"):
            lines.append(f"  {path.name}")
    return "\n".join(lines)


def _split_lines(split: Path, max_folders: int) -> list[str]:
    folders = sorted(folder for folder in split.iterdir() if folder.is_dir())
    photos = {folder.name: sum(1 for _ in folder.iterdir()) for folder in folders}
    lines = [f"  {split.name}/  {sum(photos.values())} photos"]
    lines += [f"    {name}/  {photos[name]} photos" for name in list(photos)[:max_folders]]
    if len(photos) > max_folders:
        lines.append(f"    ... {len(photos) - max_folders} more folders")
    return lines
