"""The class list: fixed when data is prepared, checked wherever two sets of classes meet."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from logoflow.errors import ClassListError
from logoflow.utils.files import write_text

if TYPE_CHECKING:
    from mxnet import gluon

CLASS_FILE = "classes.json"


def read_classes(root: Path | str) -> tuple[str, ...]:
    """Read the class list of a prepared data set.

    Parameters
    ----------
    root : Path or str
        Folder that holds ``train_data`` and, beside it, ``classes.json``.

    Returns
    -------
    tuple of str
        In the order that numbers the labels.

    Raises
    ------
    FileNotFoundError
        If `root` was not prepared.
    ClassListError
        If the file is not a list of names.

    Examples
    --------
    >>> read_classes(prepare_root())[:2]
    ('adidas', 'aldi')
    """
    path = Path(root) / CLASS_FILE
    if not path.is_file():
        raise FileNotFoundError(f"No {path}: prepare the data with logoflow.prepare_root first.")
    try:
        classes = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ClassListError(f"{path} is no JSON ({error}): prepare the data again.") from error
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ClassListError(f"{path} is not a list of class names: prepare the data again.")
    return tuple(classes)


def check_classes(found: Iterable[str], expected: Iterable[str], what: str) -> None:
    """Raise unless two class lists are the same, order included.

    Parameters
    ----------
    found : iterable of str
        The classes met.
    expected : iterable of str
        The classes they should be.
    what : str
        Names what `found` are the classes of, for the message.

    Raises
    ------
    ClassListError
        With the classes missing, those too many, or the first place where the order differs.

    Examples
    --------
    >>> check_classes(["bmw"], ["bmw", "dhl"], "the folders of val_data")
    Traceback (most recent call last):
    logoflow.errors.ClassListError: The class list does not fit the folders of val_data: ...
    """
    found, expected = list(found), list(expected)
    if found == expected:
        return
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    parts = [f"missing {', '.join(missing)}"] if missing else []
    parts += [f"not in the list {', '.join(extra)}"] if extra else []
    if not parts:
        parts = [f"the same names in another order: {found}, not {expected}"]
    raise ClassListError(
        f"The class list does not fit {what}: {'; '.join(parts)}. "
        "Labels would be numbered differently: use data and models of one preparation."
    )


def check_outputs(net: "gluon.Block", classes: Sequence[str]) -> None:
    """Raise unless a net has an output per class; a last layer of unknown size passes.

    Parameters
    ----------
    net : Block
        Its last parameter is taken for its output layer's.
    classes : sequence of str
        The class list.

    Raises
    ------
    ClassListError
        With the two numbers.
    """
    parameters = list(net.collect_params().values())
    shape = parameters[-1].shape if parameters else None
    if shape and shape[0] not in (0, -1, len(classes)):
        raise ClassListError(
            f"The net has {shape[0]} outputs and the class list {len(classes)} names: "
            "give the class list of the data that the net was trained on."
        )


def fix_classes(root: Path, classes: Sequence[str], *, exact: bool) -> tuple[str, ...]:
    """Fix the class list of a prepared data set, or check against the one that was fixed.

    Parameters
    ----------
    root : Path
        Where ``classes.json`` is or goes.
    classes : sequence of str
        The classes wanted, in any order; each has to do as a folder's name.
    exact : bool
        Whether a list fixed before has to be this one; else it may have more classes.

    Returns
    -------
    tuple of str
        The list in force, sorted by code point, as ImageFolderDataset sorts folders.

    Raises
    ------
    ClassListError
        If the list fixed before does not fit, or a name cannot be a folder's.
    """
    wanted = sorted(set(classes))
    _check_names(wanted)
    path = root / CLASS_FILE
    if not path.is_file():
        write_text(path, json.dumps(wanted, indent=1, ensure_ascii=False) + "\n")
        return tuple(wanted)
    fixed = read_classes(root)
    unknown = [name for name in wanted if name not in fixed]
    if unknown or (exact and tuple(wanted) != fixed):
        left = [name for name in fixed if name not in wanted] if exact else []
        raise ClassListError(
            f"{path} fixed {len(fixed)} classes"
            + (f", without {', '.join(unknown)}" if unknown else "")
            + (f", and {', '.join(left)} are not wanted now" if left else "")
            + ". The list is fixed by the first preparation, because it numbers the labels. To "
            "prepare other classes choose another folder, or remove this one's classes.json and "
            "train_data, val_data and test_data and prepare all three again, naming all classes "
            "the first time."
        )
    return fixed


def _check_names(classes: Sequence[str]) -> None:
    """Class names become folders; they may come from files that strangers wrote."""
    if not classes:
        raise ClassListError("No classes: the list of photos is empty.")
    for name in classes:
        if name != name.strip() or name.startswith(".") or not name or set(name) & set("/\\\0"):
            raise ClassListError(f"The class name {name!r} cannot be the name of a folder.")
    folded = [name.casefold() for name in classes]
    twice = [name for name in classes if folded.count(name.casefold()) > 1]
    if twice:
        raise ClassListError(f"Classes that differ in case only: {', '.join(twice)}. Merge them.")
