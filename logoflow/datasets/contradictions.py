"""Find photos that lie in two classes: one of the two labels must be wrong."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from logoflow.datasets.splits import Photo, first_few
from logoflow.utils.file_names import readable_name
from logoflow.utils.files import sha256_of


def without_contradictions(photos: Sequence[Photo]) -> tuple[list[Photo], list[str]]:
    """Leave out the photos that lie in two classes.

    Parameters
    ----------
    photos : sequence of Photo

    Returns
    -------
    photos : list of Photo
        The others, in their order.
    notes : list of str
        A sentence about the photos that were left out, if there are any.

    Examples
    --------
    >>> for name, content in (("bmw/1.jpg", b"a"), ("ups/9.jpg", b"a"), ("ups/2.jpg", b"b")):
    ...     Path(name).parent.mkdir(exist_ok=True)
    ...     _ = Path(name).write_bytes(content)
    >>> photos = [Photo(path, path.parent.name) for path in sorted(Path(".").glob("*/*.jpg"))]
    >>> kept, notes = without_contradictions(photos)
    >>> [photo.path.as_posix() for photo in kept], notes[0][:60]
    (['ups/2.jpg'], '1 photos lie in two or more classes and were left out of all')
    """
    label_of = {photo.path: photo.label for photo in photos}
    groups = [
        group for group in identical_files(label_of) if len({label_of[path] for path in group}) > 1
    ]
    if not groups:
        return list(photos), []
    left_out = {path for group in groups for path in group}
    examples = [
        " = ".join(
            f"{label_of[path]}/{readable_name(path.name)}"
            for path in _one_per_class(group, label_of)
        )
        for group in groups
    ]
    note = (
        f"{len(groups)} photos lie in two or more classes and were left out of all of them: "
        f"{first_few(examples)}. Keep each photo in one class only."
    )
    return [photo for photo in photos if photo.path not in left_out], [note]


def _one_per_class(group: Sequence[Path], label_of: Mapping[Path, str]) -> list[Path]:
    """Choose up to three of many identical photos, such as "image not available", as examples."""
    return list({label_of[path]: path for path in reversed(group)}.values())[::-1][:3]


def identical_files(paths: Iterable[Path]) -> list[list[Path]]:
    """Group files with the same content.

    Parameters
    ----------
    paths : iterable of Path
        A file that cannot be read is in no group. Neither is an empty one.

    Returns
    -------
    list of list of Path
        Groups of two or more files, each in the order of `paths`.

    Examples
    --------
    >>> for name, content in (("a", b"1"), ("b", b"2"), ("c", b"1")):
    ...     _ = Path(name).write_bytes(content)
    >>> [[path.name for path in group] for group in identical_files(map(Path, "abc"))]
    [['a', 'c']]
    """
    by_size = defaultdict(list)
    for path in paths:
        try:
            by_size[path.stat().st_size].append(path)
        except OSError:
            continue
    by_content = defaultdict(list)
    for size, same_size in by_size.items():
        if size and len(same_size) > 1:  # other files need not be read
            for path in same_size:
                by_content[_content_of(path)].append(path)
    return [group for key, group in by_content.items() if key and len(group) > 1]


def _content_of(path: Path) -> str:
    """Return the hash of a file's content; an empty string if it cannot be read."""
    try:
        return sha256_of(path)
    except OSError:
        return ""
