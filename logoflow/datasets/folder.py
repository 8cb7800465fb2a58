"""Read your own photos: one folder per class."""

from pathlib import Path

from logoflow.datasets.archives import open_source
from logoflow.datasets.duplicates import near_duplicates
from logoflow.datasets.listing import find_photos
from logoflow.datasets.splits import Photo, Splits, classes_of, first_few
from logoflow.datasets.splitting import by_class, split_off
from logoflow.labels import NO_LOGO

SPLIT_FOLDERS = {
    "train": ("train", "train_data"),
    "val": ("val", "val_data", "valid", "validation"),
    "test": ("test", "test_data"),
}
VAL_SHARE: float = 0.2  # of each class
TEST_SHARE: float = 0.2
MAX_COMPARED = 5000  # photos of a class; comparing all pairs of more takes many minutes
NO_LOGO_SPELLINGS = ("no-logo", "no_logo", "nologo", "no logo", "none")


def read_folder(source: Path | str, *, test_share: float = TEST_SHARE, seed: int = 0) -> Splits:
    """Read ``<source>/<class>/*.jpg`` and split every class into train, val and test.

    If the folders are ``train``, ``val`` and ``test`` (or ``train_data`` and so on) and contain
    class folders, that split is kept. Otherwise a fifth of each class, at least one photo, becomes
    the validation set and another fifth the test set. A class of one or two photos is used for
    training only. Near-duplicates of a class (`logoflow.datasets.duplicates.near_duplicates`) stay
    on the same side.

    Parameters
    ----------
    source : Path or str
        The folder that contains the class folders, its archive, or the URL of the archive. Photos
        (jpg, png, webp, bmp) may lie deeper inside their class folder. Photos without a logo
        belong in the folder ``no-logo``.
    test_share : float
        Share of each class that becomes test photos, 0 or more and below 1.
    seed : int
        Seed of the random split.

    Returns
    -------
    Splits
        Without boxes.

    Raises
    ------
    FileNotFoundError
        If there are no photos.
    ValueError
        If there is only one class, if a class of an existing split has no training photos, or if
        `test_share` is out of range.
    ArchiveError
        If an archive cannot be downloaded or extracted.

    Examples
    --------
    >>> for name in ("acme/1", "acme/2", "acme/3", "zeta/1", "zeta/2", "zeta/3"):
    ...     path = Path(f"my-brands/{name}.jpg")
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     path.touch()
    >>> read_folder("my-brands").counts()
          train  val  test
    acme      1    1     1
    zeta      1    1     1
    """
    source = _without_wrapper(open_source(source, "folder"))
    split_folders = _split_folders(source)
    notes: list[str] = []
    if split_folders:
        splits = tuple(tuple(_read_class_folders(folder, notes)) for folder in split_folders)
        _check_trained(splits, split_folders[0])
    else:
        if not 0 <= test_share < 1 - VAL_SHARE:
            raise ValueError(f"test_share is {test_share}: give 0 to {1 - VAL_SHARE:.1f}.")
        photos, few = _without_few(_read_class_folders(source, notes), notes)
        duplicates = _find_duplicates(photos, notes)
        rest, test = split_off(photos, test_share, seed, keep_together=duplicates)
        val_share = VAL_SHARE / (1 - test_share)
        train, val = split_off(rest, val_share, seed, keep_together=duplicates)
        splits = ((*train, *few), val, test)
    classes = classes_of(*splits)
    if len(classes) < 2:
        raise ValueError(
            f"{source} has photos of only one class, {classes[0]}: give at least two classes."
        )
    return Splits(*splits, classes=classes, notes=tuple(dict.fromkeys(notes)))  # type: ignore[arg-type, misc]


def _without_wrapper(folder: Path) -> Path:
    """Step into the single folder that an archive often contains."""
    entries = [path for path in folder.iterdir() if _visible(path)]
    if len(entries) == 1 and entries[0].is_dir():
        wrapper = entries[0]
        if any(path.is_dir() for path in wrapper.iterdir()):
            return wrapper
    return folder


def _split_folders(source: Path) -> tuple[Path, Path, Path] | None:
    """Find the folders of train, val and test; None if `source` is not split."""
    folders = {path.name.lower(): path for path in source.iterdir() if path.is_dir()}
    split_folders = [
        next((folders[name] for name in names if name in folders), None)
        for names in SPLIT_FOLDERS.values()
    ]
    return tuple(split_folders) if all(split_folders) else None  # type: ignore[return-value]


def _read_class_folders(folder: Path, notes: list[str]) -> list[Photo]:
    """List all photos in class folders; add what is left out to `notes`."""
    photos = []
    loose = [path.name for path in sorted(folder.iterdir()) if path.is_file() and _visible(path)]
    if loose:
        notes.append(
            f"{len(loose)} files in {folder} are not in a class folder: {first_few(loose)}."
        )
    for path in sorted(path for path in folder.iterdir() if path.is_dir() and _visible(path)):
        class_photos = find_photos(path)
        if not class_photos:
            notes.append(f"The folder {path} has no photos and was left out.")
            continue
        label = NO_LOGO if path.name.lower() in NO_LOGO_SPELLINGS else path.name
        if label != path.name:
            notes.append(f"The photos in the folder {path.name} have the class {NO_LOGO}.")
        photos += [Photo(photo, label) for photo in class_photos]
    if not photos:
        raise FileNotFoundError(
            f"There are no photos in the folders of {folder}: put them in {folder}/<class>/"
        )
    return photos


def _find_duplicates(photos: list[Photo], notes: list[str]) -> list[list[Path]]:
    """Group the near-duplicates within each class; add a sentence about them to `notes`."""
    groups = []
    for label, class_photos in by_class(photos).items():
        if len(class_photos) > MAX_COMPARED:
            notes.append(
                f"{label} has {len(class_photos)} photos, too many to look for near-duplicates."
            )
            continue
        groups += near_duplicates([photo.path for photo in class_photos], skip_broken=True)
    if groups:
        example = first_few([path.name for path in groups[0]])  # type: ignore[union-attr]
        notes.append(
            f"{sum(map(len, groups))} photos are near-duplicates of another photo of their class, "
            f"for example {example}. Near-duplicates are on the same side of the split."
        )
    return groups  # type: ignore[return-value]


def _without_few(photos: list[Photo], notes: list[str]) -> tuple[list[Photo], list[Photo]]:
    """Separate the classes of fewer than three photos, and add a sentence about them to `notes`."""
    few = {label: group for label, group in by_class(photos).items() if len(group) < 3}
    if few:
        names = ", ".join(f"{label} ({len(group)})" for label, group in few.items())
        notes.append(
            f"These classes have fewer than three photos, which are all used for training: {names}."
        )
    enough = [photo for photo in photos if photo.label not in few]
    return enough, [photo for group in few.values() for photo in group]


def _check_trained(splits: tuple[tuple[Photo, ...], ...], train_folder: Path) -> None:
    untrained = set(classes_of(*splits)) - set(classes_of(splits[0]))
    if untrained:
        raise ValueError(
            f"There are no training photos of {', '.join(sorted(untrained))}: add some to "
            f"{train_folder}."
        )


def _visible(path: Path) -> bool:
    return not path.name.startswith((".", "__MACOSX"))
