"""Read photos whose boxes are in COCO's format, as most labelling tools export it."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from logoflow.datasets.annotations import Annotation, Problems, parse_numbers, photos_of_splits
from logoflow.datasets.archives import is_url, open_source
from logoflow.datasets.completing import TEST_SHARE, complete_splits
from logoflow.datasets.folder_names import split_of
from logoflow.datasets.list_files import finder
from logoflow.datasets.splits import Box, Splits, first_few
from logoflow.datasets.walking import find_photos
from logoflow.labels import NO_LOGO, is_no_logo_name
from logoflow.utils.addresses import local_path
from logoflow.utils.file_names import class_name, readable_name

_MAX_DEPTH = 4  # folders between the source and an annotation file


def read_coco(source: Path | str, *, test_share: float = TEST_SHARE, seed: int = 0) -> Splits:
    """Read photos and boxes from COCO annotation files.

    Parameters
    ----------
    source : Path or str
        The annotation file, or the folder, archive or URL of an archive with annotation files and
        photos. The name of a file or of its folder says which split it is for:
        ``instances_val.json`` or ``valid/_annotations.coco.json``.
    test_share : float
        Share of each class that becomes test photos if there are none, 0 or more and below 0.8.
    seed : int
        Seed of the random split.

    Returns
    -------
    Splits
        Photos that are listed without an annotation have the class ``no-logo``.

    Raises
    ------
    FileNotFoundError
        If there is no annotation file, or none of its photos exists.
    ValueError
        If there are fewer than two classes, or a class has no training photos.

    Examples
    --------
    >>> from PIL import Image
    >>> for number in range(6):
    ...     Image.new("L", (32, 32), 9 * number).save(f"{number}.png")
    >>> content = {
    ...     "images": [{"id": number, "file_name": f"{number}.png"} for number in range(6)],
    ...     "categories": [{"id": 1, "name": "bmw"}, {"id": 2, "name": "ups"}],
    ...     "annotations": [
    ...         {"id": n, "image_id": n, "category_id": 1 + n % 2, "bbox": [1, 2, 8, 9]}
    ...         for n in range(6)
    ...     ],
    ... }
    >>> _ = Path("annotations.json").write_text(json.dumps(content))
    >>> read_coco("annotations.json").train[0].boxes
    (Box(x=1.0, y=2.0, width=8.0, height=9.0),)
    """
    folder, files = _find_files(source)
    problems = Problems()
    of_split: dict[str, list[Annotation]] = defaultdict(list)
    unlabelled: list[Path] = []
    missing: list[str] = []
    without: list[str] = []
    left_out: list[str] = []
    for path, content in files.items():
        split = _split_of_file(path, folder) if len(files) > 1 else "all"
        photo_of, lost = _find_images(content, path, folder)
        missing += lost
        lines, nameless = _annotations(content, path, photo_of, problems)
        named = {line.path for line in lines}
        left_out += [photo.name for photo in nameless - named]
        others = [photo for photo in photo_of.values() if photo not in named | nameless]
        if split == "unlabelled":
            unlabelled += photo_of.values()
            continue
        without += [photo.name for photo in others]
        of_split[split] += lines + [Annotation(p, NO_LOGO, None, path.name) for p in others]
    if not any(of_split.values()):
        raise FileNotFoundError(
            f"None of the {len(missing)} photos that the annotations in {folder} name exists: "
            f"{readable_name(first_few(missing))}."
        )
    labelled, notes = photos_of_splits(of_split, problems)
    notes += _notes(missing, without, sorted(left_out))
    splits = complete_splits(labelled, test_share, seed, where=str(folder), notes=notes)
    return replace(splits, unlabelled=tuple(unlabelled))


def is_coco(content: object) -> bool:
    """Tell whether the content of a JSON file has COCO's format.

    Parameters
    ----------
    content : object

    Returns
    -------
    bool

    Examples
    --------
    >>> is_coco({"images": [], "annotations": [], "categories": []}), is_coco([])
    (True, False)
    """
    keys = ("images", "annotations", "categories")
    return isinstance(content, dict) and all(isinstance(content.get(key), list) for key in keys)


def _find_files(source: Path | str) -> tuple[Path, dict[Path, Any]]:
    """Find the annotation files, and read them."""
    path = None if is_url(source) else local_path(source)
    if path and path.is_file() and path.suffix.lower() == ".json":
        folder, candidates = path.resolve().parent, [path.resolve()]
    else:
        folder = open_source(source, "coco")
        candidates = [
            path
            for path in sorted(folder.rglob("*.json"))
            if len(path.relative_to(folder).parts) <= _MAX_DEPTH and not path.name.startswith(".")
        ]
    files = {}
    for candidate in candidates:
        try:
            content = json.loads(candidate.read_text(encoding="utf-8-sig"))
        except (ValueError, OSError) as error:
            if len(candidates) == 1:
                raise ValueError(f"{candidate} is not JSON: {error}. Export it again.") from error
            continue
        if is_coco(content):
            files[candidate] = content
    if not files:
        raise FileNotFoundError(
            f"{folder} has no annotation file in COCO's format, a JSON file with images, "
            "annotations and categories: export the data set again as COCO."
        )
    return folder, files


def _split_of_file(path: Path, folder: Path) -> str:
    """Name the split of an annotation file; ``all`` if its path names none."""
    for part in (path.stem, *reversed(path.relative_to(folder).parts[:-1])):
        found = split_of(part.replace("instances", "").replace("annotations", ""))
        if found:
            return found[0]
    return "all"


def _find_images(content: Any, path: Path, folder: Path) -> tuple[dict[Any, Path], list[str]]:
    """Find the photo of each image id, and list the names of the missing photos."""
    find = _image_finder(path, folder)
    photo_of, missing = {}, []
    for image in content["images"]:
        name = str(image.get("file_name", "")) if isinstance(image, dict) else ""
        photo = find(name) if name else None
        if photo is None:
            missing.append(name or "an image without file_name")
        else:
            photo_of[image.get("id")] = photo
    return photo_of, missing


def _image_finder(path: Path, folder: Path) -> Callable[[str], Path | None]:
    """Make a function that finds a photo beside the annotation file, or by its name alone."""
    inside = path.parent.is_relative_to(folder)
    bases = [path.parent, path.parent / "images", folder / "images", folder]
    bases += [path.parent.parent, path.parent.parent / "images"] if inside else []
    finders = [finder(base) for base in dict.fromkeys(bases) if base.is_relative_to(folder)]
    by_name: dict[str, list[Path]] = defaultdict(list)

    def find(name: str) -> Path | None:
        for find_below in finders:
            if photo := find_below(name):
                return photo
        if not by_name:
            for photo in find_photos(folder):
                by_name[photo.name.casefold()].append(photo)
        same_name = by_name.get(Path(name.replace("\\", "/")).name.casefold(), [])
        near = [photo for photo in same_name if photo.is_relative_to(path.parent)] or same_name
        return near[0] if len(near) == 1 else None

    return find


def _annotations(
    content: Any, path: Path, photo_of: dict[Any, Path], problems: Problems
) -> tuple[list[Annotation], set[Path]]:
    """Read the annotations of the photos that exist; also return photos with no known category."""
    name_of = {
        category.get("id"): class_name(str(category.get("name", "")))
        for category in content["categories"]
        if isinstance(category, dict)
    }
    listed = {image.get("id") for image in content["images"] if isinstance(image, dict)}
    lines, nameless = [], set()
    for number, annotation in enumerate(content["annotations"], start=1):
        where = f"{path.name}, annotation {number}"
        entry = annotation if isinstance(annotation, dict) else {}
        label, image = name_of.get(entry.get("category_id")), entry.get("image_id")
        if not label or image not in listed:
            problems.unreadable.append(f"{where}: no such category or image")
            if image in photo_of:
                nameless.add(photo_of[image])
        elif image in photo_of:
            label = NO_LOGO if is_no_logo_name(label) else label
            box = _box(entry.get("bbox"), where, problems)
            lines.append(Annotation(photo_of[image], label, box, where))
    return lines, nameless


def _box(value: Any, where: str, problems: Problems) -> Box | None:
    """Read ``[x, y, width, height]``; None without a box, as in a list of labels."""
    if value is None or value == []:
        return None
    numbers = parse_numbers(value) if isinstance(value, list) else None
    if numbers is None or len(numbers) != 4:
        problems.unreadable.append(f"{where}: bbox {value}")
        return None
    return Box(numbers[0], numbers[1], numbers[2], numbers[3])


def _notes(missing: list[str], without: list[str], left_out: list[str]) -> list[str]:
    notes = []
    if left_out:
        notes.append(
            f"{len(left_out)} photos were left out, because no annotation tells their class: "
            f"{readable_name(first_few(left_out))}."
        )
    if missing:
        notes.append(
            f"{len(missing)} listed photos are missing: {readable_name(first_few(missing))}."
        )
    if without:
        notes.append(
            f"{len(without)} photos have no annotation and got the class {NO_LOGO}: "
            f"{readable_name(first_few(without))}."
        )
    return notes
