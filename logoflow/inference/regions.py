"""Score all regions of a photo in one pass over the whole photo.

The pooled features of a region are the mean over its cells (`logoflow.inference.region_grid`). All
layers up to the pooling run only once per photo, so regions of many sizes and places cost little
more than the pass itself.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon import nn
from scipy.special import log_softmax

from logoflow.inference.region_grid import CELL, SCALES, Scale, grid_size, pooling_matrix
from logoflow.loading.augment import transform
from logoflow.models.graph import fused


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
    >>> from logoflow.inference.region_grid import region_boxes
    >>> RegionNet(net, augs).logits(photo).shape == (len(region_boxes(400, 300)), 3)
    True
    """

    def __init__(self, net: gluon.HybridBlock, augs: list):
        convolutions, self._after_pooling = split_at_pooling(net)
        self._convolutions = nn.HybridSequential()
        self._convolutions.add(*convolutions)
        self._net, self._output = net, net.output
        self._augs = [aug for aug in augs if not hasattr(aug, "size")]
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
            (regions, features), in the order of `logoflow.inference.region_grid.region_boxes`.
        """
        return np.concatenate([part.asnumpy() for part in self._features(photo, SCALES)])

    def logits(self, photo: np.ndarray, scales: tuple[Scale, ...] = SCALES) -> np.ndarray:
        """Compute the logits of each region, (regions, classes), as `features` the features."""
        parts = self._features(photo, scales)
        return np.concatenate([self._output(part).asnumpy() for part in parts])

    def logits_and_features(
        self, photo: np.ndarray, scales: tuple[Scale, ...] = SCALES
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute what `logits` and what `features` return, in one pass."""
        parts = list(self._features(photo, scales))
        logits = np.concatenate([self._output(part).asnumpy() for part in parts])
        return logits, np.concatenate([part.asnumpy() for part in parts])

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

    def _features(self, photo: np.ndarray, scales: tuple[Scale, ...]) -> Iterator[nd.NDArray]:
        """Yield the features of the regions of each scale."""
        for scale in scales:
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


def mean_region_logits(
    nets: list[RegionNet], photo: np.ndarray, scales: tuple[Scale, ...] = SCALES
) -> np.ndarray:
    """Score the regions of a photo by all networks of an ensemble.

    Parameters
    ----------
    nets : list of RegionNet
    photo : ndarray
        RGB of (height, width, 3), 0 to 255.
    scales : tuple of Scale
        Sizes at which the photo is seen (`logoflow.inference.region_grid`).

    Returns
    -------
    ndarray
        (regions, classes). The logits of a single network, or the mean of the log-probabilities
        of several, as in `logoflow.models.ensemble.Ensemble`.
    """
    return _mean_logits([net.logits(photo, scales) for net in nets])


def mean_logits_and_features(
    nets: list[RegionNet], photo: np.ndarray, scales: tuple[Scale, ...] = SCALES
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Score regions as `mean_region_logits` does, and return the features of each network too."""
    pairs = [net.logits_and_features(photo, scales) for net in nets]
    return _mean_logits([logits for logits, _ in pairs]), [features for _, features in pairs]


def _mean_logits(logits: list[np.ndarray]) -> np.ndarray:
    if len(logits) == 1:
        return logits[0]
    return np.mean([log_softmax(part, axis=1) for part in logits], axis=0)


def can_embed(net: gluon.HybridBlock) -> bool:
    """Tell whether a network, or a network of an ensemble, has an embedding that compares logos.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> can_embed(finetune_net(3, "logo_lite0")), can_embed(finetune_net(3, "efficientnet_lite0"))
    (True, False)
    """
    return any(hasattr(member, "embedding") for member in getattr(net, "members", [net]))
