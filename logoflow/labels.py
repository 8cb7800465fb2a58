"""Class labels: the name of the class without a logo, and names turned into indices."""

from collections.abc import Iterable, Sequence


def label_indices(truth: Iterable[int | str], classes: Sequence[str]) -> list[int]:
    """Bring class names and numbers to numbers.

    Raises
    ------
    ValueError
        For a name that is none of the classes'.

    Examples
    --------
    >>> label_indices(["ups", 0], ["bmw", "no-logo", "ups"])
    [2, 0]
    """
    truth, numbers = list(truth), {name: number for number, name in enumerate(classes)}
    unknown = sorted({label for label in truth if isinstance(label, str)} - set(numbers))
    if unknown:
        raise ValueError(f"Not in the list of classes: {', '.join(unknown)}.")
    return [numbers[label] if isinstance(label, str) else int(label) for label in truth]


def no_logo_index(classes: Sequence[str]) -> int | None:
    """Class number of no-logo; None where there is no such class."""
    return list(classes).index(NO_LOGO) if NO_LOGO in classes else None


NO_LOGO = "no-logo"
