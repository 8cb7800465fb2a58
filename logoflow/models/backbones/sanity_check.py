"""Check imported weights: a network must recognise the cat in a known photo."""

from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.images.decode import read_image

CATS = range(281, 286)  # ImageNet's tabby, tiger cat, Persian, Siamese and Egyptian cat
Statistics = tuple[tuple[float, ...], tuple[float, ...]]


def cat_photo() -> np.ndarray:
    """Read a photo of the cat Chelsea by Stefan van der Walt (CC0), as RGB of (224, 224, 3).

    Examples
    --------
    >>> cat_photo().shape
    (224, 224, 3)
    """
    return read_image(Path(__file__).with_name("chelsea.png"))


def to_input(photos: np.ndarray, mean_std: Statistics) -> mx.nd.NDArray:
    """Normalise photos and bring them to the shape that a network takes.

    Parameters
    ----------
    photos : ndarray of uint8
        RGB photos of shape (batch, height, width, 3).
    mean_std : (mean, std)
        Normalisation, three numbers each for RGB from 0 to 255.

    Returns
    -------
    NDArray
        Batch of shape (batch, 3, height, width), float32.

    Examples
    --------
    >>> to_input(cat_photo()[None], ((127.0,) * 3, (128.0,) * 3)).shape
    (1, 3, 224, 224)
    """
    mean, std = mean_std
    normalised = (photos.astype("float32") - mean) / np.asarray(std)
    return mx.nd.array(normalised.transpose(0, 3, 1, 2))


def require_cat(net: gluon.HybridBlock, mean_std: Statistics) -> None:
    """Raise WeightsError unless a network classifies a photo of a cat as a cat.

    Parameters
    ----------
    net : HybridBlock
        Initialised network with the 1000 classes of ImageNet.
    mean_std : (mean, std)
        Normalisation of the network, three numbers each for RGB from 0 to 255.

    Raises
    ------
    WeightsError
        If the best class is none of the five cats.
    """
    photo = to_input(cat_photo()[None], mean_std)
    ctx = next(iter(net.collect_params().values())).list_ctx()[0]
    best_class = int(net(photo.as_in_context(ctx)).argmax(axis=1).asscalar())
    if best_class not in CATS:
        raise WeightsError(
            "The imported weights take a photo of a cat, chelsea.png, for ImageNet class "
            f"{best_class}, not a cat ({CATS[0]} to {CATS[-1]}). They are unusable: pass another "
            "file as weights=."
        )
