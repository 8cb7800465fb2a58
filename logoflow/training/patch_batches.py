"""Batches of random patches of photos."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mxnet.image import Augmenter

from logoflow.loading.appearance import LightAug, NegativeAug, QualityAug, ViewpointAug
from logoflow.loading.photo_cache import photo_reader
from logoflow.recipes import Recipe
from logoflow.training.region_examples import PhotoWithBoxes
from logoflow.training.region_patches import draw_patch
from logoflow.utils.draws import drawing_from


class PatchBatch(NamedTuple):
    """A batch of patches, and what the batches after it depend on.

    Parameters
    ----------
    patches : ndarray of float32
        (batch, side, side, 3), 0 to 255.
    labels : ndarray of float32
        (batch, regions).
    order : list of int
        Positions of the photos that come next.
    random_state : tuple
        State of the generator after this batch.
    """

    patches: np.ndarray
    labels: np.ndarray
    order: list[int]
    random_state: tuple


def patch_batches(
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    recipe: Recipe,
    cache: Path | None,
    generator: random.Random,
    order: Sequence[int] = (),
) -> Iterator[PatchBatch]:
    """Yield batches of patches without end. Each photo comes once before any comes again.

    Parameters
    ----------
    photos : sequence of PhotoWithBoxes
    no_logo : int or None
        Label of no-logo.
    recipe : Recipe
        Its `batch_size` and `appearance` are used.
    cache : Path or None
        Folder for the decoded photos.
    generator : random.Random
        All draws come from it.
    order : sequence of int
        Positions of the photos that come first.

    Yields
    ------
    PatchBatch
    """
    paths = [path for path, _, _ in photos]
    read = photo_reader(paths, cache, "regions")
    appearance = patch_appearance() if recipe.appearance else []
    order = list(order)
    while True:
        while len(order) < recipe.batch_size:
            order.extend(generator.sample(range(len(photos)), len(photos)))
        patches, labels = [], []
        with drawing_from(generator):
            for position in order[: recipe.batch_size]:
                path, label, boxes = photos[position]
                image, _ = read(path)
                patch, region_labels = draw_patch(image, label, boxes, no_logo)
                for aug in appearance:
                    patch = aug(patch)
                patches.append(np.asarray(patch, np.float32))
                labels.append(region_labels)
        order = order[recipe.batch_size :]
        yield PatchBatch(np.stack(patches), np.stack(labels), order, generator.getstate())


def patch_appearance() -> list[Augmenter]:
    """List the augmentations of patches.

    Brands print their logo in other colours than their own: white on a dark ground, or in the
    colour of a product. So hues change more than in other recipes, and more patches are grey.

    Returns
    -------
    list of Augmenter

    Examples
    --------
    >>> [type(aug).__name__ for aug in patch_appearance()]
    ['ViewpointAug', 'LightAug', 'NegativeAug', 'QualityAug']
    """
    viewpoint = ViewpointAug(angle=6.0, tilt=0.04)
    return [viewpoint, LightAug(hue=0.3, grey=0.15), NegativeAug(), QualityAug()]
