"""Data sets of links to another's photos: fewer to train on, or those of validation too."""

import json
import random
import shutil
from pathlib import Path

from logoflow.datasets.class_list import CLASS_FILE
from logoflow.datasets.prepared import BOX_FILE, read_boxes
from logoflow.labels import NO_LOGO
from logoflow.utils.files import write_text


def few_photos(root: Path | str, place: Path | str, count: int, seed: int = 0) -> Path:
    """Make a data set with fewer training photos per brand, of links to another's photos.

    Parameters
    ----------
    root : Path or str
        The prepared data set. Its no-logo photos, validation and test are taken whole: photos
        without logos are to be had anywhere.
    place : Path or str
        The new one's folder; what is there is replaced.
    count : int
        Photos per brand; those of a smaller count are among them.
    seed : int
        Decides which.

    Returns
    -------
    Path
        `place`.

    Raises
    ------
    ValueError
        If no photo would be left, or `place` is where the photos are.
    """
    if count < 1:
        raise ValueError(f"{count} photos per brand: keep at least one.")
    root, place = _emptied(root, place)
    _link(root, place, CLASS_FILE, BOX_FILE, "val_data", "test_data")
    for brand in sorted((root / "train_data").iterdir()):
        photos = sorted(brand.iterdir())
        if brand.name != NO_LOGO:
            random.Random(f"{seed} {brand.name}").shuffle(photos)
            photos = photos[:count]
        (place / "train_data" / brand.name).mkdir()
        for photo in photos:
            (place / "train_data" / brand.name / photo.name).symlink_to(photo)
    return place


def with_validation(root: Path | str, place: Path | str) -> Path:
    """Make a data set whose training photos are another's of training and of validation.

    Parameters
    ----------
    root : Path or str
        The prepared data set. Validation and test are linked as they are.
    place : Path or str
        The new one's folder; what is there is replaced.

    Returns
    -------
    Path
        `place`, with the boxes of all its photos.

    Raises
    ------
    ValueError
        If `place` is where the photos are.

    Examples
    --------
    >>> everything = with_validation(root, "everything")
    """
    root, place = _emptied(root, place)
    _link(root, place, CLASS_FILE, "val_data", "test_data")
    boxes = read_boxes(root)
    for brand in (root / "train_data").iterdir():
        (place / "train_data" / brand.name).mkdir()  # those without a photo count as classes too
    for split in ("train_data", "val_data"):
        for photo in sorted((root / split).glob("*/*")):
            brand, name = photo.parent.name, photo.name
            if (place / "train_data" / brand / name).exists():
                name = f"{split}-{name}"
            (place / "train_data" / brand / name).symlink_to(photo)
            if found := boxes.get(f"{split}/{brand}/{photo.name}"):
                boxes[f"train_data/{brand}/{name}"] = found
    if boxes:
        write_text(place / BOX_FILE, json.dumps(boxes))
    return place


def _emptied(root: Path | str, place: Path | str) -> tuple[Path, Path]:
    """Where the links lead to, and a folder for them with an empty one for training photos."""
    root, place = Path(root).resolve(), Path(place)
    if root.is_relative_to(place.resolve()):
        raise ValueError(f"{place} holds the photos themselves: give another folder for the links.")
    shutil.rmtree(place, ignore_errors=True)
    (place / "train_data").mkdir(parents=True)
    return root, place


def _link(root: Path, place: Path, *names: str) -> None:
    for name in names:
        if (root / name).exists():
            (place / name).symlink_to(root / name)
