"""From a decoded photo to what the net sees, in training and in validation."""

import json
from collections.abc import Callable, Sequence
from functools import cache

import mxnet as mx
import numpy as np
from mxnet import nd
from mxnet.image import Augmenter

from logoflow.datasets.splits import Photo
from logoflow.images.decode import read_image
from logoflow.loading.appearance import LightAug, QualityAug, ViewpointAug
from logoflow.loading.array_augs import on_arrays
from logoflow.loading.crops import LogoCropAug
from logoflow.models.backbones.registry import normalisation
from logoflow.recipes import Recipe, get_recipe

Augs = list[Callable[[nd.NDArray], nd.NDArray]]
Statistics = tuple[Sequence[float], Sequence[float]]

SIZE = 224
AUTO = 9  # MXNet: area to shrink, cubic to enlarge


@cache
def random_crop(side: int) -> Augs:
    """Mirror half of the photos and crop a square anywhere, as the Gluon article trains."""
    return [mx.image.HorizontalFlipAug(0.5), mx.image.RandomCropAug((side, side))]


@cache
def center_crop(side: int) -> Augs:
    """Crop the centre, as the Gluon article validates, whatever is there."""
    return [mx.image.CenterCropAug((side, side))]


train_augs: Augs = random_crop(SIZE)
"""The Gluon article's training augmentation: mirror half of the photos, crop anywhere."""

val_test_augs: Augs = center_crop(SIZE)
"""The Gluon article's validation and test preprocessing: the middle, whatever is there."""


def transform(
    data: nd.NDArray | np.ndarray, label: int, augs: Augs
) -> tuple[nd.NDArray, np.float32]:
    """Apply a list of augmenters to one photo, as the Gluon article does.

    Parameters
    ----------
    data : NDArray or ndarray
        Photo, (height, width, 3), RGB, values 0 to 255.
    label : int
        Its class number.
    augs : list of callable
        Each takes and returns a float32 (height, width, 3) NDArray. Crops, flips and our own are
        applied to plain arrays as long as no other comes first (`logoflow.loading.array_augs`).

    Returns
    -------
    data : NDArray
        (3, height, width), float32.
    label : float32
        The class number, as Gluon's losses want it.

    Examples
    --------
    >>> data, label = transform(mx.image.imread("cup.jpg"), 3, val_test_augs)
    >>> data.shape
    (3, 224, 224)
    """
    data, rest = data.asnumpy() if isinstance(data, nd.NDArray) else data, list(augs)
    while rest and (quick := on_arrays(rest[0], data)):
        data = quick(data)
        rest.pop(0)
    data = nd.array(data, dtype="float32")
    for aug in rest:
        data = aug(data)
    return nd.transpose(data, (2, 0, 1)), np.float32(label)


def center_crop_coverage(photos: Sequence[Photo]) -> np.ndarray:
    """Tell how much of each photo's best-placed logo the article's centre crop leaves in.

    Parameters
    ----------
    photos : sequence of Photo
        Those without boxes are left out. A photo smaller than the crop is cropped to its shorter
        side.

    Returns
    -------
    ndarray
        Share of the box's area, 0 to 1, one number per photo with boxes.
    """
    shares = []
    for photo in photos:
        if photo.boxes:
            height, width = read_image(photo.path).shape[:2]
            crop = min(SIZE, width, height)
            left, top = (width - crop) / 2, (height - crop) / 2
            shares.append(max(_share_inside(box, left, top, crop) for box in photo.boxes))
    return np.array(shares)


def _share_inside(box: Sequence[float], left: float, top: float, crop: float) -> float:
    """Share of a box's area that lies in a square crop."""
    across = min(box[0] + box[2], left + crop) - max(box[0], left)
    down = min(box[1] + box[3], top + crop) - max(box[1], top)
    return max(0.0, across) * max(0.0, down) / (box[2] * box[3])


def make_augs(
    recipe: str | Recipe,
    net: object = None,
    *,
    statistics: Statistics | None = None,
    image_size: int = SIZE,
) -> tuple[Augs, Augs]:
    """Make the augmentation for training and the preprocessing for validation and test.

    Parameters
    ----------
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    net : Block, optional
        Its pretrained backbone decides the normalisation, if the recipe normalises by it.
    statistics : (mean, std), optional
        Of the training photos, three numbers each on 0 to 255 RGB
        (`logoflow.training_statistics`). Needed where `needs_statistics` says so.
    image_size : int
        Side of the square the network sees, in pixels.

    Returns
    -------
    train_augs, val_test_augs : list
        For `transform`.

    Raises
    ------
    ValueError
        For an unknown recipe, for missing `statistics`, or for a size other than the recipe's
        ``fixed_size``.

    Examples
    --------
    >>> for_training, for_validation = make_augs("logoflow", net, image_size=160)
    """
    recipe = get_recipe(recipe)
    if recipe.fixed_size not in (None, image_size):
        raise ValueError(
            f"Recipe {recipe.name!r} has photos of {recipe.fixed_size} pixels, not {image_size}."
        )
    training_crop, validation_crop = _crops(recipe, image_size)
    looks: Augs = [ViewpointAug(), LightAug(), QualityAug()] if recipe.appearance else []
    normalise = _normalise(recipe, net, statistics)
    return [*training_crop, *looks, *normalise], [*validation_crop, *normalise]


def _crops(recipe: Recipe, image_size: int) -> tuple[Augs, Augs]:
    """Augmenters that bring a photo to the network's size, in training and in validation."""
    if recipe.crops == "random":
        return random_crop(image_size), center_crop(image_size)
    whole = mx.image.ForceResizeAug((image_size, image_size), interp=AUTO)
    return [LogoCropAug(image_size) if recipe.crops == "around-logos" else whole], [whole]


def needs_statistics(recipe: str | Recipe, net: object = None) -> bool:
    """Tell whether a recipe normalises this network's photos by the training set's statistics.

    Examples
    --------
    >>> needs_statistics("logoflow", finetune_net(3, "efficientnet_lite0"))
    False
    """
    normalise_by = get_recipe(recipe).normalise_by
    if normalise_by == "backbone":
        return net is None or normalisation(net) is None
    return normalise_by == "training-set"


def _normalise(recipe: Recipe, net: object, statistics: Statistics | None) -> Augs:
    """The augmenter that normalises pixels as a recipe wants; none if it wants none."""
    if recipe.normalise_by == "nothing":
        return []
    mean_std = statistics if needs_statistics(recipe, net) else normalisation(net)
    if mean_std is None:
        raise ValueError(
            f"Recipe {recipe.name!r} normalises with the training photos' mean and deviation here: "
            "pass statistics=training_statistics(root), or use make_loaders, which does."
        )
    mean, std = mean_std
    return [mx.image.ColorNormalizeAug(nd.array(mean), nd.array(std))]


_NAMED = {
    kind.__name__.lower(): kind
    for kind in (
        mx.image.CenterCropAug,
        mx.image.ForceResizeAug,
        mx.image.ResizeAug,
        mx.image.ColorNormalizeAug,
    )
}


def describe_augs(augs: Augs) -> list[list]:
    """Write a list of deterministic augmenters as plain data, for a model's JSON file.

    Raises
    ------
    ValueError
        If one of them is random or not one of those that `read_augs` can build.
    """
    described = [json.loads(aug.dumps()) for aug in augs if isinstance(aug, Augmenter)]
    unknown = [name for name, _ in described if name not in _NAMED]
    if unknown or len(described) < len(augs):
        raise ValueError(
            f"Cannot store this preprocessing with a model: {unknown or augs}. "
            f"Storable are {', '.join(sorted(_NAMED))}."
        )
    return described


def read_augs(described: list[list]) -> Augs:
    """Build the augmenters that `describe_augs` wrote down.

    Raises
    ------
    ValueError
        If a name is none of ours: a model file never names code to run.
    """
    augs = []
    for name, options in described:
        if name not in _NAMED:
            raise ValueError(f"Unknown preprocessing step {name!r}: not a logoflow model file?")
        if name == "colornormalizeaug":
            options = {key: nd.array(values) for key, values in options.items()}
        augs.append(_NAMED[name](**options))
    return augs
