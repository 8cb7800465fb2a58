"""Show a figure with its caption and alternative text; diagrams and timings."""

import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from logoflow.utils.progress import in_notebook


def show_figure(figure: Figure, caption: str = "", alt: str = "", *, photos: bool = False) -> None:
    """Show a figure with its caption and its alternative text, and close it.

    Parameters
    ----------
    figure : Figure
        Drawn and ready.
    caption : str
        Markdown, below the figure.
    alt : str
        What the figure shows, for a reader who cannot see it.
    photos : bool
        Store it as JPEG: photos take a tenth of the room they take as PNG.
    """
    if not in_notebook():
        plt.show()
        plt.close(figure)
        return
    from IPython.display import Markdown, display

    kind = "jpeg" if photos else "png"
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=80)
    plt.close(figure)
    mime = f"image/{kind}"
    display({mime: buffer.getvalue()}, raw=True, metadata={mime: {"alt": alt or caption}})
    if caption:
        display(Markdown(f"*{caption}*"))


def plot_workflow(steps: Sequence[str], *, caption: str = "", alt: str = "") -> None:
    """Draw steps as a row of boxes with arrows.

    Parameters
    ----------
    steps : sequence of str
        A box each; a line break in a step makes a second line.
    caption, alt : str
        See `show_figure`.
    """
    figure, axis = plt.subplots(figsize=(1.75 * len(steps), 1.4), layout="constrained")
    style = "round,pad=0.02,rounding_size=0.1"
    for i, step in enumerate(steps):
        axis.add_patch(FancyBboxPatch((i * 1.25, 0), 1, 1, boxstyle=style, fc="#e8f0fa", ec="#345"))
        axis.text(i * 1.25 + 0.5, 0.5, step, ha="center", va="center", fontsize=10)
        if i:
            arrow = {"arrowstyle": "->", "color": "#345"}
            axis.annotate("", (i * 1.25 - 0.01, 0.5), (i * 1.25 - 0.23, 0.5), arrowprops=arrow)
    axis.set(xlim=(-0.05, len(steps) * 1.25 - 0.2), ylim=(-0.1, 1.1))
    axis.set_axis_off()
    show_figure(figure, caption, alt)


def plot_times(times: Mapping[str, float], *, caption: str = "", alt: str = "") -> None:
    """Draw times as bars, one below the other.

    Parameters
    ----------
    times : mapping of str to float
        Seconds by name.
    caption, alt : str
        See `logoflow.plots.figures.show_figure`.

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
