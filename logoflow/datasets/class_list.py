"""The class list: fixed when data is prepared, checked wherever two class lists meet."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from logoflow.errors import ClassListError
from logoflow.utils.addresses import local_path
from logoflow.utils.files import write_text

CLASS_FILE = "classes.json"


def read_classes(root: Path | str) -> tuple[str, ...]:
    """Read the class list of a prepared data set.

    Parameters
    ----------
    root : Path or str
        A prepared data set: the folder that contains ``classes.json``.

    Returns
    -------
    tuple of str
        Class names. The position of a name is its label.

    Raises
    ------
    FileNotFoundError
        If `root` has not been prepared.
    ClassListError
        If the file is not a list of names.

    Examples
    --------
    >>> Path("root").mkdir()
    >>> fix_classes(Path("root"), ["adidas", "HP", "no-logo"], exact=True)
    ('HP', 'adidas', 'no-logo')
    >>> read_classes("root")
    ('HP', 'adidas', 'no-logo')
    """
    path = local_path(root) / CLASS_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist: prepare the data with logoflow.prepare_root first."
        )
    try:
        classes = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ClassListError(f"{path} is not JSON ({error}): prepare the data again.") from error
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ClassListError(f"{path} is not a list of class names: prepare the data again.")
    return tuple(classes)


def check_classes(classes: Iterable[str], expected: Iterable[str], source: str) -> None:
    """Raise an error unless two class lists are equal, order included.

    Parameters
    ----------
    classes : iterable of str
        The class list to check.
    expected : iterable of str
        The class list that it should be.
    source : str
        Where `classes` come from, for the message: ``"the folders of val_data"``.

    Raises
    ------
    ClassListError
        If they differ. The message lists the missing and the unknown classes, or both lists
        where only the order differs.

    Examples
    --------
    >>> check_classes(["bmw"], ["bmw", "dhl"], "the folders of val_data")
    Traceback (most recent call last):
    logoflow.errors.ClassListError: The class list does not match the folders of val_data: ...
    """
    classes, expected = list(classes), list(expected)
    if classes == expected:
        return
    missing = [name for name in expected if name not in classes]
    unknown = [name for name in classes if name not in expected]
    differences = [f"missing {', '.join(missing)}"] if missing else []
    differences += [f"not in the list {', '.join(unknown)}"] if unknown else []
    if not differences:
        differences = [f"the same names in another order: {classes}, not {expected}"]
    raise ClassListError(
        f"The class list does not match {source}: {'; '.join(differences)}. "
        "Labels would be numbered differently: use data and models from the same preparation."
    )


def fix_classes(root: Path, classes: Sequence[str], *, exact: bool) -> tuple[str, ...]:
    """Write the class list of a prepared data set, or check it against the existing list.

    Parameters
    ----------
    root : Path
        The folder that contains, or will contain, ``classes.json``.
    classes : sequence of str
        The classes of the data, in any order. Every name must be usable as a folder name.
    exact : bool
        Whether an existing list must equal `classes`. Otherwise it may have more classes.

    Returns
    -------
    tuple of str
        The class list of the data set, sorted by code point as ImageFolderDataset sorts folders.

    Raises
    ------
    ClassListError
        If the existing list does not match, or a name cannot be a folder name.

    Examples
    --------
    >>> Path("root").mkdir()
    >>> fix_classes(Path("root"), ["ups", "bmw"], exact=True)
    ('bmw', 'ups')
    >>> fix_classes(Path("root"), ["ups"], exact=False)
    ('bmw', 'ups')
    """
    wanted = sorted(set(classes))
    _check_names(wanted)
    path = root / CLASS_FILE
    if not path.is_file():
        write_text(path, json.dumps(wanted, indent=1, ensure_ascii=False) + "\n")
        return tuple(wanted)
    existing = read_classes(root)
    unknown = [name for name in wanted if name not in existing]
    if unknown or (exact and tuple(wanted) != existing):
        missing = [name for name in existing if name not in wanted] if exact else []
        raise ClassListError(
            f"{path} lists {len(existing)} classes"
            + (f", but not {', '.join(unknown)}" if unknown else "")
            + (f"; the data has no {', '.join(missing)}" if missing else "")
            + ". The first preparation fixes the list because it numbers the labels. To prepare "
            "other classes, choose another folder. Or remove classes.json, train_data, val_data "
            "and test_data from this folder, and prepare all three splits again with all classes."
        )
    return existing


def _check_names(classes: Sequence[str]) -> None:
    """Refuse names that cannot be folders: they may come from a downloaded list."""
    if not classes:
        raise ClassListError("There are no classes: the list of photos is empty.")
    for name in classes:
        if name != name.strip() or name.startswith(".") or not name or set(name) & set("/\\\0"):
            raise ClassListError(f"The class name {name!r} cannot be the name of a folder.")
    folded = [name.casefold() for name in classes]
    clashing = [name for name in classes if folded.count(name.casefold()) > 1]
    if clashing:
        raise ClassListError(
            f"Some classes differ only in upper and lower case: {', '.join(clashing)}. Merge them."
        )
