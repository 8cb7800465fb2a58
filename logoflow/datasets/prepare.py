"""Photos of a data set into the folders that training reads: one per split, one per class."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from logoflow.datasets.class_list import CLASS_FILE, fix_classes, read_classes
from logoflow.datasets.listing import finder, label_of, read_boxes_of
from logoflow.datasets.load import load_splits
from logoflow.datasets.placing import Prepared, place
from logoflow.datasets.prepared import BOX_FILE, LOADED, SUMMARY_FILE, read_boxes
from logoflow.datasets.splits import Photo, Splits
from logoflow.utils.files import write_text
from logoflow.utils.paths import data_home


def prepare_datasets(
    base_directory: Path | str,
    filenames: Iterable[str],
    dest_folder_name: str,
    *,
    classes: Sequence[str] | None = None,
) -> Prepared:
    """Put listed photos of a data set in one folder per class, as the Gluon article does.

    A second call does only what is left to do. Afterwards the folder has exactly the listed
    photos that are there and can be decoded; the others are named in the result.

    Parameters
    ----------
    base_directory : Path or str
        Folder of the data set, such as ``FlickrLogos-v2``.
    filenames : iterable of str
        Paths below it as the list files have them, ``classes/jpg/<class>/<file>``.
    dest_folder_name : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``: made in `base_directory`.
    classes : sequence of str, optional
        The class list. Without it the first call takes the classes of its photos.

    Returns
    -------
    Prepared
        ``print`` it for a summary.

    Raises
    ------
    ClassListError
        If a photo is of a class that is not in the list the first call fixed.

    Notes
    -----
    The Gluon article spells it ``prepare_datesets``; the PyTorch article has ``prepare_datasets``.

    Examples
    --------
    >>> base_directory = make_sample()
    >>> filenames = article_split(base_directory)["train"]
    >>> print(prepare_datasets(base_directory, filenames, "train_data"))
    240 photos in …/train_data (240 new).
    """
    base = Path(base_directory).resolve()
    if not base.is_dir():
        raise FileNotFoundError(f"No folder {base}: give the data set's folder.")
    names = [name.strip().replace("\\", "/") for name in filenames]
    names = list(dict.fromkeys(name for name in names if name))
    find = finder(base)
    with FileLock(base / ".prepare.lock"):
        known = classes or (read_classes(base) if (base / CLASS_FILE).is_file() else ())
        spelling = _spellings([*known, *(label_of(name) for name in names if label_of(name))])
        fixed = fix_classes(base, known or list(spelling.values()), exact=bool(classes))
        fix_classes(base, list(spelling.values()), exact=False)
        photos, skipped = [], []
        for name in names:
            path, label = find(name), label_of(name)
            if path and label:
                boxes = read_boxes_of(name, find)
                photos.append(Photo(path, spelling[label.casefold()], boxes))
            else:
                skipped.append((name, "missing"))
        done = _prepare(base / dest_folder_name, photos, fixed)
    return replace(done, skipped=(*skipped, *done.skipped))


def prepare_splits(splits: Splits, root: Path | str) -> Prepared:
    """Put the photos of a data set in ``<root>/{train,val,test}_data/<class>/``.

    Beside them ``classes.json`` fixes the class list and ``boxes.json`` keeps the logos'
    boxes. Photos are hard links where the file system can, else copies. A second call does
    only what is left to do; one that is killed leaves no half photo.

    Parameters
    ----------
    splits : Splits
        From `load_splits` or one of the readers.
    root : Path or str
        The folder to prepare.

    Returns
    -------
    Prepared
        Of all three splits together.

    Raises
    ------
    ClassListError
        If `root` was prepared with another class list.
    ValueError
        If no photo of a split can be used.

    Examples
    --------
    >>> print(prepare_splits(read_folder("my-brands"), "prepared"))
    180 photos in prepared (180 new).
    """
    root = Path(root)
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".prepare.lock"):
        fix_classes(root, splits.classes, exact=True)
        done = [
            _prepare(root / f"{name}_data", getattr(splits, name), splits.classes)
            for name in ("train", "val", "test")
        ]
        total = _total(root, done)
        write_text(root / SUMMARY_FILE, "\n".join([str(total), *splits.notes]) + "\n")
    for part in done:
        if part.skipped and not part.copied + part.reused:
            raise ValueError(f"No photo can be used: {part}")
    return total


def prepare_root(
    dataset: str = "sample",
    data_dir: Path | str | None = None,
    output_dir: Path | str | None = None,
    *,
    no_logo_dir: Path | str | None = None,
    photos_per_class: int | None = None,
    seed: int = 0,
) -> Path:
    """Read a data set and prepare its folders: everything before training in one call.

    Parameters
    ----------
    dataset, data_dir, no_logo_dir, photos_per_class, seed
        See `load_splits`.
    output_dir : Path or str, optional
        The folder to prepare. Without it there is one for each choice of the others, below
        ``prepared/`` where data is kept.

    Returns
    -------
    Path
        The folder with ``train_data``, ``val_data`` and ``test_data``. What was left out and
        why is in `read_summary` of it.

    Raises
    ------
    ValueError, FileNotFoundError, ArchiveError, ClassListError
        As `load_splits` and `prepare_splits` do.

    Examples
    --------
    >>> root = prepare_root("flickrlogos27", "../shared/flickrlogos27", photos_per_class=5)
    >>> train_data, val_data, test_data = make_loaders(root, "logoflow")
    """
    splits = load_splits(
        dataset,
        data_dir,
        no_logo_dir=no_logo_dir,
        photos_per_class=photos_per_class,
        seed=seed,
    )
    if output_dir:
        root = Path(output_dir).expanduser().resolve()
    else:
        choice = [_place_of(data_dir), _place_of(no_logo_dir), photos_per_class, seed]
        choice += splits.classes
        digest = hashlib.sha256(json.dumps(choice).encode()).hexdigest()[:8]
        root = data_home() / "prepared" / f"{dataset}-{digest}"
    prepare_splits(splits, root)
    return root


def _prepare(folder: Path, photos: Sequence[Photo], classes: Sequence[str]) -> Prepared:
    """Place one split's photos and note their boxes."""
    named = _names(photos)
    done = place(folder, {name: photo.path for name, photo in named.items()}, classes)
    root, left_out = folder.parent, {name for name, _ in done.skipped}
    boxes = read_boxes(root)
    kept = {name: b for name, b in boxes.items() if not name.startswith(f"{folder.name}/")}
    kept |= {
        f"{folder.name}/{name}": [list(box) for box in photo.boxes]
        for name, photo in named.items()
        if photo.boxes and name not in left_out
    }
    if kept != boxes:
        write_text(root / BOX_FILE, json.dumps(kept, indent=0))
    return done


def _names(photos: Sequence[Photo]) -> dict[str, Photo]:
    """Give each photo a name ``<class>/<file>`` of its own, the same at every call.

    Two photos of one class may have the same file name, from different folders. What is not
    named as a photo that data loaders take gets ``.png`` added, as which it will be written.
    """
    named: dict[str, Photo] = {}
    taken: set[Path] = set()
    for photo in photos:
        if photo.path in taken:
            continue
        taken.add(photo.path)
        stem, suffix = photo.path.stem, photo.path.suffix
        if suffix.lower() not in LOADED:
            suffix += ".png"
        name, number = f"{photo.label}/{stem}{suffix}", 1
        while name in named:
            number += 1
            name = f"{photo.label}/{stem}-{number}{suffix}"
        named[name] = photo
    return named


def _spellings(labels: Iterable[str]) -> dict[str, str]:
    """One spelling for each class, the first met: ``HP`` and ``hp`` are one brand."""
    spelling: dict[str, str] = {}
    for label in labels:
        spelling.setdefault(label.casefold(), label)
    return spelling


def _total(root: Path, parts: Sequence[Prepared]) -> Prepared:
    def named(field: str) -> Iterator:
        for part in parts:
            for item in getattr(part, field):
                yield part.folder.name, item

    return Prepared(
        root,
        sum(part.copied for part in parts),
        sum(part.reused for part in parts),
        sum(part.removed for part in parts),
        tuple((f"{folder}/{name}", why) for folder, (name, why) in named("skipped")),
        tuple(f"{folder}/{name}" for folder, name in named("foreign")),
    )


def _place_of(source: Path | str | None) -> str | None:
    if not source:
        return None
    if "://" in str(source):
        return str(source)
    return str(Path(source).expanduser().resolve())
