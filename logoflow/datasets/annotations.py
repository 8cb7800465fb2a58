"""Turn the lines of an annotation file into photos with one class each, and report faulty lines."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from logoflow.datasets.splits import Box, Photo, first_few
from logoflow.errors import ImageError
from logoflow.images.decode import image_size
from logoflow.utils.file_names import readable_name

_ROUNDING = 2.0  # pixels that a box may reach beyond its photo: annotation tools round


class Annotation(NamedTuple):
    """What one line of an annotation file says.

    Parameters
    ----------
    path : Path
        The photo.
    label : str
        Its class, or the class of the box.
    box : Box or None
        None if the line has no box, or none that can be read.
    where : str
        File and line, for messages.
    """

    path: Path
    label: str
    box: Box | None
    where: str


@dataclass
class Problems:
    """The lines of annotation files that cannot be used as they are.

    Parameters
    ----------
    unreadable, outside, without_area, clipped : list of str
        File and line, and what the line says.
    """

    unreadable: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    without_area: list[str] = field(default_factory=list)
    clipped: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """Write a sentence about each kind of problem.

        Returns
        -------
        list of str

        Examples
        --------
        >>> Problems(unreadable=["boxes.txt, line 7: a b c"]).notes()
        ['1 lines of annotations cannot be read: boxes.txt, line 7: a b c.']
        """
        sentences = {
            "lines of annotations cannot be read": self.unreadable,
            "boxes lie outside their photo and were dropped, the photos stay": self.outside,
            "boxes have no area and were dropped, the photos stay": self.without_area,
            "boxes reach beyond their photo and were cut": self.clipped,
        }
        return [
            f"{len(lines)} {sentence}: {readable_name(first_few(lines))}."
            for sentence, lines in sentences.items()
            if lines
        ]


def parse_numbers(fields: Iterable[object]) -> list[float] | None:
    """Convert texts to numbers.

    Parameters
    ----------
    fields : iterable of str or number

    Returns
    -------
    list of float or None
        None if a field is not a finite number.

    Examples
    --------
    >>> parse_numbers(["1", "2.5"]), parse_numbers(["1", "nan"]), parse_numbers(["wide"])
    ([1.0, 2.5], None, None)
    """
    try:
        numbers = [float(number) for number in fields]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def split_fields(line: str) -> list[str]:
    """Split a line at spaces, tabs, commas and semicolons.

    Examples
    --------
    >>> split_fields("1.jpg, BMW;1 10 20")
    ['1.jpg', 'BMW', '1', '10', '20']
    """
    return [part for part in re.split(r"[\s,;]+", line.strip()) if part]


def photos_from(
    annotations: Iterable[Annotation], problems: Problems
) -> tuple[list[Photo], list[str]]:
    """Collect the annotations of each photo, and give it one class.

    Parameters
    ----------
    annotations : iterable of Annotation
    problems : Problems
        Gets the boxes that lie outside their photo or have no area.

    Returns
    -------
    photos : list of Photo
        In the order of the annotations. A photo with boxes of several classes gets the class whose
        boxes cover the largest area, and only their boxes. A photo with several classes and no
        boxes is left out.
    notes : list of str
        Sentences about photos of several classes.

    Examples
    --------
    >>> lines = [Annotation(Path("1.jpg"), "bmw", Box(0, 0, 9, 9), "boxes.txt, line 1")]
    >>> photos_from(lines, Problems())[0][0].boxes
    (Box(x=0, y=0, width=9, height=9),)
    """
    of_photo: dict[Path, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        of_photo[annotation.path].append(annotation)
    photos, several, contradictory = [], [], []
    for path, lines in of_photo.items():
        areas = _area_of_labels(lines)
        label = max(areas, key=areas.__getitem__)
        if len(areas) > 1 and not any(areas.values()):
            contradictory.append(f"{readable_name(path.name)} ({', '.join(areas)})")
            continue
        if len(areas) > 1:
            several.append(f"{readable_name(path.name)} ({label})")
        boxes = [(line.box, line.where) for line in lines if line.label == label and line.box]
        photos.append(Photo(path, label, boxes_inside(path, boxes, problems)))
    notes = []
    if several:
        notes.append(
            "Photos that show two brands were assigned to the brand that covers the larger area: "
            f"{first_few(several)}."
        )
    if contradictory:
        notes.append(
            f"{len(contradictory)} photos have two or more labels and were left out: "
            f"{first_few(contradictory)}."
        )
    return photos, notes


def photos_of_splits(
    of_split: dict[str, list[Annotation]], problems: Problems
) -> tuple[dict[str, list[Photo]], list[str]]:
    """Make the photos of each split from its annotations.

    Parameters
    ----------
    of_split : dict of str to list of Annotation
        By split; ``"all"`` has the annotations that name no split.
    problems : Problems
        Gets the boxes that lie outside their photo or have no area.

    Returns
    -------
    labelled : dict of str to list of Photo
        By split. A photo that is in several splits stays in test rather than val, and in val
        rather than train.
    notes : list of str
        Sentences about all problems.

    Examples
    --------
    >>> lines = [Annotation(Path("1.jpg"), "bmw", None, "table.csv, line 2")]
    >>> photos_of_splits({"train": lines, "test": lines}, Problems())[0].keys()
    dict_keys(['test'])
    """
    notes: list[str] = []
    if len(of_split) > 1 and "all" in of_split:
        notes.append(f"{len(of_split['all'])} rows name no split: their photos are for training.")
        of_split["train"] = of_split["train"] + of_split.pop("all")
    labelled: dict[str, list[Photo]] = {}
    seen: set[Path] = set()
    repeated = []
    for split in ("test", "val", "train", "all"):
        photos, more_notes = photos_from(of_split.get(split, []), problems)
        repeated += [photo.path.name for photo in photos if photo.path in seen]
        photos = [photo for photo in photos if photo.path not in seen]
        seen.update(photo.path for photo in photos)
        notes += more_notes
        if photos:
            labelled[split] = photos
    if repeated:
        notes.append(
            f"{len(repeated)} photos are in two splits. Each is used once: in test rather than "
            f"val, in val rather than train: {readable_name(first_few(repeated))}."
        )
    return labelled, notes + problems.notes()


def boxes_inside(
    path: Path, boxes: Iterable[tuple[Box, str]], problems: Problems
) -> tuple[Box, ...]:
    """Drop the boxes that lie outside a photo, and cut those that reach beyond it.

    Parameters
    ----------
    path : Path
        The photo. If it cannot be read, the boxes stay as they are.
    boxes : iterable of (Box, str)
        Each with its file and line.
    problems : Problems
        Gets the boxes that were dropped or cut.

    Returns
    -------
    tuple of Box
        Each box once.

    Examples
    --------
    >>> from PIL import Image
    >>> Image.new("RGB", (96, 96)).save("1.png")
    >>> problems = Problems()
    >>> boxes_inside(Path("1.png"), [(Box(400, 300, 50, 50), "boxes.txt, line 7")], problems)
    ()
    >>> problems.outside
    ['boxes.txt, line 7: 400, 300, 50, 50 in 1.png of 96 x 96 pixels']
    """
    where_of: dict[Box, str] = {}
    for box, where in boxes:
        where_of.setdefault(box, where)
    size = _size_of(path) if where_of else None
    kept = []
    for box, where in where_of.items():
        text = f"{where}: {', '.join(f'{value:g}' for value in box)} in {path.name}"
        if box.width <= 0 or box.height <= 0:
            problems.without_area.append(text)
            continue
        inside = _cut(box, size) if size else box
        text += f" of {size[0]} x {size[1]} pixels" if size else ""
        if inside.width <= 0 or inside.height <= 0:
            problems.outside.append(text)
            continue
        if max(abs(new - old) for new, old in zip(inside, box, strict=True)) > _ROUNDING:
            problems.clipped.append(text)
        kept.append(inside)
    return tuple(kept)


def _area_of_labels(lines: Iterable[Annotation]) -> dict[str, float]:
    """Add up the areas of the boxes of each label."""
    areas: dict[str, float] = defaultdict(float)
    for line in lines:
        areas[line.label] += max(0, line.box.width) * max(0, line.box.height) if line.box else 0
    return dict(areas)


def _cut(box: Box, size: tuple[int, int]) -> Box:
    """Cut a box to the photo; its width or height is not positive if it lies outside."""
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, size[0]), min(box.y + box.height, size[1])
    if (left, top) == (box.x, box.y) and (right - left, bottom - top) == box[2:]:
        return box
    return Box(left, top, right - left, bottom - top)


def _size_of(path: Path) -> tuple[int, int] | None:
    try:
        return image_size(path.read_bytes())
    except (ImageError, OSError):
        return None
