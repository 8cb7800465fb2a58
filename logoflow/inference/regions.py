"""Regions: parts of a photo that are scored together, in one pass over the whole photo.

The last convolution of a network gives a vector of features for each cell of 32 x 32 pixels. The
pooled features of a region are the mean over its cells, and all layers up to the pooling run only
once per photo. Regions of many sizes and places therefore cost little more than the pass itself.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon import nn
from scipy.special import log_softmax

from logoflow.images.boxes import intersections_over_unions
from logoflow.inference.windows import windows
from logoflow.loading.augment import transform
from logoflow.models.graph import fused

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

SCALES = (
    Scale(256, (_WHOLE, (6, 6), (4, 4), (3, 6), (6, 3))),
    Scale(384, ((6, 6), (4, 4), (3, 3), (3, 6), (6, 3))),
    Scale(640, ((6, 6), (4, 4), (3, 3), (2, 2), (2, 4), (4, 2), (3, 6), (6, 3))),
)
"""From the largest regions to the smallest: from the whole photo to a tenth of its longer side."""

REGION_SHAPES = tuple(dict.fromkeys(shape for scale in SCALES[::-1] for shape in scale.shapes))
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


def region_boxes(width: int, height: int) -> np.ndarray:
    """List the regions of a photo in pixels, in the order of `RegionNet.features`.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels.

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
    for scale in SCALES:
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


class RegionNet:
    """A network that scores the regions of a photo.

    Parameters
    ----------
    net : Block
        A network with `features` and `output`, in which features are pooled over all cells
        (``GlobalAvgPool2D``).
    augs : list of callable
        The preprocessing of a classifier. Augmenters that crop or resize are left out.

    Raises
    ------
    ValueError
        If the network does not pool its features.

    Examples
    --------
    >>> from logoflow.loading.augment import make_augs
    >>> from logoflow.models.finetune import finetune_net
    >>> net = finetune_net(3, "logo_lite0")
    >>> _, augs = make_augs("logoflow", net)
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> RegionNet(net, augs).logits(photo).shape == (len(region_boxes(400, 300)), 3)
    True
    """

    def __init__(self, net: gluon.HybridBlock, augs: list):
        convolutions, self._after_pooling = split_at_pooling(net)
        self._convolutions = nn.HybridSequential()
        self._convolutions.add(*convolutions)
        self._output, self._augs = net.output, [aug for aug in augs if not hasattr(aug, "size")]
        self._ctx = next(iter(net.collect_params().values())).list_ctx()[0]
        self._compiled: Any = None  # for the first photo

    def features(self, photo: np.ndarray) -> np.ndarray:
        """Compute the input of the output layer for each region.

        Parameters
        ----------
        photo : ndarray
            RGB of (height, width, 3), 0 to 255.

        Returns
        -------
        ndarray
            (regions, features), in the order of `region_boxes`.
        """
        return np.concatenate([part.asnumpy() for part in self._features(photo)])

    def logits(self, photo: np.ndarray) -> np.ndarray:
        """Compute the logits of each region, (regions, classes), as `features` the features."""
        return np.concatenate([self._output(part).asnumpy() for part in self._features(photo)])

    def _features(self, photo: np.ndarray) -> Iterator[nd.NDArray]:
        """Yield the features of the regions of each scale."""
        for scale in SCALES:
            rows, columns = grid_size(photo.shape[1], photo.shape[0], scale)
            data = self._to_input(photo, rows * CELL, columns * CELL)
            if self._compiled is None:
                self._compiled = fused(self._convolutions, data)
            cells = self._compiled(data)[0].reshape((0, -1))  # (channels, cells)
            pooling = nd.array(pooling_matrix(rows, columns, scale.shapes), ctx=self._ctx)
            features = nd.dot(pooling, cells, transpose_b=True)
            for layer in self._after_pooling:
                features = layer(features)
            yield features

    def _to_input(self, photo: np.ndarray, height: int, width: int) -> nd.NDArray:
        """Resize a photo and normalise it, as a batch of (1, 3, height, width)."""
        shrinks = height * width < photo.shape[0] * photo.shape[1]
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = cv2.resize(photo, (width, height), interpolation=interpolation)
        data, _ = transform(resized, -1, self._augs)
        return data.expand_dims(0).as_in_context(self._ctx)


def split_at_pooling(
    net: gluon.HybridBlock,
) -> tuple[list[gluon.HybridBlock], list[gluon.HybridBlock]]:
    """Split the features of a network into the layers before the pooling and those after it.

    Parameters
    ----------
    net : Block
        A network with `features`.

    Returns
    -------
    before, after : list of Block
        Without the pooling itself, and without the layers after it that change nothing in
        prediction (flattening and dropout).

    Raises
    ------
    ValueError
        If the network does not pool its features over all cells.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> before, after = split_at_pooling(finetune_net(3, "logo_lite0"))
    >>> [type(layer).__name__ for layer in after]
    ['UnitLength']
    """
    layers = list(getattr(net, "features", ()))
    pooling = [isinstance(layer, nn.GlobalAvgPool2D) for layer in layers]
    if not any(pooling):
        raise ValueError(
            f"{type(net).__name__} does not pool its features over the photo, so it cannot score "
            'regions: choose another level, such as "windows".'
        )
    position = pooling.index(True)
    after = [
        layer for layer in layers[position + 1 :] if not isinstance(layer, nn.Flatten | nn.Dropout)
    ]
    return layers[:position], after


def region_nets(net: gluon.HybridBlock, augs: list) -> list[RegionNet]:
    """Make the region network of a network, or of each network of an ensemble.

    Parameters
    ----------
    net : Block
    augs : list of callable
        The preprocessing of the classifier.

    Returns
    -------
    list of RegionNet

    Raises
    ------
    ValueError
        If a network does not pool its features.
    """
    return [RegionNet(member, augs) for member in getattr(net, "members", [net])]


def mean_region_logits(nets: list[RegionNet], photo: np.ndarray) -> np.ndarray:
    """Score the regions of a photo by all networks of an ensemble.

    Parameters
    ----------
    nets : list of RegionNet
    photo : ndarray
        RGB of (height, width, 3), 0 to 255.

    Returns
    -------
    ndarray
        (regions, classes). The logits of a single network, or the mean of the log-probabilities
        of several, as in `logoflow.models.ensemble.Ensemble`.
    """
    if len(nets) == 1:
        return nets[0].logits(photo)
    return np.mean([log_softmax(net.logits(photo), axis=1) for net in nets], axis=0)
