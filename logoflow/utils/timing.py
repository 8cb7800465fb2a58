"""Time a step fairly, after a first call that warms it up."""

import time
from collections.abc import Callable
from statistics import median


def seconds_of(step: Callable[[], object], repeats: int = 5) -> float:
    """Time a step: the median of some repeats, after one that does not count.

    Parameters
    ----------
    step : callable
        Has done its work when it returns: of MXNet's nets, ask for ``.asnumpy()``.
    repeats : int
        How often it is timed.

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    >>> seconds_of(lambda: net(data).asnumpy())
    0.041
    """
    step()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        spent.append(time.perf_counter() - start)
    return median(spent)
