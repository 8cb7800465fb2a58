"""Show figures with caption and alternative text, and draw diagrams and timings."""

import io
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.rcsetup import cycler
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, ScalarFormatter
from PIL import Image

from logoflow.utils.progress import in_notebook

SMALL_TEXT = 10
"""Size of the smallest text in figures, in points."""

DPI = 110
"""Pixels per inch of the figures in notebooks."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Blue, vermilion, green, purple, orange and sky blue, which colour-blind people can tell apart
(Okabe and Ito)."""

_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
CURVES = cycler(color=COLOURS, linestyle=_STYLES)
"""Colour and line style of each curve in a chart. The styles are enough to tell curves apart."""

_page: ContextVar[list[str] | None] = ContextVar("page", default=None)
"""The HTML of the figures shown within `figures_as_html`."""


@contextmanager
def figures_as_html() -> Iterator[list[str]]:
    """Collect the figures that are shown, as HTML, in place of showing them.

    Yields
    ------
    list of str
        It grows by a ``<figure>`` for each figure, with its picture inside.

    Examples
    --------
    >>> with figures_as_html() as page:
    ...     plot_workflow(["photos", "brand"], caption="From photos to brands.")
    >>> page[0].startswith('<figure><img src="data:image/png;base64,')
    True
    """
    token = _page.set([])
    try:
        yield _page.get()  # type: ignore[misc]
    finally:
        _page.reset(token)


def show_figure(figure: Figure, caption: str = "", alt: str = "", *, photos: bool = False) -> None:
    """Show a figure with a caption and an alternative text, and close it.

    Titles and labels are shown as they are: ``$`` in the name of a brand does not begin a formula.
    Outside a notebook, the figure is shown by matplotlib, without caption and alternative text.

    Parameters
    ----------
    figure : Figure
        The finished figure.
    caption : str
        Markdown text below the figure.
    alt : str
        Description for readers who cannot see the figure. Default: the caption.
    photos : bool
        Store the figure as JPEG, which needs a tenth of the space of PNG for photos.

    Examples
    --------
    >>> figure, axis = plt.subplots()
    >>> show_figure(figure, "An empty plot.", "Two axes without data.")
    """
    _show_text_as_it_is(figure)
    page = _page.get()
    if page is None and not in_notebook():
        plt.show()
        plt.close(figure)
        return
    # As HTML, because JupyterLab and nbconvert drop the alternative text of a bare image.
    address, alt = _data_url(figure, "jpeg" if photos else "png"), alt or caption
    html = f'<img src="{address}" alt="{escape(alt)}">'
    plt.close(figure)
    if page is not None:
        page.append(f"<figure>{html}<figcaption>{escape(caption)}</figcaption></figure>")
        return
    from IPython.display import Markdown, display

    display({"text/html": html, "text/plain": alt}, raw=True)
    if caption:
        display(Markdown(f"*{caption}*"))


def _data_url(figure: Figure, image_format: str) -> str:
    """Encode a figure as a data URL."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=image_format, dpi=DPI)
    if image_format == "png":
        # With a palette of 256 colours, a chart needs a third of the space.
        picture = Image.open(buffer).convert("RGB").quantize(256)
        buffer = io.BytesIO()
        picture.save(buffer, "png", optimize=True)
    return f"data:image/{image_format};base64,{b64encode(buffer.getvalue()).decode()}"


def _show_text_as_it_is(figure: Figure) -> None:
    """Keep matplotlib from reading texts as formulas, except for the numbers along axes."""
    for text in figure.findobj(Text):
        text.set(parse_math=False, usetex=False)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), ScalarFormatter | LogFormatter):
                for text in (*axis.get_ticklabels(), axis.get_offset_text()):
                    text.set_parse_math(True)


def as_array(values: Any) -> np.ndarray:
    """Convert an NDArray, or anything that NumPy reads, to an ndarray."""
    return values.asnumpy() if hasattr(values, "asnumpy") else np.asarray(values)


def plot_workflow(
    steps: Sequence[str | Sequence[str]],
    *,
    highlight: str | None = None,
    caption: str = "",
    alt: str = "",
) -> None:
    """Draw the steps of a workflow as a row of boxes with arrows.

    Parameters
    ----------
    steps : sequence of str or of sequence of str
        Text of each box. It may have several lines. Several texts make one step of several boxes,
        one below the other.
    highlight : str, optional
        Text of the box that is drawn in another colour.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_workflow(["photos", "network", "brand"])
    >>> plot_workflow(["post", ["person?", "brand?"], "advertisement"], highlight="brand?")
    """
    columns = [[step] if isinstance(step, str) else list(step) for step in steps]
    rows = max(map(len, columns))
    size = (1.75 * len(columns), 0.2 + 1.2 * rows)
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    before: list[float] = []  # the heights of the boxes one column to the left
    for number, texts in enumerate(columns):
        x = 1.25 * number
        heights = [1.2 * (rows / 2 - len(texts) / 2 + row) for row in reversed(range(len(texts)))]
        for text, y in zip(texts, heights, strict=True):
            _draw_box(axis, x, y, text, text == highlight)
            for other in before:
                arrow = {"arrowstyle": "->", "color": "#345"}
                axis.annotate("", (x - 0.01, y + 0.5), (x - 0.23, other + 0.5), arrowprops=arrow)
        before = heights
    axis.set(xlim=(-0.05, len(columns) * 1.25 - 0.2), ylim=(-0.1, 1.2 * rows - 0.1))
    axis.set_axis_off()
    show_figure(figure, caption, alt)


def _draw_box(axis: Axes, x: float, y: float, text: str, is_highlighted: bool) -> None:
    """Draw a box of one by one with a text in its middle."""
    style = "round,pad=0.02,rounding_size=0.1"
    colour, width = ("#ffe3c2", 2.5) if is_highlighted else ("#e8f0fa", 1)
    box = FancyBboxPatch((x, y), 1, 1, boxstyle=style, fc=colour, ec="#345", linewidth=width)
    axis.add_patch(box)
    axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=10)


def plot_times(times: Mapping[str, float], *, caption: str = "", alt: str = "") -> None:
    """Draw times as horizontal bars in milliseconds.

    Parameters
    ----------
    times : mapping of str to float
        Seconds by name, drawn from top to bottom.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> plot_times({"decode": 0.004, "net": 0.011})
    """
    figure, axis = plt.subplots(figsize=(6, 0.5 + 0.4 * len(times)), layout="constrained")
    values = [1000 * seconds for seconds in times.values()]
    bars = axis.barh(list(times), values, color=COLOURS[0])
    axis.bar_label(bars, fmt="%.1f", padding=3)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.set_xlabel("milliseconds")
    show_figure(figure, caption, alt)
