"""What a prepared data set holds: its splits, their class folders and their photos."""

import json
import os
import warnings
from pathlib import Path

LOADED = (".jpg", ".jpeg", ".png")  # what ImageFolderDataset takes for photos
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


def folder_tree(root: Path | str, *, most: int = 5) -> str:
    """Draw the folders of a prepared data set, with the number of photos in each.

    Parameters
    ----------
    root : Path or str
        As prepared.
    most : int
        How many of each split's class folders to show.

    Returns
    -------
    str
        A line per folder or file.

    Examples
    --------
    >>> print(folder_tree(prepare_root(), most=1))
    sample/
      classes.json
      train_data/  240 photos
        HP/  10 photos
        ... 16 more folders
    """
    root = Path(root)
    lines = [f"{root.name}/"]
    for path in sorted(root.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            lines += _split_lines(path, most)
        elif path.suffix == ".json" and not path.name.endswith("_data.json"):
            lines.append(f"  {path.name}")
    return "\n".join(lines)


def _split_lines(split: Path, most: int) -> list[str]:
    folders = sorted(folder for folder in split.iterdir() if folder.is_dir())
    photos = {folder.name: sum(1 for _ in folder.iterdir()) for folder in folders}
    lines = [f"  {split.name}/  {sum(photos.values())} photos"]
    lines += [f"    {name}/  {photos[name]} photos" for name in list(photos)[:most]]
    if len(photos) > most:
        lines.append(f"    ... {len(photos) - most} more folders")
    return lines


BOX_FILE = "boxes.json"


SUMMARY_FILE = "summary.txt"


def read_boxes(root: Path | str) -> dict[str, list[list[float]]]:
    """Read the logos' boxes of a prepared data set.

    Parameters
    ----------
    root : Path or str
        As prepared.

    Returns
    -------
    dict
        From ``"train_data/<class>/<file>"`` to boxes ``[x, y, width, height]`` in pixels.
        Photos without boxes are not in it; it is empty where there are none at all.
    """
    path = Path(root) / BOX_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def read_summary(root: Path | str) -> str:
    """What the last `prepare_splits` of `root` did, left out and why; empty if there is none."""
    path = Path(root) / SUMMARY_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else ""
