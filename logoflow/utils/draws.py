"""Random numbers for augmentation: each photo has a generator of its own, in whatever thread."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_local = threading.local()


def draws() -> random.Random | ModuleType:
    """Return the generator of this thread: Python's `random`, unless `drawing_from` set another.

    Returns
    -------
    random.Random or module

    Examples
    --------
    >>> 0 <= draws().random() < 1
    True
    """
    return getattr(_local, "generator", random)


@contextmanager
def drawing_from(generator: random.Random) -> Iterator[None]:
    """Let all augmenters of this thread draw from a generator.

    Parameters
    ----------
    generator : random.Random

    Examples
    --------
    >>> with drawing_from(random.Random(3)):
    ...     draws().randint(0, 9)
    3
    """
    before = draws()
    _local.generator = generator
    try:
        yield
    finally:
        _local.generator = before
