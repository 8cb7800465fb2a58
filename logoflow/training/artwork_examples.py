"""Examples that are composed of artwork, beside the photos that a classifier learns from."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from logoflow.datasets.composing.artwork import Artwork, Source, read_artwork
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.simple_icons import icon_of, plain_name, simple_icons, wordmarks
from logoflow.inference.crop_features import COMPOSITES, crop_features
from logoflow.inference.prototypes import Prototypes, make_prototypes
from logoflow.labels import NO_LOGO
from logoflow.training.region_examples import Examples

if TYPE_CHECKING:
    from logoflow.inference.regions import RegionNet

LOGO_WEIGHT = 1.0
"""Weight of a logo among the photos. The logos of a brand count together as one photo."""


def artwork_of_classes(
    artwork: Mapping[str, Sequence[Source]] | str, classes: Sequence[str]
) -> dict[int, list[Artwork]]:
    """Read the artwork of classes.

    Parameters
    ----------
    artwork : mapping of str to sequence, or "simple-icons"
        From a brand to its logos. ``"simple-icons"`` looks all brands up in Simple Icons, and
        leaves out those that are not there.
    classes : sequence of str
        All classes, in label order.

    Returns
    -------
    dict of int to list of Artwork
        By label.

    Raises
    ------
    ValueError
        If a brand of `artwork` is not a class, or no class has artwork.
    ArtworkError, ImageError, OSError
        If artwork cannot be read.
    """
    if isinstance(artwork, str):
        if artwork != "simple-icons":
            raise ValueError(
                f"artwork is {artwork!r}: give 'simple-icons', or a dict of logos by brand, "
                "such as {'acme': ['acme.svg']}."
            )
        found = {name: _from_simple_icons(name) for name in classes if _has_icon(name)}
    else:
        found = {name: [read_artwork(logo) for logo in logos] for name, logos in artwork.items()}
    unknown = sorted(set(found) - (set(classes) - {NO_LOGO}))
    if unknown:
        raise ValueError(f"There is artwork of {unknown}, but the classes are {list(classes)}.")
    if not any(found.values()):
        raise ValueError("None of the classes has artwork: leave artwork out.")
    return {classes.index(name): logos for name, logos in found.items() if logos}


def composed_regions(
    net: "RegionNet", artwork: Mapping[int, Sequence[Artwork]], first_photo: int, seed: int
) -> tuple[Examples, Prototypes]:
    """Compose pictures of artwork, and compute their features.

    Parameters
    ----------
    net : RegionNet
    artwork : mapping of int to sequence of Artwork
        By label.
    first_photo : int
        Number of the first logo among the photos.
    seed : int
        Seed of the composed pictures.

    Returns
    -------
    examples : Examples
        A logo has the number of a photo.
    prototypes : Prototypes
        The same pictures, for the classifier to remember.
    """
    parts, number = [], first_photo
    for label, logos in sorted(artwork.items()):
        for logo in logos:
            rng = np.random.default_rng([seed, number])
            features = crop_features(net, [compose_crop(rng, logo) for _ in range(COMPOSITES)])
            count = len(features)
            parts.append(
                Examples(
                    features,
                    np.full(count, label),
                    np.full(count, LOGO_WEIGHT / len(logos) / count),
                    np.full(count, number),
                    np.zeros(count, int),
                )
            )
            number += 1
    examples = Examples(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    embeddings = net.embed(examples.features)
    return examples, make_prototypes(embeddings, examples.labels, examples.photos)


def _has_icon(name: str) -> bool:
    return name != NO_LOGO and plain_name(name) in simple_icons()


def _from_simple_icons(name: str) -> list[Artwork]:
    icon = simple_icons()[plain_name(name)]
    return [icon_of(name), *wordmarks(icon.title, icon.primary_color)]
