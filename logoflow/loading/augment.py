"""Convert decoded photos to the input of a network, for training and for validation.

`make_augs` lists the augmentations of a recipe. Their classes are in `appearance` and `crops`.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache

import mxnet as mx
import numpy as np
from mxnet import nd
from mxnet.image import Augmenter

from logoflow.images.network_input import AUTO_INTERPOLATION
from logoflow.loading.appearance import LightAug, QualityAug, ViewpointAug
from logoflow.loading.array_augs import array_version, normalise_channels
from logoflow.loading.crops import LogoCropAug
from logoflow.models.backbones.registry import normalisation
from logoflow.recipes import Recipe, get_recipe

Augs = list[Callable[[nd.NDArray], nd.NDArray]]
Statistics = tuple[Sequence[float], Sequence[float]]

IMAGE_SIZE = 224


@cache
def random_crop(side: int) -> Augs:
    """Mirror half of the photos and crop a square at a random place (Gluon article, training)."""
    return [mx.image.HorizontalFlipAug(0.5), mx.image.RandomCropAug((side, side))]


@cache
def center_crop(side: int) -> Augs:
    """Crop a square from the centre, wherever the logo is (Gluon article, validation)."""
    return [mx.image.CenterCropAug((side, side))]


train_augs: Augs = random_crop(IMAGE_SIZE)
"""Training augmentation of the Gluon article: mirror half of the photos, crop anywhere."""

val_test_augs: Augs = center_crop(IMAGE_SIZE)
"""Validation and test preprocessing of the Gluon article: crop the centre."""


def transform(
    data: nd.NDArray | np.ndarray, label: int, augs: Augs
) -> tuple[nd.NDArray, np.float32]:
    """Apply a list of augmenters to a photo, as the Gluon article does.

    Parameters
    ----------
    data : NDArray or ndarray
        RGB photo of shape (height, width, 3), values from 0 to 255.
    label : int
        Class index of the photo.
    augs : list of callable
        Each takes and returns a float32 NDArray of shape (height, width, 3). The first augmenters
        work on plain arrays where they can (`logoflow.loading.array_augs`).

    Returns
    -------
    data : NDArray
        Photo of shape (3, height, width), float32.
    label : float32
        Class index, in the type that Gluon's losses take.

    Examples
    --------
    >>> photo = np.zeros((300, 400, 3), np.uint8)
    >>> data, label = transform(photo, 3, val_test_augs)
    >>> data.shape
    (3, 224, 224)
    """
    data = data.asnumpy() if isinstance(data, nd.NDArray) else data
    remaining = list(augs)
    while remaining and (array_aug := array_version(remaining[0], data)):
        data = array_aug(data)
        remaining.pop(0)
    if len(remaining) == 1 and isinstance(remaining[0], mx.image.ColorNormalizeAug):
        return nd.array(normalise_channels(data, remaining[0])), np.float32(label)
    data = nd.array(data, dtype="float32")
    for aug in remaining:
        data = aug(data)
    return nd.transpose(data, (2, 0, 1)), np.float32(label)


def make_augs(
    recipe: str | Recipe,
    net: object = None,
    *,
    statistics: Statistics | None = None,
    image_size: int = IMAGE_SIZE,
) -> tuple[Augs, Augs]:
    """Make the augmenters for training, and those for validation and test.

    Parameters
    ----------
    recipe : str or Recipe
        A recipe or its name, see `logoflow.get_recipe`.
    net : Block, optional
        Network whose pretrained backbone decides the normalisation, if the recipe asks for that.
    statistics : (mean, std), optional
        Mean and standard deviation of the training photos, three numbers each for RGB from 0 to
        255 (`logoflow.training_statistics`). Required if `needs_statistics` returns True.
    image_size : int
        Side of the square input of the network, in pixels.

    Returns
    -------
    train_augs, val_test_augs : list of callable
        Augmenters for `transform`.

    Raises
    ------
    ValueError
        If the recipe is unknown, if `statistics` are missing, or if `image_size` differs from the
        recipe's ``fixed_size``.

    Examples
    --------
    >>> for_training, for_validation = make_augs("article")
    >>> [type(aug).__name__ for aug in for_validation]
    ['CenterCropAug']
    """
    recipe = get_recipe(recipe)
    if recipe.fixed_size not in (None, image_size):
        raise ValueError(
            f"Recipe {recipe.name!r} uses photos of {recipe.fixed_size} pixels: "
            f"pass image_size={recipe.fixed_size} instead of {image_size}."
        )
    training_crop, validation_crop = _crops(recipe, image_size)
    appearance: Augs = [ViewpointAug(), LightAug(), QualityAug()] if recipe.appearance else []
    normalise = _normalise(recipe, net, statistics)
    return [*training_crop, *appearance, *normalise], [*validation_crop, *normalise]


def _crops(recipe: Recipe, image_size: int) -> tuple[Augs, Augs]:
    """Make the augmenters that crop or resize a photo, for training and for validation."""
    if recipe.crops == "random":
        return random_crop(image_size), center_crop(image_size)
    resize = mx.image.ForceResizeAug((image_size, image_size), interp=AUTO_INTERPOLATION)
    return [LogoCropAug(image_size) if recipe.crops == "around-logos" else resize], [resize]


def needs_statistics(recipe: str | Recipe, net: object = None) -> bool:
    """Tell whether a recipe normalises photos by the statistics of the training set.

    Parameters
    ----------
    recipe : str or Recipe
        A recipe or its name, see `logoflow.get_recipe`.
    net : Block, optional
        The network. A pretrained backbone brings its own statistics.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the recipe is unknown.

    Examples
    --------
    >>> needs_statistics("logoflow"), needs_statistics("article")
    (True, False)
    """
    normalise_by = get_recipe(recipe).normalise_by
    if normalise_by == "backbone":
        return net is None or normalisation(net) is None
    return normalise_by == "training-set"


def _normalise(recipe: Recipe, net: object, statistics: Statistics | None) -> Augs:
    """Make the augmenter that normalises pixels, in a list. The list is empty if there is none."""
    if recipe.normalise_by == "nothing":
        return []
    chosen_statistics = statistics if needs_statistics(recipe, net) else normalisation(net)
    if chosen_statistics is None:
        raise ValueError(
            f"Recipe {recipe.name!r} normalises by the statistics of the training photos here: "
            "pass statistics=training_statistics(root), or use make_loaders, which does."
        )
    mean, std = chosen_statistics
    return [mx.image.ColorNormalizeAug(nd.array(mean), nd.array(std))]


_STORABLE = {
    augmenter.__name__.lower(): augmenter
    for augmenter in (
        mx.image.CenterCropAug,
        mx.image.ForceResizeAug,
        mx.image.ResizeAug,
        mx.image.ColorNormalizeAug,
    )
}


def augs_to_json(augs: Augs) -> list[list]:
    """Convert deterministic augmenters to plain data for the JSON file of a model.

    Parameters
    ----------
    augs : list of Augmenter
        Validation preprocessing, for instance.

    Returns
    -------
    list of [name, options]
        Name and options of each augmenter.

    Raises
    ------
    ValueError
        If an augmenter is random, or `augs_from_json` could not build it.

    Examples
    --------
    >>> augs_to_json([mx.image.CenterCropAug((160, 160))])
    [['centercropaug', {'size': [160, 160], 'interp': 2}]]
    """
    steps = [json.loads(aug.dumps()) for aug in augs if isinstance(aug, Augmenter)]
    unknown = [name for name, _ in steps if name not in _STORABLE]
    if unknown or len(steps) < len(augs):
        raise ValueError(
            f"Cannot store this preprocessing with a model: {unknown or augs}. "
            f"Use {', '.join(sorted(_STORABLE))} only."
        )
    return steps


def augs_from_json(steps: list[list]) -> Augs:
    """Build augmenters from the plain data that `augs_to_json` returned.

    Parameters
    ----------
    steps : list of [name, options]
        Name and options of each augmenter.

    Returns
    -------
    list of Augmenter

    Raises
    ------
    ValueError
        If a name is unknown. A model file must not name arbitrary code to run.

    Examples
    --------
    >>> (crop,) = augs_from_json([["centercropaug", {"size": [160, 160]}]])
    >>> type(crop).__name__
    'CenterCropAug'
    """
    augs = []
    for name, options in steps:
        if name not in _STORABLE:
            raise ValueError(f"Unknown preprocessing step {name!r}. Did logoflow write this file?")
        if name == "colornormalizeaug":
            options = {key: nd.array(values) for key, values in options.items()}
        augs.append(_STORABLE[name](**options))
    return augs
