"""How long things take, and a figure of it."""

import time
from collections.abc import Callable, Mapping
from statistics import median

import matplotlib.pyplot as plt

from logoflow.plots import show_figure


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


def plot_times(times: Mapping[str, float], *, caption: str = "", alt: str = "") -> None:
    """Draw times as bars, one below the other.

    Parameters
    ----------
    times : mapping of str to float
        Seconds by name.
    caption, alt : str
        See `logoflow.show_figure`.

    Examples
    --------
    >>> plot_times({"decode": 0.004, "net": 0.011})
    """
    figure, axis = plt.subplots(figsize=(6, 0.5 + 0.4 * len(times)), layout="constrained")
    bars = axis.barh(list(times), [1000 * seconds for seconds in times.values()])
    axis.bar_label(bars, fmt="%.1f", padding=3)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.set_xlabel("milliseconds")
    show_figure(figure, caption, alt)
