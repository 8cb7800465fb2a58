"""Features of the regions of a photo, pooled from the features of its cells."""

from collections.abc import Sequence

import numpy as np

from logoflow.models.backbones.logo_lite0 import EPSILON, LENGTH


class RegionFeatures:
    """Features of the regions of a photo. They are pooled when they are asked for.

    The features of a region are the mean over its cells, so an output layer can be applied to the
    few cells in place of the many regions.

    Parameters
    ----------
    cells : sequence of ndarray
        (cells, channels) at each scale.
    pooling : sequence of ndarray
        (regions, cells) at each scale (`logoflow.inference.region_grid.pooling_matrix`).
    unit_length : bool
        Whether the network scales the features of each region to the same length
        (`logoflow.models.backbones.logo_lite0.UnitLength`).
    """

    def __init__(
        self, cells: Sequence[np.ndarray], pooling: Sequence[np.ndarray], unit_length: bool
    ):
        self._cells, self._pooling, self._unit_length = cells, pooling, unit_length

    def all(self) -> np.ndarray:
        """Return the features of all regions, (regions, channels)."""
        return self.rows(np.arange(sum(map(len, self._pooling))))

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the features of some regions, by their positions, (rows, channels)."""
        features = np.empty((len(rows), self._cells[0].shape[1]), np.float32)
        first = 0
        for cells, pooling in zip(self._cells, self._pooling, strict=True):
            here = (rows >= first) & (rows < first + len(pooling))
            features[here] = pooling[rows[here] - first] @ cells
            first += len(pooling)
        if self._unit_length:
            features *= LENGTH / np.sqrt((features**2).sum(axis=1, keepdims=True) + EPSILON)
        return features

    def linear(self, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """Apply an output layer to all regions.

        Parameters
        ----------
        weight : ndarray
            (outputs, channels).
        bias : ndarray
            (outputs,).

        Returns
        -------
        ndarray
            (regions, outputs), equal to ``all() @ weight.T + bias`` within rounding.
        """
        parts = []
        for cells, pooling in zip(self._cells, self._pooling, strict=True):
            outputs = pooling @ (cells @ weight.T)
            if self._unit_length:
                # The squared length of a mean of cells, from the products of all pairs of cells.
                squares = ((pooling @ (cells @ cells.T)) * pooling).sum(axis=1, keepdims=True)
                outputs *= LENGTH / np.sqrt(np.maximum(squares, 0) + EPSILON)
            parts.append(outputs + bias)
        return np.concatenate(parts)
