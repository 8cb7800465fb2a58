"""Read photos whose boxes are in YOLO's format: a text file beside each photo."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from logoflow.datasets.annotations import (
    Annotation,
    Problems,
    parse_numbers,
    photos_of_splits,
    split_fields,
)
from logoflow.datasets.archives import open_source
from logoflow.datasets.completing import TEST_SHARE, complete_splits
from logoflow.datasets.folder_names import split_of
from logoflow.datasets.list_files import read_lines, read_numbered_lines
from logoflow.datasets.splits import Box, Splits, first_few
from logoflow.datasets.walking import find_photos
from logoflow.errors import ImageError
from logoflow.images.decode import image_size
from logoflow.labels import NO_LOGO, is_no_logo_name
from logoflow.utils.file_names import class_name, readable_name

NAME_FILES = ("classes.txt", "obj.names", "*.names")
LIST_FILES = ("train.txt", "val.txt", "valid.txt", "test.txt")


def read_yolo(source: Path | str, *, test_share: float = TEST_SHARE, seed: int = 0) -> Splits:
    """Read photos and boxes in YOLO's format.

    Parameters
    ----------
    source : Path or str
        The folder, archive or URL of an archive with photos, a text file for each photo, and the
        names of the classes in ``data.yaml``, ``classes.txt`` or ``obj.names``. The text file lies
        beside the photo, or in a folder ``labels`` where the photo lies in ``images``. Folders such
        as ``train`` and ``valid``, or the lists ``train.txt`` and ``valid.txt``, are the split.
    test_share : float
        Share of each class that becomes test photos if there are none, 0 or more and below 0.8.
    seed : int
        Seed of the random split.

    Returns
    -------
    Splits
        Photos without a box have the class ``no-logo``. Of an outline of points, the box around it
        is used.

    Raises
    ------
    FileNotFoundError
        If there are no photos or no class names.
    ValueError
        If there are fewer than two classes, or a class has no training photos.

    Examples
    --------
    >>> from PIL import Image
    >>> _ = Path("classes.txt").write_text("bmw\\nups\\n")
    >>> for number in range(6):
    ...     Image.new("L", (40, 20), 9 * number).save(f"{number}.png")
    ...     _ = Path(f"{number}.txt").write_text(f"{number % 2} 0.5 0.5 0.5 0.5\\n")
    >>> read_yolo(".").train[0].boxes
    (Box(x=10.0, y=5.0, width=20.0, height=10.0),)
    """
    folder = open_source(source, "yolo")
    names = _read_names(folder)
    photos = find_photos(folder)
    if not photos:
        raise FileNotFoundError(f"There are no photos in {folder}: export the photos too.")
    problems = Problems()
    of_split: dict[str, list[Annotation]] = defaultdict(list)
    split_of_name = _read_lists(folder)
    unlabelled, without, lost = [], [], []
    for photo in photos:
        split = split_of_name.get(photo.name) or _split_of_path(photo.relative_to(folder).parts)
        if split == "unlabelled":
            unlabelled.append(photo)
            continue
        lines = _read_label_file(photo, folder, names, problems)
        if lines is None:
            lost.append(photo.name)
            continue
        if not lines:
            without.append(photo.name)
            lines = [Annotation(photo, NO_LOGO, None, photo.name)]
        of_split[split] += lines
    labelled, notes = photos_of_splits(of_split, problems)
    if lost:
        notes.append(
            f"{len(lost)} photos were left out, because no line tells their class: "
            f"{readable_name(first_few(lost))}."
        )
    if without:
        notes.append(
            f"{len(without)} photos have no box and got the class {NO_LOGO}: "
            f"{readable_name(first_few(without))}."
        )
    splits = complete_splits(labelled, test_share, seed, where=str(folder), notes=notes)
    return replace(splits, unlabelled=tuple(unlabelled))


def _read_names(folder: Path) -> list[str]:
    """Read the names of the classes, in the order of their numbers."""
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")], key=_depth):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        except (yaml.YAMLError, ValueError, OSError):
            continue
        if isinstance(content, dict) and content.get("names"):
            return [class_name(str(name)) for name in _in_order(content["names"])]
    for pattern in NAME_FILES:
        for path in sorted(folder.rglob(pattern), key=_depth):
            return [class_name(name) for name in read_lines(path)]
    raise FileNotFoundError(
        f"{folder} has no names of classes: export data.yaml, classes.txt or obj.names too."
    )


def _in_order(names: Any) -> list[Any]:
    """List the names of ``data.yaml``, which has a list, or a mapping from numbers to names."""
    if not isinstance(names, dict):
        return list(names)
    name_of = {int(number): name for number, name in names.items()}
    return [name_of.get(number, f"class {number}") for number in range(max(name_of) + 1)]


def _read_lists(folder: Path) -> dict[str, str]:
    """Map the name of each photo in ``train.txt`` and so on to its split."""
    split_of_name = {}
    for name in LIST_FILES:
        for path in sorted(folder.rglob(name), key=_depth)[:1]:
            lines = [line.replace("\\", "/") for line in read_lines(path)]
            split = split_of(path.stem)
            for line in lines:
                if split and "." in line and not line.split()[0].isdigit():
                    split_of_name[line.rsplit("/", 1)[-1]] = split[0]
    return split_of_name


def _split_of_path(parts: Sequence[str]) -> str:
    """Name the split of a photo by its folders; ``all`` if none names a split."""
    found = [split_of(part) for part in parts[:-1]]
    return next((split[0] for split in found if split), "all")


def _read_label_file(
    photo: Path, folder: Path, names: Sequence[str], problems: Problems
) -> list[Annotation] | None:
    """Read the lines ``class x y width height``, in shares of the photo's sides.

    The class of a line with a faulty box is used. None if no line tells a class.
    """
    path = _label_file(photo, folder)
    lines = read_numbered_lines(path) if path else []
    size = _size_of(photo) if lines else None
    annotations = []
    for number, line in lines:
        where = f"{path.name}, line {number}"  # type: ignore[union-attr]
        fields = split_fields(line)
        numbers = parse_numbers(fields)
        if numbers is None or len(numbers) < 5:
            problems.unreadable.append(f"{where}: {line[:60]}")
            numbers = parse_numbers(fields[:1])
        elif not 0 <= numbers[0] < len(names):
            problems.unreadable.append(f"{where}: {line[:60]}")
        if not numbers or not 0 <= numbers[0] < len(names):
            continue
        name = names[int(numbers[0])]
        label = NO_LOGO if is_no_logo_name(name) else name
        box = _box(numbers[1:], size) if size and len(numbers) > 1 else None
        annotations.append(Annotation(photo, label, box, where))
    return annotations or (None if lines else [])


def _label_file(photo: Path, folder: Path) -> Path | None:
    """Find the text file of a photo: beside it, or in ``labels`` instead of ``images``."""
    candidates = [photo.with_suffix(".txt")]
    parts = list(photo.relative_to(folder).parts)
    for index, part in enumerate(parts[:-1]):
        if part.lower() in ("images", "imgs", "image"):
            other = folder.joinpath(*parts[:index], "labels", *parts[index + 1 :])
            candidates.insert(0, other.with_suffix(".txt"))
    candidates.append(folder / "labels" / f"{photo.stem}.txt")
    names = (*NAME_FILES, *LIST_FILES)
    return next((path for path in candidates if path.is_file() and path.name not in names), None)


def _box(numbers: Sequence[float], size: tuple[int, int]) -> Box:
    """Convert a box or an outline, in shares of the photo's sides, to a box in pixels."""
    if len(numbers) >= 6 and len(numbers) % 2 == 0:
        xs, ys = numbers[::2], numbers[1::2]
        left, top, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    else:  # a fifth number is a detector's confidence
        width, height = numbers[2], numbers[3]
        left, top = numbers[0] - width / 2, numbers[1] - height / 2
    return Box(left * size[0], top * size[1], width * size[0], height * size[1])


def _size_of(photo: Path) -> tuple[int, int] | None:
    try:
        return image_size(photo.read_bytes())
    except (ImageError, OSError):
        return None


def _depth(path: Path) -> tuple[int, str]:
    return len(path.parts), str(path)
