"""Prepare a data set for training: one folder per split, and in it one folder per class."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from filelock import FileLock

from logoflow.datasets.class_list import CLASS_FILE, fix_classes, read_classes
from logoflow.datasets.list_files import finder, label_of, read_mask_boxes
from logoflow.datasets.load import load_splits
from logoflow.datasets.placing import Prepared
from logoflow.datasets.prepared import SUMMARY_FILE
from logoflow.datasets.split_folders import (
    prepare_split,
    total_of,
    why_untrained,
    write_unlabelled,
)
from logoflow.datasets.splits import Photo, Splits
from logoflow.utils.addresses import local_path
from logoflow.utils.files import write_text
from logoflow.utils.paths import data_home

LOCK_FILE = ".prepare.lock"


def prepare_datasets(
    base_directory: Path | str,
    filenames: Iterable[str],
    dest_folder_name: str,
    *,
    classes: Sequence[str] | None = None,
) -> Prepared:
    """Put listed photos into one folder per class, as the Gluon article does.

    Afterwards the folder contains exactly the listed photos that exist and can be decoded; the
    result names the others. A second call does only the work that is left.

    Parameters
    ----------
    base_directory : Path or str
        Folder of the data set, such as ``FlickrLogos-v2``.
    filenames : iterable of str
        Paths below `base_directory` as in the list files, ``classes/jpg/<class>/<file>``.
    dest_folder_name : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``. The folder is created in
        `base_directory`.
    classes : sequence of str, optional
        The class list. By default, the first call uses the classes of its photos.

    Returns
    -------
    Prepared
        Print it for a summary.

    Raises
    ------
    FileNotFoundError
        If there is no folder `base_directory`.
    ClassListError
        If the class of a photo is not in the list that the first call fixed.

    Notes
    -----
    The Gluon article spells the name ``prepare_datesets``, the PyTorch article
    ``prepare_datasets``.

    Examples
    --------
    >>> from logoflow.datasets.flickrlogos32 import article_split
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> filenames = article_split(folder)["train"]
    >>> print(prepare_datasets(folder, filenames, "train_data"))
    6 photos in .../FlickrLogos-v2/train_data (6 new).
    """
    base = Path(base_directory).resolve()
    if not base.is_dir():
        raise FileNotFoundError(f"{base} is not a folder: give the folder of the data set.")
    names = [name.strip().replace("\\", "/") for name in filenames]
    names = list(dict.fromkeys(name for name in names if name))
    with FileLock(base / LOCK_FILE):
        known_classes = classes or (read_classes(base) if (base / CLASS_FILE).is_file() else ())
        labels = [label_of(name) for name in names if label_of(name)]
        spelling_of = _spellings([*known_classes, *labels])
        photo_classes = list(spelling_of.values())
        class_list = fix_classes(base, known_classes or photo_classes, exact=bool(classes))
        fix_classes(base, photo_classes, exact=False)  # an error if a photo has an unknown class
        photos, missing = _find_listed(base, names, spelling_of)
        prepared = prepare_split(base / dest_folder_name, photos, class_list)
    return replace(prepared, skipped=(*missing, *prepared.skipped))


def prepare_splits(splits: Splits, root: Path | str) -> Prepared:
    """Put the photos of a data set into ``<root>/{train,val,test}_data/<class>/``.

    The function also writes the class list to ``classes.json``, the bounding boxes to
    ``boxes.json`` and a summary to ``summary.txt``. Photos are hard links if the file system
    supports them, otherwise copies. A second call does only the work that is left. A call that
    is killed leaves no incomplete photo.

    Parameters
    ----------
    splits : Splits
        From `load_splits` or a reader such as `read_folder`.
    root : Path or str
        The folder to prepare. It is created if necessary.

    Returns
    -------
    Prepared
        The totals of the three splits.

    Raises
    ------
    ClassListError
        If `root` was prepared with another class list.
    ValueError
        If no photo of a split, or no training photo of a class, can be used.

    Examples
    --------
    >>> from logoflow.datasets.flickrlogos32 import read_flickrlogos32
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> print(prepare_splits(read_flickrlogos32(folder), "root"))
    14 photos in root (14 new).
    """
    root = local_path(root)
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / LOCK_FILE):
        had_classes = (root / CLASS_FILE).is_file()
        fix_classes(root, splits.classes, exact=True)
        parts = [
            prepare_split(root / f"{name}_data", getattr(splits, name), splits.classes)
            for name in ("train", "val", "test")
        ]
        totals = total_of(root, parts)
        untrained = why_untrained(splits.train, parts[0])
        if untrained and not had_classes:  # so that the next call may bring other classes
            (root / CLASS_FILE).unlink()
        write_unlabelled(root, splits)
        write_text(root / SUMMARY_FILE, "\n".join([str(totals), *splits.notes]) + "\n")
    if untrained:
        raise ValueError(untrained)
    for part in parts:
        if part.skipped and not part.copied + part.reused:
            raise ValueError(f"No photo of a split can be used: {part}")
    return totals


def prepare_root(
    dataset: str = "sample",
    data_dir: Path | str | pd.DataFrame | None = None,
    output_dir: Path | str | None = None,
    *,
    no_logo_dir: Path | str | None = None,
    photos_per_class: int | None = None,
    test_share: float | None = None,
    layout: str | None = None,
    seed: int = 0,
) -> Path:
    """Load a data set by its name and prepare it: everything before training in one call.

    Parameters
    ----------
    dataset : str
        ``"sample"``, ``"flickrlogos32"``, ``"flickrlogos27"``, ``"folder"``, ``"table"``,
        ``"coco"`` or ``"yolo"``.
    data_dir : Path, str or DataFrame, optional
        Folder, archive or URL of the data, see `load_splits`.
    output_dir : Path or str, optional
        The folder to prepare. By default, each combination of the other parameters gets its
        own folder below ``<data home>/prepared``.
    no_logo_dir : Path or str, optional
        Folder of photos without logos, for ``flickrlogos27`` only.
    photos_per_class : int, optional
        Keep at most this many photos per brand and split.
    test_share : float, optional
        Share of each class that becomes test photos, 0 or more and below 0.8, for your own photos.
        By default a fifth. With 0, `logoflow.fit` can use all photos.
    layout : str, optional
        What the folders of the first and second level stand for: ``"class"``, ``"split/class"``,
        ``"class/split"`` or ``"group/class"``, for ``folder`` only. By default, the names of the
        folders decide.
    seed : int
        Seed of the random split, for data sets that come without a split.

    Returns
    -------
    Path
        The folder that contains ``train_data``, ``val_data`` and ``test_data``. `read_summary`
        tells which photos were left out and why.

    Raises
    ------
    ValueError, FileNotFoundError, ArchiveError, ClassListError
        See `load_splits` and `prepare_splits`.

    Examples
    --------
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = prepare_root("flickrlogos32", folder, output_dir="root")
    >>> read_classes(root)
    ('adidas', 'aldi', 'no-logo')
    """
    if output_dir and dataset in ("folder", "coco", "yolo"):
        _refuse_folder_of_photos(output_dir, data_dir)
    splits = load_splits(
        dataset,
        data_dir,
        no_logo_dir=no_logo_dir,
        photos_per_class=photos_per_class,
        test_share=test_share,
        layout=layout,
        seed=seed,
    )
    if output_dir:
        root = local_path(output_dir).resolve()
    else:
        key = [_absolute(data_dir), _absolute(no_logo_dir), photos_per_class, seed]
        key += splits.classes
        key += [] if test_share is None else [f"test_share={test_share}"]
        key += [] if layout is None else [f"layout={layout}"]
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
        root = data_home() / "prepared" / f"{dataset}-{digest}"
    prepare_splits(splits, root)
    return root


def _find_listed(
    base: Path, names: Iterable[str], spelling_of: dict[str, str]
) -> tuple[list[Photo], list[tuple[str, str]]]:
    """Find the listed photos and their boxes; the second list has the names without a photo."""
    find = finder(base)
    photos, missing = [], []
    for name in names:
        path, label = find(name), label_of(name)
        if path and label:
            photos.append(Photo(path, spelling_of[label.casefold()], read_mask_boxes(name, find)))
        else:
            missing.append((name, "missing"))
    return photos, missing


def _spellings(labels: Iterable[str]) -> dict[str, str]:
    """Map each case-folded class name to its first spelling: ``HP`` and ``hp`` are one brand."""
    spelling_of: dict[str, str] = {}
    for label in labels:
        spelling_of.setdefault(label.casefold(), label)
    return spelling_of


def _refuse_folder_of_photos(
    output_dir: Path | str, data_dir: Path | str | pd.DataFrame | None
) -> None:
    """Raise an error if the prepared folder is the source: the next call would read its photos."""
    if _absolute(data_dir) == _absolute(output_dir):
        raise ValueError(
            f"output_dir is {output_dir}, the folder of the photos: choose another folder, such as "
            f"{Path(output_dir) / 'prepared'}."
        )


def _absolute(source: Path | str | pd.DataFrame | None) -> str | None:
    """Give a source in a form that does not depend on the current directory."""
    if isinstance(source, pd.DataFrame):
        return hashlib.sha256(source.to_csv().encode("utf-8", "surrogateescape")).hexdigest()
    if not source:
        return None
    if str(source).lower().startswith(("http://", "https://")):
        return str(source)
    return str(local_path(source).resolve())
