"""Class labels: the name of the class without a logo, and class names as label indices."""

from collections.abc import Iterable, Sequence

NO_LOGO = "no-logo"
"""Name of the class of photos that show no logo."""

_NO_LOGO_SPELLINGS = ("no-logo", "no_logo", "nologo", "no logo", "none")


def is_no_logo_name(name: str) -> bool:
    """Tell whether a folder or label stands for photos without a logo.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_no_logo_name("No_Logo"), is_no_logo_name("logo")
    (True, False)
    """
    return name.strip().lower() in _NO_LOGO_SPELLINGS


def label_indices(labels: Iterable[int | str], classes: Sequence[str]) -> list[int]:
    """Convert class names to label indices; indices stay as they are.

    Parameters
    ----------
    labels : iterable of int or str
        Class names or indices, or a mixture of both.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If a name is not in `classes`.

    Examples
    --------
    >>> label_indices(["ups", 0], ["bmw", "no-logo", "ups"])
    [2, 0]
    """
    labels, index_of = list(labels), {name: index for index, name in enumerate(classes)}
    unknown = sorted({label for label in labels if isinstance(label, str)} - set(index_of))
    if unknown:
        raise ValueError(f"These names are not in the class list: {', '.join(unknown)}.")
    return [index_of[label] if isinstance(label, str) else int(label) for label in labels]


def no_logo_index(classes: Sequence[str]) -> int | None:
    """Find the label index of the no-logo class.

    Parameters
    ----------
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    int or None
        None if there is no such class.

    Examples
    --------
    >>> no_logo_index(["bmw", "no-logo", "ups"])
    1
    """
    return list(classes).index(NO_LOGO) if NO_LOGO in classes else None
