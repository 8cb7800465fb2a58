"""Regions: parts of a photo that are scored together. Their sizes and places.

The last convolution of a network gives a vector of features for each cell of 32 x 32 pixels. A
region is a rectangle of cells.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from logoflow.images.boxes import intersections_over_unions
from logoflow.inference.windows import windows

CELL = 32
"""Side of a cell in pixels: the stride of the last convolution."""


class Scale(NamedTuple):
    """A size at which a photo is seen, and the regions that are scored at this size.

    Parameters
    ----------
    longer_side : int
        Longer side of the photo in pixels.
    shapes : tuple of (rows, columns)
        Sizes of the regions in cells. A region larger than the photo becomes as large as the photo.
    """

    longer_side: int
    shapes: tuple[tuple[int, int], ...]


_WHOLE = (99, 99)
_ALL_SHAPES = ((6, 6), (4, 4), (3, 3), (2, 2), (2, 4), (4, 2), (3, 6), (6, 3))

SCALES = (
    Scale(256, (_WHOLE, (6, 6), (4, 4), (3, 6), (6, 3))),
    Scale(384, ((6, 6), (4, 4), (3, 3), (3, 6), (6, 3))),
    Scale(640, _ALL_SHAPES),
    Scale(192, (_WHOLE, (4, 4), (3, 3), (2, 4), (4, 2), (3, 6), (6, 3))),
    Scale(128, (_WHOLE, (3, 3), (2, 4), (4, 2))),
)
"""The sizes of the levels ``"grid"`` and ``"regions"``. Regions range from the whole photo to a
tenth of its longer side. At the smallest sizes, a logo that fills the photo covers as few cells as
logos usually do."""

FINE_SCALES = (*SCALES, Scale(960, _ALL_SHAPES))
"""The sizes of the level ``"more-regions"``."""

REGION_SHAPES = (*_ALL_SHAPES, _WHOLE)
"""All sizes of regions in cells, (rows, columns)."""


def region_cells(rows: int, columns: int, shapes: tuple[tuple[int, int], ...]) -> np.ndarray:
    """List the regions of a grid of cells.

    Parameters
    ----------
    rows, columns : int
        Size of the grid.
    shapes : tuple of (rows, columns)
        Sizes of the regions (`Scale`).

    Returns
    -------
    ndarray of int
        (regions, 4): top row, left column, rows and columns of each region. Regions of one size
        are at all places.

    Examples
    --------
    >>> region_cells(2, 3, ((2, 2), (9, 9)))
    array([[0, 0, 2, 2],
           [0, 1, 2, 2],
           [0, 0, 2, 3]])
    """
    cells = []
    for height, width in dict.fromkeys((min(h, rows), min(w, columns)) for h, w in shapes):
        tops, lefts = np.mgrid[: rows - height + 1, : columns - width + 1]
        sizes = np.full((tops.size, 2), (height, width))
        cells.append(np.column_stack([tops.ravel(), lefts.ravel(), sizes]))
    return np.concatenate(cells)


@cache
def pooling_matrix(rows: int, columns: int, shapes: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Make the matrix that pools the cells of each region.

    Parameters
    ----------
    rows, columns, shapes
        See `region_cells`.

    Returns
    -------
    ndarray
        (regions, rows * columns), float32. The product with features of cells,
        (rows * columns, channels), is the mean over the cells of each region.

    Examples
    --------
    >>> pooling_matrix(1, 3, ((1, 2),))
    array([[0.5, 0.5, 0. ],
           [0. , 0.5, 0.5]], dtype=float32)
    """
    cells = region_cells(rows, columns, shapes)
    top, left, height, width = (part[:, None] for part in cells.T)
    row, column = np.divmod(np.arange(rows * columns), columns)
    inside_rows = (row >= top) & (row < top + height)
    inside_columns = (column >= left) & (column < left + width)
    return (inside_rows & inside_columns).astype(np.float32) / (height * width).astype(np.float32)


def region_boxes(width: int, height: int, scales: tuple[Scale, ...] = SCALES) -> np.ndarray:
    """List the regions of a photo in pixels, in the order in which `RegionNet` scores them.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels.
    scales : tuple of Scale
        `SCALES` or `FINE_SCALES`. The regions of `FINE_SCALES` begin with those of `SCALES`.

    Returns
    -------
    ndarray
        (regions, 4): x, y, width and height.

    Examples
    --------
    >>> region_boxes(640, 480)[0].tolist()
    [0.0, 0.0, 640.0, 480.0]
    """
    boxes = []
    for scale in scales:
        rows, columns = grid_size(width, height, scale)
        top, left, region_rows, region_columns = region_cells(rows, columns, scale.shapes).T
        x, region_width = left / columns * width, region_columns / columns * width
        y, region_height = top / rows * height, region_rows / rows * height
        boxes.append(np.column_stack([x, y, region_width, region_height]))
    return np.concatenate(boxes)


def window_regions(width: int, height: int, layout: str = "more-windows") -> np.ndarray:
    """Find the region that is most like each window of a layout.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels.
    layout : str
        A window layout by name (`logoflow.inference.levels.LAYOUTS`).

    Returns
    -------
    ndarray of int
        (windows,), positions in `region_boxes`. Small photos repeat some.

    Examples
    --------
    >>> window_regions(640, 480, "few-windows").shape
    (5,)
    """
    boxes = region_boxes(width, height)
    likeness = [intersections_over_unions(w, boxes) for w in windows(width, height, layout)]
    return np.argmax(likeness, axis=1)


def grid_size(width: int, height: int, scale: Scale) -> tuple[int, int]:
    """Return the rows and columns of cells that a photo has at a scale.

    The sides of the resized photo are whole cells, so its shape changes a little. In return, photos
    have few shapes, and a network is compiled for each shape.

    Examples
    --------
    >>> grid_size(1000, 750, SCALES[0])
    (6, 8)
    """
    factor = scale.longer_side / max(width, height) / CELL
    return max(1, round(height * factor)), max(1, round(width * factor))
