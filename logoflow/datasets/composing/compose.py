"""Compose pictures of a logo from its artwork."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from logoflow.datasets.composing.artwork import Artwork
from logoflow.datasets.composing.backgrounds import cut_background, mean_colour
from logoflow.datasets.composing.camera import photograph
from logoflow.datasets.composing.printing import print_artwork
from logoflow.datasets.composing.surfaces import cover_a_part, put_on_photo

COVERED_SHARE = 0.15
"""Share of the logos that an object in front covers in part."""


def compose_crop(
    rng: np.random.Generator,
    artwork: Artwork,
    photos: Sequence[Path | str] = (),
    *,
    size: int = 128,
) -> np.ndarray:
    """Compose a square picture that a logo fills, as a crop around a logo in a photo.

    Parameters
    ----------
    rng : Generator
        Makes all choices.
    artwork : Artwork
        See `logoflow.datasets.composing.artwork.read_artwork`.
    photos : sequence of Path or str
        Photos without logos, for the background. Without any, backgrounds are drawn.
    size : int
        Side of the picture in pixels.

    Returns
    -------
    ndarray
        (size, size, 3), uint8.

    Examples
    --------
    >>> artwork = Artwork(np.full((100, 200, 4), 255, np.uint8), None)
    >>> compose_crop(np.random.default_rng(0), artwork, size=64).shape
    (64, 64, 3)
    """
    picture = cut_background(rng, photos, size, size)
    side = round(size * rng.uniform(0.5, 0.95))
    printed = print_artwork(rng, artwork, side, mean_colour(picture))
    centre = tuple(size / 2 + rng.uniform(-0.5, 0.5, 2) * (size - 0.9 * side))
    picture, box = put_on_photo(rng, picture, printed, centre)
    if rng.random() < COVERED_SHARE:
        picture = cover_a_part(rng, picture, box)
    return photograph(rng, picture)
