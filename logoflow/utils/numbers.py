"""Check the numbers that a caller passes."""

import operator


def check_counts(**counts: int) -> None:
    """Raise ValueError unless each number is a whole number, 1 or more.

    Parameters
    ----------
    **counts : int
        By the name of the argument, which the message names.

    Examples
    --------
    >>> check_counts(batch_size=0)
    Traceback (most recent call last):
    ValueError: batch_size is 0: give a whole number, 1 or more.
    """
    for name, count in counts.items():
        try:
            is_count = not isinstance(count, bool) and operator.index(count) >= 1
        except TypeError:
            is_count = False
        if not is_count:
            raise ValueError(f"{name} is {count!r}: give a whole number, 1 or more.")
