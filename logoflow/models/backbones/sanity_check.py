"""One known picture: weights that do not see the cat in it were imported wrongly."""

from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.images.decode import read_image

CATS = range(281, 286)  # ImageNet's tabby, tiger cat, Persian, Siamese and Egyptian cat
Statistics = tuple[tuple[float, ...], tuple[float, ...]]


def cat_photo() -> np.ndarray:
    """Read the face of the cat Chelsea, a photo by Stefan van der Walt (CC0): (224, 224, 3) RGB."""
    return read_image(Path(__file__).with_name("chelsea.png"))


def to_input(photos: np.ndarray, mean_std: Statistics) -> mx.nd.NDArray:
    """Turn (batch, height, width, 3) RGB uint8 photos into a net's (batch, 3, height, width)."""
    mean, std = mean_std
    normalised = (photos.astype("float32") - mean) / np.asarray(std)
    return mx.nd.array(normalised.transpose(0, 3, 1, 2))


def require_cat(net: gluon.HybridBlock, mean_std: Statistics) -> None:
    """Refuse a net whose ImageNet answer to a picture of a cat is no cat.

    Parameters
    ----------
    net : HybridBlock
        Initialised, with ImageNet's 1000 outputs.
    mean_std : (mean, std)
        The normalisation that it was trained with, three numbers each on 0 to 255 RGB.

    Raises
    ------
    WeightsError
        If the first answer is none of the five cats.
    """
    photo = to_input(cat_photo()[None], mean_std)
    ctx = next(iter(net.collect_params().values())).list_ctx()[0]
    answer = int(net(photo.as_in_context(ctx)).argmax(axis=1).asscalar())
    if answer not in CATS:
        raise WeightsError(
            "The imported weights take a photo of a cat, chelsea.png, for ImageNet class "
            f"{answer}, not a cat ({CATS[0]} to {CATS[-1]}): refused, they would teach nonsense."
        )
