"""The user's own photos: a folder per class."""

from pathlib import Path

from logoflow.datasets.archives import open_source
from logoflow.datasets.duplicates import near_duplicates
from logoflow.datasets.listing import first_few, photos_below
from logoflow.datasets.splits import Photo, Splits, class_list
from logoflow.datasets.splitting import by_class, split_off
from logoflow.labels import NO_LOGO

SPLIT_FOLDERS = {
    "train": ("train", "train_data"),
    "val": ("val", "val_data", "valid", "validation"),
    "test": ("test", "test_data"),
}
VAL_SHARE, TEST_SHARE = 0.2, 0.2  # of each class
COMPARED = 5000  # photos of a class: with more, comparing each with each takes many minutes
NO_LOGO_SPELLINGS = ("no-logo", "no_logo", "nologo", "no logo", "none")


def read_folder(source: Path | str, *, seed: int = 0) -> Splits:
    """Read ``<source>/<class>/*.jpg`` and split every class into train, val and test.

    Parameters
    ----------
    source : Path or str
        The folder of class folders, or an archive or URL of one. Photos (jpg, png, webp, bmp)
        may lie deeper in their class's folder. Photos without a logo go in ``no-logo``.
        If the folders are ``train``, ``val`` and ``test`` (or ``train_data``, ...) with class
        folders in each, that split is kept. Otherwise photos of a class that nearly repeat each
        other (`logoflow.datasets.duplicates.near_duplicates`) come on the same side, and a fifth of
        each class, at least one photo, goes to validation, another to test.
    seed : int
        Decides which photos.

    Returns
    -------
    Splits
        Without boxes.

    Raises
    ------
    FileNotFoundError
        If there are no photos.
    ValueError
        If a class has fewer than three photos, or there is only one class.

    Examples
    --------
    >>> splits = read_folder("my-brands", seed=1)
    >>> splits.counts()
    """
    source = _without_wrapping(open_source(source, "folder"))
    given = _given_split(source)
    notes: list[str] = []
    if given:
        splits = tuple(tuple(_photos(folder, notes)) for folder in given)
        _check_given(splits, given)
    else:
        photos = _photos(source, notes)
        _check_enough(photos, source)
        repeated = _repeated(photos, notes)
        rest, test = split_off(photos, TEST_SHARE, seed, together=repeated)
        train, val = split_off(rest, VAL_SHARE / (1 - TEST_SHARE), seed, together=repeated)
        splits = (train, val, test)
    classes = class_list(*splits)
    if len(classes) < 2:
        raise ValueError(f"{source} has photos of {list(classes)} only: give at least two classes.")
    return Splits(*splits, classes=classes, notes=tuple(dict.fromkeys(notes)))  # type: ignore[arg-type, misc]


def _without_wrapping(folder: Path) -> Path:
    """An archive often holds a single folder that holds everything."""
    inside = [path for path in folder.iterdir() if _visible(path)]
    if len(inside) == 1 and inside[0].is_dir() and any(p.is_dir() for p in inside[0].iterdir()):
        return inside[0]
    return folder


def _given_split(source: Path) -> tuple[Path, Path, Path] | None:
    """Folders of train, val and test where `source` is split already."""
    folders = {path.name.lower(): path for path in source.iterdir() if path.is_dir()}
    given = [
        next((folders[name] for name in names if name in folders), None)
        for names in SPLIT_FOLDERS.values()
    ]
    return tuple(given) if all(given) else None  # type: ignore[return-value]


def _photos(folder: Path, notes: list[str]) -> list[Photo]:
    """All photos in class folders; what is left out goes to `notes`."""
    photos = []
    loose = [path.name for path in sorted(folder.iterdir()) if path.is_file() and _visible(path)]
    if loose:
        notes.append(f"{len(loose)} files in {folder} are in no class: {first_few(loose)}.")
    for path in sorted(path for path in folder.iterdir() if path.is_dir() and _visible(path)):
        found = photos_below(path)
        if not found:
            notes.append(f"The folder {path} has no photos and was left out.")
            continue
        label = NO_LOGO if path.name.lower() in NO_LOGO_SPELLINGS else path.name
        if label != path.name:
            notes.append(f"The folder {path.name} was taken for the class {NO_LOGO}.")
        photos += [Photo(photo, label) for photo in found]
    if not photos:
        raise FileNotFoundError(f"No photos in folders of {folder}: put them in {folder}/<class>/")
    return photos


def _repeated(photos: list[Photo], notes: list[str]) -> list[list[Path]]:
    """Groups of photos of a class that nearly repeat each other; how many are in `notes`."""
    found = []
    for label, group in by_class(photos).items():
        if len(group) > COMPARED:
            notes.append(
                f"{label} has {len(group)} photos: repeats among them were not looked for."
            )
            continue
        found += near_duplicates([photo.path for photo in group], broken_differ=True)
    if found:
        notes.append(
            f"{sum(map(len, found))} photos nearly repeat another of their class: such photos were "
            f"kept on one side of the split, {first_few([path.name for path in found[0]])} say."  # type: ignore[union-attr]
        )
    return found  # type: ignore[return-value]


def _check_enough(photos: list[Photo], source: Path) -> None:
    few = [f"{label} ({len(group)})" for label, group in by_class(photos).items() if len(group) < 3]
    if few:
        raise ValueError(
            "A class needs three photos at least, one each for train, val and test. Too few in "
            f"{source}: {', '.join(few)}."
        )


def _check_given(splits: tuple[tuple[Photo, ...], ...], given: tuple[Path, ...]) -> None:
    untrained = set(class_list(*splits)) - set(class_list(splits[0]))
    if untrained:
        raise ValueError(f"No training photos of {sorted(untrained)}: add them in {given[0]}.")


def _visible(path: Path) -> bool:
    return not path.name.startswith((".", "__MACOSX"))
