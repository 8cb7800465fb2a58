"""Choose the regions of training photos that an output layer learns from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logoflow.images.boxes import intersections_over_unions, overlaps
from logoflow.images.decode import load_image
from logoflow.inference.prototypes import (
    Prototypes,
    join_prototypes,
    joint_embeddings,
    make_prototypes,
)
from logoflow.inference.region_grid import region_boxes, window_regions
from logoflow.utils.progress import bar
from logoflow.utils.softmax import softmax

if TYPE_CHECKING:
    from logoflow.inference.regions import RegionNet

Boxes = Sequence[Sequence[float]]
PhotoWithBoxes = tuple[Path, int, Boxes]
"""Path, label, and boxes (x, y, width, height) in pixels of the photo file."""

MIN_LOGO_OVERLAP = 0.4
"""A region shows a logo if it has this intersection over union (IoU) with the logo's box."""

MAX_BACKGROUND_OVERLAP = 0.1
"""Background regions overlap every box by less than this share (`logoflow.images.boxes`)."""

REGIONS_PER_LOGO = 5
LOGOS_PER_PHOTO = 6
BACKGROUNDS_PER_PHOTO = 5
REGIONS_PER_NO_LOGO_PHOTO = 20
PROTOTYPES_PER_PHOTO = 200
MAX_PROTOTYPES = 20_000
"""Largest number of regions that a classifier remembers of photos without boxes: 10 MB on disk."""

MAX_BOX_PROTOTYPES = 4_000
"""Largest number of regions that a classifier remembers of photos with boxes. All regions of a
photo are compared with them, not only those on the grid."""

LIKENESS_SHARPNESS = 20.0
"""With artwork, a region's weight grows by e^2 with each tenth of its cosine with the artwork. It
was chosen on the eight brands of FlickrLogos-27 that no seed of benchmarks/accuracy.py small draws,
where 10 does a little worse."""

MAX_GRID_EXAMPLES = 30_000
"""Approximate number of regions from photos without boxes. If there are many photos, each gives
fewer."""


class Examples(NamedTuple):
    """Regions with their labels.

    Parameters
    ----------
    features : ndarray
        (examples, features), the input of the output layer.
    labels : ndarray of int
        (examples,).
    weights : ndarray
        (examples,). The examples of a label in a photo have a total weight of 1.
    photos : ndarray of int
        (examples,), position of the photo that each region is a part of.
    regions : ndarray of int
        (examples,), position of the region in `logoflow.inference.region_grid.region_boxes`.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    photos: np.ndarray
    regions: np.ndarray

    def subset(self, chosen: np.ndarray) -> "Examples":
        """Choose examples by position or by a mask."""
        return Examples(*(values[chosen] for values in self))

    def with_others(self, others: "Examples | None") -> "Examples":
        """Append other examples, if there are any."""
        if others is None:
            return self
        pairs = zip(self, others, strict=True)
        return Examples(*(np.concatenate(values) for values in pairs))


class TrainingRegions(NamedTuple):
    """What an output layer learns from, and what a classifier remembers beside it.

    Parameters
    ----------
    examples : Examples
    prototypes : Prototypes or None
        Other regions of the same photos. None if there are boxes (`prototypes_of_boxes`), or if the
        network has no embedding.
    """

    examples: Examples
    prototypes: Prototypes | None


def region_examples(
    net: "RegionNet",
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    seed: int,
    artwork: Prototypes | None = None,
) -> TrainingRegions:
    """Choose the regions of photos that an output layer learns from, and compute their features.

    In a photo with boxes, the regions that fit a box best show the brand, and some of those away
    from all boxes show no logo. In a photo without boxes, nobody knows where the logo is: the
    regions of the level ``"grid"`` all get the label of the photo. If the brand has artwork, the
    regions that are like it get most of the weight. If some photos have boxes, random regions of
    the no-logo photos show no logo.

    Parameters
    ----------
    net : RegionNet
    photos : sequence of PhotoWithBoxes
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    seed : int
        Seed of the choice of regions.
    artwork : Prototypes, optional
        Pictures that are composed of logos of the brands. Photos with boxes do not need them.

    Returns
    -------
    TrainingRegions
    """
    generator, parts, prototypes = np.random.default_rng(seed), [], []
    any_boxes = any(boxes for _, _, boxes in photos)
    per_photo = min(PROTOTYPES_PER_PHOTO, MAX_PROTOTYPES // max(1, len(photos)))
    for number, (path, label, boxes) in enumerate(bar(photos, "regions")):
        image = load_image(path)
        height, width = image.shape[:2]
        if label == no_logo and any_boxes:
            count = len(region_boxes(width, height))
            chosen = [(generator.choice(count, REGIONS_PER_NO_LOGO_PHOTO), label)]
        elif boxes:
            all_regions = region_boxes(width, height)
            chosen = _regions_by_boxes(all_regions, boxes, label, no_logo, generator)
        else:
            on_grid = _on_grid(width, height, MAX_GRID_EXAMPLES // len(photos), generator)
            chosen = [(on_grid, label)]
        features = net.features(image)
        likeness = None
        if artwork is not None and not any_boxes:
            likeness = _likeness(net.embed(features), artwork, label)
        parts += [
            Examples(
                features[regions],
                np.full(len(regions), part_label),
                _weights(len(regions), None if likeness is None else likeness[regions]),
                np.full(len(regions), number),
                regions,
            )
            for regions, part_label in chosen
        ]
        if net.can_embed and not any_boxes:
            drawn = generator.permutation(len(features))[:per_photo]
            embeddings = net.embed(features[drawn])
            prototypes.append(make_prototypes(embeddings, label, number))
    examples = Examples(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    return TrainingRegions(examples, join_prototypes(prototypes) if prototypes else None)


def _likeness(embeddings: np.ndarray, artwork: Prototypes, label: int) -> np.ndarray | None:
    """Compare regions with the artwork of a brand, (regions,). None if it has no artwork."""
    logos = artwork.embeddings[artwork.labels == label]
    return (embeddings @ logos.T).max(axis=1) if len(logos) else None


def _weights(count: int, likeness: np.ndarray | None) -> np.ndarray:
    """Compute the weights of the regions of a photo, (count,). They add up to 1."""
    return np.full(count, 1 / count) if likeness is None else softmax(LIKENESS_SHARPNESS * likeness)


def _on_grid(width: int, height: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Choose regions of the level "grid": the whole photo, and others up to `count`, at least 8."""
    regions, count = window_regions(width, height), max(8, count)
    if len(regions) <= count:
        return regions
    others = 1 + np.sort(generator.choice(len(regions) - 1, count - 1, replace=False))
    return regions[[0, *others]]


def _regions_by_boxes(
    regions: np.ndarray,
    boxes: Boxes,
    label: int,
    no_logo: int | None,
    generator: np.random.Generator,
) -> list[tuple[np.ndarray, int]]:
    """Choose the regions of a photo that show its logos, and regions of its background."""
    logos = []
    for box in boxes[:LOGOS_PER_PHOTO]:
        likeness = intersections_over_unions(box, regions)
        best = np.argsort(-likeness)[:REGIONS_PER_LOGO]
        fitting = best[likeness[best] > MIN_LOGO_OVERLAP]
        logos.append(fitting if len(fitting) else best[:1])
    chosen = [(np.concatenate(logos), label)]
    is_background = np.all([overlaps(box, regions) < MAX_BACKGROUND_OVERLAP for box in boxes], 0)
    background = np.flatnonzero(is_background)
    if no_logo is not None and len(background):
        chosen.append((generator.choice(background, BACKGROUNDS_PER_PHOTO), no_logo))
    return chosen


def prototypes_of_boxes(
    nets: Sequence["RegionNet"],
    examples: Sequence[Examples],
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    seed: int,
) -> Prototypes:
    """Choose regions that a classifier remembers: half of them logos, half without a logo.

    Parameters
    ----------
    nets : sequence of RegionNet
        The networks of a classifier. At least one has an embedding.
    examples : sequence of Examples
        The same regions by each network.
    photos : sequence of PhotoWithBoxes
        The photos of the examples. Photos of brands without boxes are left out.
    no_logo : int or None
        Label of no-logo.
    seed : int
        Seed of the choice.

    Returns
    -------
    Prototypes
    """
    generator, labels = np.random.default_rng(seed), examples[0].labels
    is_known = np.array([bool(boxes) or label == no_logo for _, label, boxes in photos])
    has_logo = labels != (-1 if no_logo is None else no_logo)
    kinds = (has_logo & is_known[examples[0].photos], ~has_logo)
    chosen = [
        generator.permutation(np.flatnonzero(kind))[: MAX_BOX_PROTOTYPES // 2] for kind in kinds
    ]
    rows = np.concatenate(chosen)
    embeddings = joint_embeddings(nets, [part.features[rows] for part in examples])
    return make_prototypes(embeddings, labels[rows], examples[0].photos[rows])
