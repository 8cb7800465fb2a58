"""Complete a split: cut off validation and test photos where a data set has none."""

from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.contradictions import without_contradictions
from logoflow.datasets.duplicates import near_duplicates_and_broken
from logoflow.datasets.splits import Photo, Splits, classes_of, first_few
from logoflow.datasets.splitting import by_class, split_off
from logoflow.utils.file_names import readable_name

VAL_SHARE, TEST_SHARE = 0.2, 0.2  # of each class
MAX_COMPARED = 5000  # photos of a class; comparing all pairs of more takes many minutes


def complete_splits(
    labelled: dict[str, list[Photo]],
    test_share: float,
    seed: int,
    *,
    where: str,
    notes: list[str],
) -> Splits:
    """Make the splits of photos that may come with a split, with a part of one, or with none.

    Photos that lie in two classes are left out. Near-duplicates of a class stay on the same side of
    a cut.

    Parameters
    ----------
    labelled : dict of str to list of Photo
        Photos by split: ``"train"``, ``"val"``, ``"test"``; or ``"all"`` if there is no split.
    test_share : float
        Share of each class that becomes test photos if there are none, 0 or more and below 0.8.
    seed : int
        Seed of the random choice.
    where : str
        Where the photos come from, for messages.
    notes : list of str
        Notes so far.

    Returns
    -------
    Splits

    Raises
    ------
    ValueError
        If there is only one class, if a class has no training photos, or if the share is out of
        range.

    Examples
    --------
    >>> from PIL import Image
    >>> photos = [Photo(Path(f"{number}.png"), "ab"[number % 2]) for number in range(10)]
    >>> for number, photo in enumerate(photos):
    ...     Image.new("L", (8, 8), number).save(photo.path)
    >>> complete_splits({"all": photos}, 0.2, 0, where="here", notes=[]).counts()
       train  val  test
    a      3    1     1
    b      3    1     1
    """
    if not 0 <= test_share < 1 - VAL_SHARE:
        raise ValueError(f"test_share is {test_share}: give 0 to {1 - VAL_SHARE:.1f}.")
    notes = list(notes)
    labelled = _without_contradictions(labelled, notes)
    train, val, test = _cut_what_is_missing(labelled, test_share, seed, notes)
    _check_classes((train, val, test), where, notes)
    classes = classes_of(train, val, test)
    return Splits(train, val, test, classes, tuple(dict.fromkeys(notes)))


def _without_contradictions(
    labelled: dict[str, list[Photo]], notes: list[str]
) -> dict[str, list[Photo]]:
    """Leave out the photos that lie in two classes, in the same split or in two."""
    every = [photo for photos in labelled.values() for photo in photos]
    kept, more_notes = without_contradictions(every)
    notes += more_notes
    paths = {photo.path for photo in kept}
    return {
        split: [photo for photo in photos if photo.path in paths]
        for split, photos in labelled.items()
    }


def _cut_what_is_missing(
    labelled: dict[str, list[Photo]], test_share: float, seed: int, notes: list[str]
) -> tuple[tuple[Photo, ...], tuple[Photo, ...], tuple[Photo, ...]]:
    """Cut off validation and test photos from the training photos where the folder has none."""
    train = labelled.get("all") or labelled.get("train", [])
    val, test = tuple(labelled.get("val", ())), tuple(labelled.get("test", ()))
    if val and test:
        return tuple(train), val, test
    photos, broken, duplicates = _check_photos(train, notes, "all" in labelled)
    photos, few = _without_few(photos, notes)
    rest = tuple(photos)
    if not test:
        rest, test = split_off(rest, test_share, seed, keep_together=duplicates)
    if not val:
        share = VAL_SHARE if labelled.get("test") else VAL_SHARE / (1 - test_share)
        rest, val = split_off(rest, share, seed, keep_together=duplicates)
    if "all" not in labelled:
        cut = [name for name in ("val", "test") if not labelled.get(name)]
        notes.append(
            f"The data has no {' and no '.join(cut)} photos with classes: they were cut off from "
            "the training photos."
        )
    return (*rest, *few, *broken), val, test


def _check_photos(
    photos: list[Photo], notes: list[str], drop_classes: bool
) -> tuple[list[Photo], list[Photo], list[list[Path]]]:
    """Separate the broken photos, and group the near-duplicates within each class.

    Broken photos stay among the training photos of their class: preparing the folder leaves them
    out and says why. With `drop_classes`, a class with only broken photos is dropped.
    """
    good: list[Photo] = []
    all_broken: list[Photo] = []
    groups: list[list[Path]] = []
    for label, class_photos in by_class(photos).items():
        if len(class_photos) > MAX_COMPARED:
            notes.append(
                f"{label} has {len(class_photos)} photos, too many to look for near-duplicates."
            )
            good += class_photos
            continue
        found, broken = near_duplicates_and_broken([photo.path for photo in class_photos])
        if len(broken) == len(class_photos) and drop_classes:
            reason = next(iter(broken.values()))
            notes.append(
                f"The class {label} was left out, because none of its {len(broken)} photos can be "
                f"used ({readable_name(reason)})."
            )
            continue
        groups += found  # type: ignore[arg-type]
        good += [photo for photo in class_photos if photo.path not in broken]
        all_broken += [photo for photo in class_photos if photo.path in broken]
    if groups:
        example = first_few([readable_name(path.name) for path in groups[0]])
        notes.append(
            f"{sum(map(len, groups))} photos are near-duplicates of another photo of their class, "
            f"for example {example}. Near-duplicates are on the same side of the split."
        )
    return good, all_broken, groups


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


def _check_classes(
    splits: tuple[tuple[Photo, ...], ...], source: str, notes: Sequence[str]
) -> None:
    """Raise an error if there are fewer than two classes, or classes without training photos.

    The notes are part of it: photos that were left out may be the reason.
    """
    classes = classes_of(*splits)
    if len(classes) < 2:
        raise ValueError(
            " ".join([f"{source} has {_one_or_none(classes)}: give at least two classes.", *notes])
        )
    untrained = set(classes) - set(classes_of(splits[0]))
    if untrained:
        raise ValueError(
            " ".join(
                [
                    f"There are no training photos of {', '.join(sorted(untrained))}: add some to "
                    f"the training photos in {source}.",
                    *notes,
                ]
            )
        )


def _one_or_none(classes: Sequence[str]) -> str:
    return f"photos of only one class, {classes[0]}" if classes else "no photos that can be used"
