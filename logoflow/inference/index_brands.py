"""Learn what brands look like from their artwork, for `lf.identify`."""

from collections.abc import Mapping, Sequence

import numpy as np

from logoflow.datasets.composing.artwork import Artwork, Source, read_artwork
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.photos import compose_photo
from logoflow.inference.identify import best_cosines, embed_pictures, embed_regions
from logoflow.inference.known_brands import KnownBrands
from logoflow.utils.progress import bar

COMPOSITES = 16
"""Number of pictures that are composed of each logo. Their mean stands for the logo."""

CROP_SIDE = 128
WITHOUT_LOGO = 24
"""Number of pictures without a logo that each logo is compared with."""


def index_brands(artwork: Mapping[str, Sequence[Source]], *, seed: int = 0) -> KnownBrands:
    """Learn brands from their artwork, for `lf.identify`.

    Pictures of each logo are composed, and the network `logo_lite0` embeds them. It takes about a
    quarter of a second per logo.

    Parameters
    ----------
    artwork : mapping of str to sequence
        From each brand to its logos: SVG files or pictures
        (`logoflow.datasets.composing.artwork.read_artwork`). Emblem, wordmark and the like are
        logos of their own.
    seed : int
        Seed of the composed pictures.

    Returns
    -------
    KnownBrands

    Raises
    ------
    ValueError
        If there is no brand, or a brand has no logo.
    ArtworkError, ImageError, OSError
        If a logo cannot be read.

    Examples
    --------
    >>> logo = np.zeros((50, 50, 4), np.uint8)
    >>> logo[10:40, 10:40] = 200, 0, 0, 255
    >>> index_brands({"acme": [logo]}).embeddings.shape
    (1, 256)
    """
    if not artwork or not all(len(logos) for logos in artwork.values()):
        raise ValueError("Each brand needs at least one logo: {'acme': ['acme.svg']}.")
    names, embeddings, brands = tuple(artwork), [], []
    for position, name in enumerate(bar(names, "brands")):
        for number, logo in enumerate(artwork[name]):
            # A seed for each logo: what comes before it changes nothing.
            rng = np.random.default_rng([seed, position, number])
            embeddings.append(embed_logo(rng, [read_artwork(logo)]))
            brands.append(position)
    return with_usual(names, np.stack(embeddings), np.array(brands))


def embed_logo(rng: np.random.Generator, drawings: Sequence[Artwork]) -> np.ndarray:
    """Embed a logo as the mean of pictures that are composed of it.

    Parameters
    ----------
    rng : Generator
    drawings : sequence of Artwork
        Ways to draw the logo. They take turns.

    Returns
    -------
    ndarray
        (256,), of length 1.

    Examples
    --------
    >>> drawing = Artwork(np.full((100, 200, 4), 255, np.uint8), None)
    >>> embed_logo(np.random.default_rng(0), [drawing]).shape
    (256,)
    """
    crops = [
        compose_crop(rng, drawings[number % len(drawings)], size=CROP_SIDE)
        for number in range(COMPOSITES)
    ]
    mean = embed_pictures(np.stack(crops)).mean(0)
    return mean / np.linalg.norm(mean)


def with_usual(names: tuple[str, ...], embeddings: np.ndarray, brands: np.ndarray) -> KnownBrands:
    """Measure how similar each logo is to drawn pictures without a logo.

    Parameters
    ----------
    names, embeddings, brands
        See `KnownBrands`.

    Returns
    -------
    KnownBrands
    """
    similarities = []
    for seed in range(WITHOUT_LOGO):
        picture, _ = compose_photo(np.random.default_rng(seed), None, longest_side=480)
        similarities.append(best_cosines(embed_regions(picture), embeddings))
    return KnownBrands(names, embeddings, brands, np.mean(similarities, axis=0))
