"""Pictures to try the page with. They are composed of open artwork, so no photo is shipped."""

from collections.abc import Sequence

import numpy as np

from logoflow.datasets.composing.photos import compose_photo
from logoflow.datasets.composing.simple_icons import icon_of, plain_name, simple_icons
from logoflow.utils.extras import require_extra

BRANDS = ("Porsche", "Spotify", "Starbucks", "Ford")
"""Brands of the samples if no model is given."""

COUNT = 4


def sample_pictures(classes: Sequence[str] | None, seed: int = 0) -> dict[str, np.ndarray]:
    """Compose a few pictures with logos, and one without.

    Parameters
    ----------
    classes : sequence of str or None
        The classes of a model: samples show those that Simple Icons has. None: `BRANDS`.
    seed : int
        Seed of the pictures.

    Returns
    -------
    dict of str to ndarray
        From a title to RGB of (height, width, 3), uint8. Empty without the extra ``artwork``.

    Examples
    --------
    >>> sorted(sample_pictures(("Ford", "no-logo", "our shop")))
    ['Ford', 'no logo']
    """
    try:
        require_extra("artwork")
    except ModuleNotFoundError:
        return {}
    icons = simple_icons()
    names = [name for name in classes or BRANDS if plain_name(name) in icons][:COUNT]
    rng = np.random.default_rng(seed)
    pictures = {name: compose_photo(rng, icon_of(name), longest_side=480)[0] for name in names}
    return {**pictures, "no logo": compose_photo(rng, None, longest_side=480)[0]}
