"""Draw a photo as the numbers that it consists of."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from logoflow.plots.figures import COLOURS, SMALL_TEXT, as_array, show_figure


def plot_pixels(
    photo: Any, x: int, y: int, size: int = 5, *, caption: str = "", alt: str = ""
) -> None:
    """Draw a photo, a small piece of it, and the numbers of the piece in each colour channel.

    Parameters
    ----------
    photo : array
        RGB photo of shape (height, width, 3), with whole numbers from 0 to 255.
    x, y : int
        Left upper corner of the piece, in pixels.
    size : int
        Side of the piece, in pixels.
    caption, alt : str
        Caption and alternative text, see `logoflow.plots.figures.show_figure`.

    Examples
    --------
    >>> import numpy as np
    >>> plot_pixels(np.zeros((60, 80, 3), np.uint8), x=10, y=20)
    """
    photo = as_array(photo)
    piece = photo[y : y + size, x : x + size]
    figure, axes = plt.subplots(1, 5, figsize=(10, 2.5), layout="constrained")
    axes[0].imshow(photo)
    # A frame of the exact size would be too small to see.
    margin = max(0, photo.shape[1] // 40 - size / 2)
    side = size + 2 * margin
    frame = Rectangle((x - margin, y - margin), side, side, fill=False, ec=COLOURS[4], lw=2)
    axes[0].add_patch(frame)
    axes[0].set_title(f"photo, {photo.shape[0]} x {photo.shape[1]}", fontsize=SMALL_TEXT + 1)
    axes[1].imshow(piece)
    axes[1].set_title(f"{size} x {size} pixels of it", fontsize=SMALL_TEXT + 1)
    for channel, name in enumerate(("red", "green", "blue")):
        axis, numbers = axes[2 + channel], piece[..., channel]
        axis.imshow(numbers, cmap="gray", vmin=0, vmax=255)
        axis.set_title(f"channel {channel}: {name}", fontsize=SMALL_TEXT + 1)
        for row, line in enumerate(numbers):
            for column, number in enumerate(line):
                colour = "white" if number < 128 else "black"
                options = {"ha": "center", "va": "center", "fontsize": SMALL_TEXT}
                axis.text(column, row, f"{number}", color=colour, **options)
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    show_figure(figure, caption, alt)
