"""Recognise how the photos of a folder are arranged: by class, by split, or by both.

Only the relative paths of the photos count, so a layout is the same in a folder and in an archive.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from logoflow.datasets.folder_names import SURE_SPLIT_WORDS, folder_words, is_generic, split_of
from logoflow.datasets.splits import first_few
from logoflow.errors import LayoutError
from logoflow.labels import NO_LOGO, is_no_logo_name
from logoflow.utils.file_names import class_name, readable_name

LAYOUTS = ("class", "split/class", "class/split", "group/class")
"""Names of the layouts: what the folders of the first and of the second level stand for."""

Parts = tuple[str, ...]  # of the path of a photo, below the folder of the data set


class Arrangement(NamedTuple):
    """The photos of a folder, sorted by what its layout says.

    Parameters
    ----------
    layout : str
        One of `LAYOUTS`.
    labelled : dict of str to list of (str, int)
        Class name and index of each photo, by split: ``"train"``, ``"val"``, ``"test"``, or
        ``"all"`` if the folder is not split.
    unlabelled : dict of str to list of int
        Indices of the photos without a class that lie in the folder of a split, by its name.
    loose : list of int
        Indices of the photos that are in no class folder.
    """

    layout: str
    labelled: dict[str, list[tuple[str, int]]]
    unlabelled: dict[str, list[int]]
    loose: list[int]


def arrange(photos: Sequence[Parts], layout: str | None = None, where: str = "") -> Arrangement:
    """Recognise the layout of a folder and sort its photos accordingly.

    Parameters
    ----------
    photos : sequence of tuple of str
        The parts of each photo's path, below the folder of the data set.
    layout : str, optional
        One of `LAYOUTS`. By default, the names of the folders decide.
    where : str
        Name of the folder in error messages.

    Returns
    -------
    Arrangement

    Raises
    ------
    LayoutError
        If the folders can be understood in more than one way. The message shows what was found, and
        which option settles it.
    ValueError
        If there is no such layout.

    Examples
    --------
    >>> photos = [("Train", "bmw", "1.jpg"), ("Train", "ups", "2.jpg"), ("test", "3.jpg")]
    >>> arrangement = arrange(photos)
    >>> arrangement.layout, arrangement.labelled, arrangement.unlabelled
    ('split/class', {'train': [('bmw', 0), ('ups', 1)]}, {'test': [2]})
    """
    if layout is not None and layout not in LAYOUTS:
        raise ValueError(f"There is no layout {layout!r}: choose {', '.join(LAYOUTS)}.")
    depth = _wrapper_depth(photos, levels=2 if layout == "group/class" else 1)
    photos = [parts[min(depth, len(parts) - 1) :] for parts in photos]
    layout = layout or _recognise(photos, where)
    if layout == "split/class":
        return _by_split(photos, where)
    if layout == "class/split":
        return _by_class_and_split(photos, where)
    level = 1 if layout == "group/class" else 0
    loose = [index for index, parts in enumerate(photos) if len(parts) < level + 2]
    labelled = [
        (class_name(parts[level]), index)
        for index, parts in enumerate(photos)
        if len(parts) >= level + 2
    ]
    return Arrangement(layout, {"all": labelled}, {}, loose)


def _recognise(photos: Sequence[Parts], where: str) -> str:
    """Choose the layout that the names of the folders stand for."""
    below = _folders_below(photos)
    named = {name: split_of(name) for name in below}
    splits = {name: found for name, found in named.items() if found and _is_shared(found, named)}
    others = [name for name in below if name not in splits]
    if splits and not others:
        return "split/class"
    if any(set(folder_words(name)) & SURE_SPLIT_WORDS for name in splits):
        raise _unclear(
            f"{where} has the folders of a split ({_quoted(splits)}) beside {_quoted(others)}",
            "If each of them is a class, say layout='class'. If not, move the other folders away",
        )
    are_all_split = all(all(map(split_of, names)) for names in below.values())
    if are_all_split and any(map(_has_splits, below.values())):
        return "class/split"
    halves = [name for name, names in below.items() if _has_splits(names)]
    if halves:
        raise _unclear(
            f"{where} has folders for training and test photos in {_quoted(halves)}, but not in "
            f"{_quoted([name for name in below if name not in halves])}",
            "If all photos of a class are to be split anew, say layout='class'. "
            "If not, split every class",
        )
    return _class_or_group(below, where)


def _class_or_group(below: dict[str, set[str]], where: str) -> str:
    """Choose between class folders with folders in them, and groups of class folders."""
    inner = [name for names in below.values() for name in names]
    is_deep = all(names and "" not in names for names in below.values())
    if not is_deep or len(below) < 2:
        return "class"
    if any(is_generic(name) for name in inner):
        return "class"
    if all(is_generic(name) for name in below):
        return "group/class"
    if len(set(inner)) == len(inner) and any(len(names) > 1 for names in below.values()):
        raise _unclear(
            f"{where} has two levels of folders: {_quoted(below)}, and in them {_quoted(inner)}",
            "If the first level names the classes, say layout='class'. If the second level does, "
            "say layout='group/class'",
        )
    return "class"


def _by_split(photos: Sequence[Parts], where: str) -> Arrangement:
    """Sort the photos of folders such as ``train/<class>`` and ``test/<class>``."""
    folders: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    loose = [index for index, parts in enumerate(photos) if len(parts) == 1]
    for index, parts in enumerate(photos):
        if len(parts) > 1:
            found = split_of(parts[0])
            folders[found[0] if found else "other"][parts[0]].append(index)
    _make_room_for_evaluation(folders)
    _check_splits(folders, where)
    inner = {
        split: _without_inner_wrapper([(index, photos[index]) for index in indices])
        for split, names in folders.items()
        for indices in names.values()
    }
    if all(len(parts) == 1 for _, parts in inner["train"]):
        (name,) = folders["train"]
        raise _unclear(
            f"{where} has the folders {_quoted(_first_parts(photos))}, and {name} has no class "
            "folders",
            "If each of these folders is a class, say layout='class'. If the classes are in a "
            "file, choose dataset='table', 'coco' or 'yolo'",
        )
    known = {_fold(parts[0]) for _, parts in inner["train"] if len(parts) > 1}
    labelled: dict[str, list[tuple[str, int]]] = {}
    unlabelled: dict[str, list[int]] = {}
    for split, members in inner.items():
        (name,) = folders[split]
        if _is_flat(members, known) or split == "unlabelled":
            unlabelled[name] = [index for index, _ in members]
            continue
        labelled[split] = [(class_name(parts[0]), i) for i, parts in members if len(parts) > 1]
        loose += [index for index, parts in members if len(parts) == 1]
    return Arrangement("split/class", labelled, unlabelled, sorted(loose))


def _by_class_and_split(photos: Sequence[Parts], where: str) -> Arrangement:
    """Sort the photos of folders such as ``<class>/train`` and ``<class>/test``."""
    labelled: dict[str, list[tuple[str, int]]] = defaultdict(list)
    loose = []
    for index, parts in enumerate(photos):
        found = split_of(parts[1]) if len(parts) > 2 else None
        if found and found[0] != "unlabelled":
            labelled[found[0]].append((class_name(parts[0]), index))
        else:
            loose.append(index)
    if "train" not in labelled:
        raise _unclear(f"{where} has no <class>/train", "Say layout='class' to split the photos")
    return Arrangement("class/split", dict(labelled), {}, loose)


def _make_room_for_evaluation(folders: dict[str, dict[str, list[int]]]) -> None:
    """Take ``evaluation`` for the test photos if there is another folder for validation."""
    if len(folders.get("val", ())) > 1 and "test" not in folders:
        for name in list(folders["val"]):
            if {"eval", "evaluation"} & set(folder_words(name)):
                folders["test"][name] = folders["val"].pop(name)


def _check_splits(folders: dict[str, dict[str, list[int]]], where: str) -> None:
    """Raise an error unless there is a training folder, and one folder per split."""
    every = [name for names in folders.values() for name in names]
    if "other" in folders:
        raise _unclear(
            f"{where} has {_quoted(folders['other'])}, whose names stand for no split",
            "Name the folders train, val and test",
        )
    if "train" not in folders:
        raise _unclear(
            f"{where} has the folders {_quoted(every)}, but no folder train",
            "If each of them is a class, say layout='class'. If not, add the training photos",
        )
    for split, names in folders.items():
        if len(names) > 1:
            raise _unclear(
                f"{where} has {_quoted(names)}, which all look like {split}",
                "If each folder is a class, say layout='class'. If not, merge them",
            )


def _wrapper_depth(photos: Sequence[Parts], levels: int) -> int:
    """Count the folders at the top that only wrap the others, as in most archives.

    `levels` of folders must be left below them.
    """
    depth = 0
    while True:
        tops = {parts[depth] for parts in photos if len(parts) > depth + 1}
        inside = [parts for parts in photos if len(parts) > depth + 1 + levels]
        inner = {parts[depth + 1] for parts in inside}
        is_class_by_year = all(map(is_generic, inner)) and not any(map(split_of, inner))
        if len(tops) != 1 or len(inside) <= len(photos) / 2 or is_class_by_year:
            return depth
        depth += 1


def _without_inner_wrapper(photos: list[tuple[int, Parts]]) -> list[tuple[int, Parts]]:
    """Drop the split's folder, and folders in it that only repeat it: ``train/train/<class>``."""
    split = photos[0][1][0]
    photos = [(index, parts[1:]) for index, parts in photos]
    while True:
        tops = {parts[0] if len(parts) > 1 else "" for _, parts in photos}
        name = next(iter(tops))
        repeats = split_of(name) and split_of(name) == split_of(split)
        if len(tops) > 1 or not name or not (repeats or is_generic(name)):
            return photos
        photos = [(index, parts[1:]) for index, parts in photos]


def _is_flat(photos: list[tuple[int, Parts]], known: set[str]) -> bool:
    """Tell whether the photos of a split have no classes: no folder, or one that is no class."""
    folders = {_fold(parts[0]) for _, parts in photos if len(parts) > 1}
    return not folders or (len(folders) == 1 and len(known) > 1 and not folders & known)


def _folders_below(photos: Iterable[Parts]) -> dict[str, set[str]]:
    """Map each folder of the first level to its folders; "" stands for photos directly in it."""
    below: dict[str, set[str]] = defaultdict(set)
    for parts in photos:
        if len(parts) > 1:
            below[parts[0]].add(parts[1] if len(parts) > 2 else "")
    return dict(below)


def _has_splits(folders: Iterable[str]) -> bool:
    """Tell whether folders are a training folder and other splits, and nothing else."""
    splits = [found and found[0] for found in map(split_of, folders)]
    return "train" in splits and len(splits) > 1 and all(splits)


def _is_shared(found: tuple[str, Parts], named: dict[str, tuple[str, Parts] | None]) -> bool:
    """Tell whether a name has the further words of another split, as in ``logos_train``."""
    rest = found[1]
    return not rest or any(f and f[0] != found[0] and f[1] == rest for f in named.values())


def _first_parts(photos: Iterable[Parts]) -> list[str]:
    return sorted({parts[0] for parts in photos if len(parts) > 1})


def _fold(name: str) -> str:
    return NO_LOGO if is_no_logo_name(name) else class_name(name).casefold()


def _quoted(names: Iterable[str]) -> str:
    return first_few([readable_name(name) for name in sorted(names)])


def _unclear(found: str, advice: str) -> LayoutError:
    return LayoutError(f"It is not clear how the photos are arranged: {found}. {advice}.")
