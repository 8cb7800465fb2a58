"""Fill the folders of a prepared data set, and say what was left out."""

import json
from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.placing import Prepared, sync_folder
from logoflow.datasets.prepared import BOX_FILE, UNLABELLED_FILE, read_boxes
from logoflow.datasets.prepared_names import unique_names
from logoflow.datasets.splits import Photo, Splits, first_few
from logoflow.utils.files import write_text


def prepare_split(folder: Path, photos: Sequence[Photo], classes: Sequence[str]) -> Prepared:
    """Fill the folder of one split and record the boxes of its photos."""
    photo_of = unique_names(photos)
    wanted = {name: photo.path for name, photo in photo_of.items()}
    prepared = sync_folder(folder, wanted, classes)
    root, skipped = folder.parent, {name for name, _ in prepared.skipped}
    old_boxes = read_boxes(root)
    boxes = {
        name: value for name, value in old_boxes.items() if not name.startswith(f"{folder.name}/")
    }
    boxes |= {
        f"{folder.name}/{name}": [list(box) for box in photo.boxes]
        for name, photo in photo_of.items()
        if photo.boxes and name not in skipped
    }
    if boxes != old_boxes:
        write_text(root / BOX_FILE, json.dumps(boxes, indent=0))
    return prepared


def why_untrained(photos: Sequence[Photo], prepared: Prepared) -> str:
    """Name the classes whose training photos are all unusable; an empty string if there are none.

    Training would give such a class an output and nothing to learn from.
    """
    if not prepared.skipped:
        return ""
    reason_of = dict(prepared.skipped)
    names: dict[str, list[str]] = {}
    for name, photo in unique_names(photos).items():
        names.setdefault(photo.label, []).append(name)
    lost = {
        label: reason_of[class_names[0]]
        for label, class_names in names.items()
        if all(name in reason_of for name in class_names)
    }
    if not lost:
        return ""
    examples = [f"{label} ({reason})" for label, reason in lost.items()]
    return (
        f"No training photo of these classes can be used: {first_few(examples)}. Replace the "
        "photos, or remove the classes from the data."
    )


def write_unlabelled(root: Path, splits: Splits) -> None:
    """Record the photos without a class; no file if there are none."""
    path = root / UNLABELLED_FILE
    if splits.unlabelled:
        paths = [str(photo.resolve()) for photo in splits.unlabelled]
        write_text(path, json.dumps(paths, indent=0))
    else:
        path.unlink(missing_ok=True)


def total_of(root: Path, parts: Sequence[Prepared]) -> Prepared:
    """Add up the results of the splits; names get the split's folder in front."""
    return Prepared(
        root,
        sum(part.copied for part in parts),
        sum(part.reused for part in parts),
        sum(part.removed for part in parts),
        tuple(
            (f"{part.folder.name}/{name}", reason)
            for part in parts
            for name, reason in part.skipped
        ),
        tuple(f"{part.folder.name}/{name}" for part in parts for name in part.unexpected),
    )
