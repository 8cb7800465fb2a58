"""Collect the evidence of the regions of a photo."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.evidence import Parts
from logoflow.inference.levels import GRID, MORE_REGIONS
from logoflow.inference.prototypes import Prototypes, joint_embeddings
from logoflow.inference.region_grid import FINE_SCALES, SCALES, region_boxes, window_regions
from logoflow.utils.softmax import log_softmax

if TYPE_CHECKING:
    from logoflow.inference.region_features import RegionFeatures
    from logoflow.inference.regions import RegionNet


def region_evidence(
    nets: Sequence["RegionNet"],
    photo: np.ndarray,
    layouts: Sequence[str],
    prototypes: Prototypes | None,
) -> dict[str, Parts]:
    """Collect the evidence of the regions of a photo, for each layout.

    Parameters
    ----------
    nets : sequence of RegionNet
        The networks of a classifier.
    photo : ndarray
        RGB of (height, width, 3), 0 to 255.
    layouts : sequence of str
        ``"grid"``, ``"regions"`` or ``"more-regions"``.
    prototypes : Prototypes or None
        Regions of the training photos.

    Returns
    -------
    dict of str to Parts
        By layout.
    """
    scales = FINE_SCALES if MORE_REGIONS in layouts else SCALES
    features = [net.photo_features(photo, scales) for net in nets]
    logits = mean_region_logits(nets, features)

    def part(layout: str) -> Parts:
        rows = regions_of(layout, photo.shape[1], photo.shape[0])
        if prototypes is None:
            return Parts(logits[rows])

        def compare(chosen: np.ndarray) -> np.ndarray:
            embeddings = joint_embeddings(nets, [one.rows(rows[chosen]) for one in features])
            return prototypes.similarities(embeddings, logits.shape[1])

        return Parts(logits[rows], compare)

    return {layout: part(layout) for layout in layouts}


def regions_of(layout: str, width: int, height: int) -> np.ndarray:
    """List the regions of a layout for a photo, by their positions in `region_boxes`.

    Parameters
    ----------
    layout : str
        ``"grid"``, ``"regions"`` or ``"more-regions"``.
    width, height : int
        Size of the photo in pixels.

    Returns
    -------
    ndarray of int
        (regions,).

    Examples
    --------
    >>> regions_of("grid", 640, 480).shape
    (39,)
    """
    if layout == GRID:
        return window_regions(width, height)
    scales = FINE_SCALES if layout == MORE_REGIONS else SCALES
    return np.arange(len(region_boxes(width, height, scales)))


def layout_boxes(layout: str, width: int, height: int) -> np.ndarray:
    """List the regions of a layout for a photo in pixels.

    Parameters
    ----------
    layout : str
        ``"grid"``, ``"regions"`` or ``"more-regions"``.
    width, height : int
        Size of the photo in pixels.

    Returns
    -------
    ndarray
        (regions, 4): x, y, width and height.

    Examples
    --------
    >>> layout_boxes("grid", 640, 480).shape
    (39, 4)
    """
    scales = FINE_SCALES if layout == MORE_REGIONS else SCALES
    return region_boxes(width, height, scales)[regions_of(layout, width, height)]


def mean_region_logits(
    nets: Sequence["RegionNet"], features: Sequence["RegionFeatures"]
) -> np.ndarray:
    """Score the regions of a photo by all networks of an ensemble.

    Parameters
    ----------
    nets : sequence of RegionNet
    features : sequence of RegionFeatures
        The photo's by each network (`RegionNet.photo_features`).

    Returns
    -------
    ndarray
        (regions, classes). The logits of a single network, or the mean of the log-probabilities
        of several, as in `logoflow.models.ensemble.Ensemble`.
    """
    logits = [net.logits_of(part) for net, part in zip(nets, features, strict=True)]
    if len(logits) == 1:
        return logits[0]
    return np.mean([log_softmax(part, axis=1) for part in logits], axis=0)
