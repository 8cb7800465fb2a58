"""Features of pictures that a logo fills, such as pictures composed of its artwork."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.region_grid import Scale

if TYPE_CHECKING:
    from logoflow.inference.regions import RegionNet

COMPOSITES = 24
"""Number of pictures that are composed of each logo."""

_WHOLE = (Scale(128, ((99, 99),)), Scale(192, ((99, 99),)))
"""Sizes at which pictures are seen, as one region each."""


def crop_features(net: "RegionNet", crops: Sequence[np.ndarray]) -> np.ndarray:
    """Compute the features of pictures, each at two sizes and as a whole.

    Parameters
    ----------
    net : RegionNet
    crops : sequence of ndarray
        RGB of (height, width, 3), uint8.

    Returns
    -------
    ndarray
        (2 * crops, features).
    """
    return np.concatenate([net.photo_features(crop, _WHOLE).all() for crop in crops])
