"""Make data sets of links to the photos of another prepared data set."""

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.class_list import CLASS_FILE, read_classes
from logoflow.datasets.prepared import BOX_FILE, SPLITS, read_boxes
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path
from logoflow.utils.files import write_text


def subset_per_brand(
    root: Path | str, target: Path | str, photos_per_brand: int, seed: int = 0
) -> Path:
    """Make a data set with fewer training photos per brand.

    Parameters
    ----------
    root : Path or str
        A prepared data set. All its no-logo photos are kept, because photos without logos are
        easy to get, and so are the validation and test photos.
    target : Path or str
        The folder for the new data set. Existing content is replaced.
    photos_per_brand : int
        Training photos per brand, at least 1. With the same seed, a smaller subset is part of
        a larger one.
    seed : int
        Seed of the random choice.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    ValueError
        If `photos_per_brand` is below 1, or `target` contains `root`.

    Examples
    --------
    >>> from logoflow.datasets.prepare import prepare_root
    >>> from logoflow.datasets.prepared import photos_of
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=3, val=1, test=1, no_logo=2)
    >>> root = prepare_root("flickrlogos32", folder, output_dir="root")
    >>> len(photos_of(root, "train_data"))
    8
    >>> len(photos_of(subset_per_brand(root, "subset", 1), "train_data"))
    4
    """
    if photos_per_brand < 1:
        raise ValueError(f"photos_per_brand is {photos_per_brand}: give 1 or more.")
    root, target = _empty_target(root, target)
    _link(root, target, CLASS_FILE, BOX_FILE, "val_data", "test_data")
    for folder in sorted((root / "train_data").iterdir()):
        photos = sorted(folder.iterdir())
        if folder.name != NO_LOGO:
            random.Random(f"{seed} {folder.name}").shuffle(photos)
            photos = photos[:photos_per_brand]
        (target / "train_data" / folder.name).mkdir()
        for photo in photos:
            (target / "train_data" / folder.name / photo.name).symlink_to(photo)
    return target


def subset_of_classes(root: Path | str, target: Path | str, classes: Sequence[str]) -> Path:
    """Make a data set with some of the classes, to which the other brands are unknown.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    target : Path or str
        The folder for the new data set. Existing content is replaced.
    classes : sequence of str
        Names of the classes to keep, at least one.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    ValueError
        If there is no such class, or `target` contains `root`.

    Examples
    --------
    >>> from logoflow.datasets.prepare import prepare_root
    >>> from logoflow.datasets.class_list import read_classes
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=3, val=1, test=1, no_logo=2)
    >>> root = prepare_root("flickrlogos32", folder, output_dir="root")
    >>> read_classes(subset_of_classes(root, "subset", ["aldi", "no-logo"]))
    ('aldi', 'no-logo')
    """
    known = read_classes(root)
    unknown = sorted(set(classes) - set(known))
    if unknown or not classes:
        raise ValueError(
            f"{', '.join(unknown) or 'No class'} cannot be kept: choose from {', '.join(known)}."
        )
    root, target = _empty_target(root, target)
    kept = [name for name in known if name in classes]
    write_text(target / CLASS_FILE, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    _link(root, target, BOX_FILE)
    for split in SPLITS:
        (target / split).mkdir(exist_ok=True)
        for name in kept:
            (target / split / name).symlink_to(root / split / name)
    return target


def merge_train_val(root: Path | str, target: Path | str) -> Path:
    """Make a data set that trains on the training and validation photos of another.

    Parameters
    ----------
    root : Path or str
        A prepared data set. Its validation and test photos stay validation and test photos too.
    target : Path or str
        The folder for the new data set. Existing content is replaced.

    Returns
    -------
    Path
        `target`. It has the boxes of all its photos.

    Raises
    ------
    ValueError
        If `target` contains `root`.

    Examples
    --------
    >>> from logoflow.datasets.prepare import prepare_root
    >>> from logoflow.datasets.prepared import photos_of
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=3, val=1, test=1, no_logo=2)
    >>> root = prepare_root("flickrlogos32", folder, output_dir="root")
    >>> len(photos_of(root, "train_data")), len(photos_of(root, "val_data"))
    (8, 4)
    >>> len(photos_of(merge_train_val(root, "merged"), "train_data"))
    12
    """
    root, target = _empty_target(root, target)
    _link(root, target, CLASS_FILE, "val_data", "test_data")
    boxes = read_boxes(root)
    for folder in (root / "train_data").iterdir():
        (target / "train_data" / folder.name).mkdir()  # a class without photos is a class too
    for split in ("train_data", "val_data"):
        for photo in sorted((root / split).glob("*/*")):
            label, name = photo.parent.name, photo.name
            if (target / "train_data" / label / name).exists():
                name = f"{split}-{name}"
            (target / "train_data" / label / name).symlink_to(photo)
            if photo_boxes := boxes.get(f"{split}/{label}/{photo.name}"):
                boxes[f"train_data/{label}/{name}"] = photo_boxes
    if boxes:
        write_text(target / BOX_FILE, json.dumps(boxes))
    return target


def _empty_target(root: Path | str, target: Path | str) -> tuple[Path, Path]:
    """Check and empty the target folder; return both folders as paths that links can use."""
    root, target = local_path(root).resolve(), local_path(target)
    if root.is_relative_to(target.resolve()):
        raise ValueError(f"{target} contains the original photos: give another folder.")
    shutil.rmtree(target, ignore_errors=True)
    (target / "train_data").mkdir(parents=True)
    return root, target


def _link(root: Path, target: Path, *names: str) -> None:
    for name in names:
        if (root / name).exists():
            (target / name).symlink_to(root / name)
