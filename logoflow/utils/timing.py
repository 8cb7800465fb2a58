"""Measure the run time of a function, after a warm-up call."""

import time
from collections.abc import Callable
from statistics import median


def seconds_of(step: Callable[[], object], repeats: int = 5) -> float:
    """Measure the run time of a function: the median of several calls after a warm-up call.

    Parameters
    ----------
    step : callable
        Must have finished its work when it returns. MXNet computes asynchronously, so call
        ``.asnumpy()`` on the output of a network.
    repeats : int
        Number of measured calls.

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    >>> 0.01 < seconds_of(lambda: time.sleep(0.01), repeats=3) < 0.1
    True
    """
    step()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    return median(durations)
