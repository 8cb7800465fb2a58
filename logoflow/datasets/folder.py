"""Read your own photos: one folder per class."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from logoflow.datasets.archives import open_source
from logoflow.datasets.completing import TEST_SHARE, complete_splits
from logoflow.datasets.layout import Arrangement, arrange
from logoflow.datasets.splits import Photo, Splits, first_few
from logoflow.datasets.walking import Walk, notes_on_walk, walk_photos
from logoflow.labels import NO_LOGO, is_no_logo_name
from logoflow.utils.file_names import readable_name


def read_folder(
    source: Path | str,
    *,
    test_share: float = TEST_SHARE,
    layout: str | None = None,
    seed: int = 0,
) -> Splits:
    """Read ``<source>/<class>/*.jpg`` and split every class into train, val and test.

    Folders such as ``train``, ``val`` and ``test`` that contain class folders are taken for a
    split, which is kept. What it lacks is cut off from the training photos. Without such folders,
    a fifth of each class, at least one photo, becomes the validation set and another fifth the test
    set. A class of one or two photos is used for training only. Near-duplicates of a class
    (`logoflow.datasets.duplicates.near_duplicates`) stay on the same side. A photo that lies in
    two classes is left out of both.

    Parameters
    ----------
    source : Path or str
        The folder that contains the class folders, its archive, or the URL of the archive. Photos
        (JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF, BMP) may lie deeper inside their class folder.
        Photos without a logo belong in the folder ``no-logo``.
    test_share : float
        Share of each class that becomes test photos, 0 or more and below 1. It does not matter if
        the folder has test photos of its own.
    layout : str, optional
        What the folders of the first and of the second level stand for: ``"class"``,
        ``"split/class"`` as in ``train/bmw``, ``"class/split"`` as in ``bmw/train``, or
        ``"group/class"`` as in ``cars/bmw``. By default, the names of the folders decide.
    seed : int
        Seed of the random split.

    Returns
    -------
    Splits
        Without boxes. The photos of a test folder without class folders are in `unlabelled`.

    Raises
    ------
    FileNotFoundError
        If there are no photos.
    LayoutError
        If it is not clear what the folders stand for. The message says how to settle it.
    ValueError
        If there is only one class, if a class of an existing split has no training photos, or if
        `test_share` or `layout` is not allowed.
    ArchiveError
        If an archive cannot be downloaded or extracted.

    Examples
    --------
    >>> from PIL import Image
    >>> for number, name in enumerate(("acme/1", "acme/2", "acme/3", "zeta/1", "zeta/2", "zeta/3")):
    ...     path = Path(f"my-brands/{name}.png")
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     Image.new("L", (8, 8), 9 * number).save(path)
    >>> read_folder("my-brands").counts()
          train  val  test
    acme      1    1     1
    zeta      1    1     1
    """
    source = open_source(source, "folder")
    walk = walk_photos(source)
    arrangement = arrange(
        [path.relative_to(source).parts for path in walk.photos], layout, where=str(source)
    )
    notes = _notes_on_folders(source, walk, arrangement)
    labelled = _label(walk.photos, arrangement, notes)
    if not any(labelled.values()):
        raise FileNotFoundError(
            f"There are no photos in the folders of {source}: put them in {source}/<class>/. "
            + " ".join(notes)
        )
    _refuse_one_class(labelled, walk, source)
    unlabelled = _unlabelled(source, walk.photos, arrangement, notes)
    splits = complete_splits(labelled, test_share, seed, where=str(source), notes=notes)
    return replace(splits, unlabelled=unlabelled)


def _notes_on_folders(source: Path, walk: Walk, arrangement: Arrangement) -> list[str]:
    """Say which files are in no class folder, what was left out, and how the classes were found."""
    photo_folders = {path.parent for path in walk.photos}
    above = {folder for path in photo_folders for folder in path.parents} - photo_folders
    above.add(source)
    loose = [walk.photos[index] for index in arrangement.loose]
    loose += [path for path in walk.others if path.parent in above]
    others = [path for path in walk.others if path.parent not in above]
    notes = []
    if loose:
        names = [readable_name(str(path.relative_to(source))) for path in sorted(loose)]
        notes.append(
            f"{len(loose)} files in {readable_name(str(source))} are not in a class folder: "
            f"{first_few(names)}."
        )
    notes += notes_on_walk(walk._replace(others=others), source)
    if arrangement.layout == "group/class":
        notes.append("The folders of the second level are the classes.")
    if arrangement.layout == "class/split":
        notes.append("The folders inside the class folders are the split.")
    return notes


def _label(
    paths: Sequence[Path], arrangement: Arrangement, notes: list[str]
) -> dict[str, list[Photo]]:
    """Make the photos of each split. Folders whose names differ in case are one class."""
    spelling: dict[str, str] = {}
    labelled: dict[str, list[Photo]] = {}
    for split in sorted(arrangement.labelled, key=("all", "train", "val", "test").index):
        labelled[split] = []
        for name, index in arrangement.labelled[split]:
            label = NO_LOGO if is_no_logo_name(name) else name
            known = spelling.setdefault(label.casefold(), label)
            if known == NO_LOGO != name:
                notes.append(f"The photos in the folder {name} have the class {NO_LOGO}.")
            elif known != name:
                notes.append(f"The folders {known} and {name} are one class, {known}.")
            labelled[split].append(Photo(paths[index], known))
    return labelled


def _refuse_one_class(labelled: dict[str, list[Photo]], walk: Walk, source: Path) -> None:
    """Raise an error if there is only one class, and say which file may name the classes."""
    labels = {photo.label for photos in labelled.values() for photo in photos}
    if len(labels) > 1:
        return
    advice = "give at least two classes."
    for path in walk.others:
        dataset = "table" if path.suffix.lower() in (".csv", ".tsv", ".parquet") else ""
        dataset = "coco" if path.suffix.lower() == ".json" else dataset
        dataset = "yolo" if path.name in ("data.yaml", "classes.txt", "obj.names") else dataset
        if dataset:
            advice = (
                f"give at least two classes. If {readable_name(path.name)} names the classes, "
                f"choose dataset={dataset!r}."
            )
            break
    raise ValueError(
        f"{readable_name(str(source))} has photos of only one class, {', '.join(labels)}: {advice}"
    )


def _unlabelled(
    source: Path, paths: Sequence[Path], arrangement: Arrangement, notes: list[str]
) -> tuple[Path, ...]:
    """List the photos in the folder of a split that have no class."""
    for name, indices in arrangement.unlabelled.items():
        notes.append(
            f"The folder {readable_name(name)} has no class folders. Its {len(indices)} photos are "
            "not trained on: logoflow.unlabelled_photos lists them for a trained classifier."
        )
    return tuple(paths[i] for indices in arrangement.unlabelled.values() for i in indices)
