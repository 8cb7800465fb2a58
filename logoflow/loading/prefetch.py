"""Load the next batch while the network trains on this one."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

_END = object()


def prefetched(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Yield items in their order. A thread makes the next one in the meantime.

    At most one item waits, so the memory is bounded. Errors of the iterator are raised here.

    Parameters
    ----------
    items : iterator
        It must not depend on what happens to the items that it gave.

    Yields
    ------
    object

    Examples
    --------
    >>> list(prefetched(iter("abc")))
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]
