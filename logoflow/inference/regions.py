"""Score all regions of a photo in one pass over the whole photo.

The pooled features of a region are the mean over its cells (`logoflow.inference.region_grid`). All
layers up to the pooling run only once per photo, so regions of many sizes and places cost little
more than the pass itself.
"""

from collections import Counter
from typing import Any

import cv2
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon import nn

from logoflow.inference.region_features import RegionFeatures
from logoflow.inference.region_grid import CELL, SCALES, Scale, grid_size, pooling_matrix
from logoflow.loading.augment import transform
from logoflow.models.backbones.logo_lite0 import UnitLength
from logoflow.models.graph import fused

MAX_COMPILED_CELLS = 3000
"""Largest number of cells in all shapes that have a compiled network of their own. 3,000 cells take
about 650 MB and cover the sizes of photos in six formats. Other shapes share one compiled
network."""

FREQUENT = 3
"""A shape gets a compiled network of its own when it occurs this many times."""


class RegionNet:
    """A network that scores the regions of a photo.

    Parameters
    ----------
    net : Block
        A network with pooled `features` (``GlobalAvgPool2D``) and a fully connected `output`.
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
    >>> from logoflow.inference.region_grid import region_boxes
    >>> RegionNet(net, augs).logits(photo).shape == (len(region_boxes(400, 300)), 3)
    True
    """

    def __init__(self, net: gluon.HybridBlock, augs: list):
        convolutions, after_pooling = split_at_pooling(net)
        self._unit_length = bool(after_pooling)
        self._convolutions = nn.HybridSequential()
        self._convolutions.add(*convolutions)
        self._net, self._output = net, net.output
        self._augs = [aug for aug in augs if not hasattr(aug, "size")]
        self._ctx = next(iter(net.collect_params().values())).list_ctx()[0]
        self._compiled: dict[tuple, Any] = {}  # by shape; () is for all other shapes
        self._seen: Counter[tuple] = Counter()  # number of batches of each shape
        self._last_layer = list(self._convolutions.collect_params().values())[-4:]
        self._last_weights = self._read_last_layer()

    def photo_features(
        self, photo: np.ndarray, scales: tuple[Scale, ...] = SCALES
    ) -> RegionFeatures:
        """Pass a photo through the network at each scale.

        Parameters
        ----------
        photo : ndarray
            RGB of (height, width, 3), 0 to 255.
        scales : tuple of Scale
            Sizes at which the photo is seen (`logoflow.inference.region_grid`).

        Returns
        -------
        RegionFeatures
            Of the regions in the order of `logoflow.inference.region_grid.region_boxes`.
        """
        if not np.array_equal(self._last_weights, last_weights := self._read_last_layer()):
            self._compiled, self._last_weights = {}, last_weights
        grids = [(*grid_size(photo.shape[1], photo.shape[0], scale), scale) for scale in scales]
        return RegionFeatures(
            [self._cells(photo, rows, columns) for rows, columns, _ in grids],
            [pooling_matrix(rows, columns, scale.shapes) for rows, columns, scale in grids],
            self._unit_length,
        )

    def features(self, photo: np.ndarray) -> np.ndarray:
        """Compute the input of the output layer for each region, (regions, features)."""
        return self.photo_features(photo).all()

    def logits(self, photo: np.ndarray, scales: tuple[Scale, ...] = SCALES) -> np.ndarray:
        """Compute the logits of each region of a photo, (regions, classes)."""
        return self.logits_of(self.photo_features(photo, scales))

    def logits_of(self, features: RegionFeatures) -> np.ndarray:
        """Apply the output layer to the regions of a photo, (regions, classes)."""
        weight, bias = self._output.weight, self._output.bias
        return features.linear(
            weight.data(self._ctx), None if bias is None else bias.data(self._ctx)
        )

    def output_row(self, label: int) -> tuple[np.ndarray, float]:
        """Return the weights, (features,), and the bias of an output."""
        weight, bias = self._output.weight.data(self._ctx), self._output.bias
        row = weight[label].asnumpy()
        return row, 0.0 if bias is None else float(bias.data(self._ctx)[label].asscalar())

    @property
    def can_embed(self) -> bool:
        """Whether the network has an embedding that compares logos."""
        return hasattr(self._net, "embedding")

    def embed(self, features: np.ndarray) -> np.ndarray:
        """Map features of regions to embeddings (`logoflow.models.backbones.logo_lite0.embed`).

        Parameters
        ----------
        features : ndarray
            (regions, features), some rows of what `features` returns.

        Returns
        -------
        ndarray
            (regions, size), each of length 1.
        """
        embedded = self._net.embedding(nd.array(features, ctx=self._ctx))
        return nd.L2Normalization(embedded).asnumpy()

    def embedding_matrix(self) -> np.ndarray:
        """Return the matrix that maps features to embeddings, (size, features)."""
        return self._net.embedding.weight.data(self._ctx).asnumpy()

    def outputs_of(self, features: np.ndarray) -> np.ndarray:
        """Apply the output layer to features of regions, (regions, classes)."""
        return self._output(nd.array(features, ctx=self._ctx)).asnumpy()

    def _cells(self, photo: np.ndarray, rows: int, columns: int) -> nd.NDArray:
        """Compute the features of the cells of a photo, (channels, rows * columns)."""
        data = self._to_input(photo, rows * CELL, columns * CELL)
        return self._network_for(data)(data)[0].reshape((0, -1))

    def _network_for(self, data: nd.NDArray) -> gluon.Block:
        """Return the convolutions, compiled for the shape of this batch if it is a frequent one."""
        self._seen[data.shape] += 1
        if data.shape in self._compiled:
            return self._compiled[data.shape]
        one_shape = self._seen[data.shape] >= FREQUENT and self._has_room_for(data.shape)
        shape = data.shape if one_shape else ()
        if shape not in self._compiled:
            self._compiled[shape] = fused(self._convolutions, data, one_shape=one_shape)
        return self._compiled[shape]

    def _has_room_for(self, shape: tuple[int, ...]) -> bool:
        shapes = [shape, *filter(None, self._compiled)]
        return sum(height * width for *_, height, width in shapes) <= MAX_COMPILED_CELLS * CELL**2

    def _read_last_layer(self) -> np.ndarray:
        """Read the weights of the last normalisation. Any training of the network changes them.

        The compiled network does not notice changes to normalisation alone (`fused`).
        """
        return np.concatenate([part.data(self._ctx).asnumpy().ravel() for part in self._last_layer])

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
        prediction (flattening and dropout). The only other layer after it is `UnitLength`.

    Raises
    ------
    ValueError
        If the network does not pool its features over all cells, or has other layers after that.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> before, after = split_at_pooling(finetune_net(3, "logo_lite0"))
    >>> [type(layer).__name__ for layer in after]
    ['UnitLength']
    """
    layers = list(getattr(net, "features", ()))
    pooling = [isinstance(layer, nn.GlobalAvgPool2D) for layer in layers]
    position = pooling.index(True) if any(pooling) else len(layers)
    after = [
        layer for layer in layers[position + 1 :] if not isinstance(layer, nn.Flatten | nn.Dropout)
    ]
    if not any(pooling) or not all(isinstance(layer, UnitLength) for layer in after):
        raise ValueError(
            f"{type(net).__name__} does not pool its features over the photo, so it cannot score "
            'regions: choose another level, such as "windows".'
        )
    return layers[:position], after


def pools_features(net: gluon.HybridBlock) -> bool:
    """Tell whether a network, or each network of an ensemble, can score regions.

    Examples
    --------
    >>> from logoflow.models.article_nets import lenet5
    >>> from logoflow.models.finetune import finetune_net
    >>> pools_features(finetune_net(3, "efficientnet_lite0")), pools_features(lenet5(3))
    (True, False)
    """
    try:
        for member in getattr(net, "members", [net]):
            split_at_pooling(member)
    except ValueError:
        return False
    return True


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


def can_embed(net: gluon.HybridBlock) -> bool:
    """Tell whether a network, or a network of an ensemble, has an embedding that compares logos.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> can_embed(finetune_net(3, "logo_lite0")), can_embed(finetune_net(3, "efficientnet_lite0"))
    (True, False)
    """
    return any(hasattr(member, "embedding") for member in getattr(net, "members", [net]))
