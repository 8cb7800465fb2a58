"""How long things take, and a figure of it."""

from collections.abc import Mapping

import matplotlib.pyplot as plt

from logoflow.plots import show_figure


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
