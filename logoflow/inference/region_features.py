"""Features of the regions of a photo, pooled from the features of its cells."""

from collections.abc import Sequence

import numpy as np
from mxnet import nd

from logoflow.models.backbones.logo_lite0 import EPSILON, LENGTH


class RegionFeatures:
    """Features of the regions of a photo. They are pooled when they are asked for.

    The features of a region are the mean over its cells, so an output layer can be applied to the
    few cells in place of the many regions.

    Parameters
    ----------
    cells : sequence of NDArray
        (channels, cells) at each scale.
    pooling : sequence of ndarray
        (regions, cells) at each scale (`logoflow.inference.region_grid.pooling_matrix`).
    unit_length : bool
        Whether the network scales the features of each region to the same length
        (`logoflow.models.backbones.logo_lite0.UnitLength`).

    Notes
    -----
    All products of matrices are MXNet's. NumPy has its own threads, which would busy-wait beside
    those of the network and slow it down.
    """

    def __init__(
        self, cells: Sequence[nd.NDArray], pooling: Sequence[np.ndarray], unit_length: bool
    ):
        self._cells, self._pooling, self._unit_length = cells, pooling, unit_length

    def all(self) -> np.ndarray:
        """Return the features of all regions, (regions, channels)."""
        return self.rows(np.arange(sum(map(len, self._pooling))))

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the features of some regions, by their positions, (rows, channels)."""
        features = np.empty((len(rows), len(self._cells[0])), np.float32)
        first = 0
        for cells, pooling in zip(self._cells, self._pooling, strict=True):
            in_scale = (rows >= first) & (rows < first + len(pooling))
            if in_scale.any():
                chosen = nd.array(pooling[rows[in_scale] - first], ctx=cells.context)
                pooled = nd.dot(chosen, cells, transpose_b=True)
                if self._unit_length:
                    squares = nd.sum(nd.square(pooled), axis=1, keepdims=True)
                    pooled = nd.broadcast_mul(pooled, _factors(squares))
                features[in_scale] = pooled.asnumpy()
            first += len(pooling)
        return features

    def linear(self, weight: nd.NDArray, bias: nd.NDArray | None) -> np.ndarray:
        """Apply an output layer to all regions.

        Parameters
        ----------
        weight : NDArray
            (outputs, channels).
        bias : NDArray or None
            (outputs,).

        Returns
        -------
        ndarray
            (regions, outputs), equal to ``all() @ weight.T + bias`` within rounding.
        """
        parts = []
        for cells, pooling in zip(self._cells, self._pooling, strict=True):
            means = nd.array(pooling, ctx=cells.context)
            outputs = nd.dot(means, nd.dot(cells, weight, transpose_a=True, transpose_b=True))
            if self._unit_length:
                # The squared length of a mean of cells, from the products of all pairs of cells.
                pairs = nd.dot(cells, cells, transpose_a=True)
                squares = nd.sum(nd.dot(means, pairs) * means, axis=1, keepdims=True)
                outputs = nd.broadcast_mul(outputs, _factors(squares))
            parts.append(outputs if bias is None else nd.broadcast_add(outputs, bias))
        return nd.concat(*parts, dim=0).asnumpy()

    def activation_maps(self, weight: np.ndarray, bias: float) -> list[np.ndarray]:
        """Say what each cell adds to an output: class activation maps (`logoflow.heatmap`).

        Parameters
        ----------
        weight : ndarray
            (channels,), the row of the output.
        bias : float

        Returns
        -------
        list of ndarray
            (cells,) at each scale. The mean of a map is the output for the whole photo at this
            scale, within rounding.
        """
        maps = []
        for cells in self._cells:
            values = nd.dot(nd.array(weight, ctx=cells.context), cells)
            if self._unit_length:
                squares = nd.sum(nd.square(nd.mean(cells, axis=1)))
                values = nd.broadcast_mul(values, _factors(squares))
            maps.append(values.asnumpy() + bias)
        return maps


def _factors(squares: nd.NDArray) -> nd.NDArray:
    """Compute the factors that scale vectors to one length, from their squared lengths."""
    return LENGTH / nd.sqrt(nd.relu(squares) + EPSILON)
