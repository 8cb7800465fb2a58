"""Name the brand in a photo without any training, from the artwork of thousands of brands."""

import os
from functools import cache

import mxnet as mx
import numpy as np
import pandas as pd
from mxnet import gluon, nd

from logoflow.images.decode import load_image
from logoflow.inference.known_brands import KnownBrands, simple_icons_brands
from logoflow.inference.region_grid import region_boxes
from logoflow.inference.regions import RegionNet
from logoflow.loading.augment import make_augs
from logoflow.models.backbones.logo_lite0 import embed
from logoflow.models.finetune import finetune_net
from logoflow.utils.threads import network_lock

TOP_REGIONS = 3
"""Number of regions most like a logo whose cosines are averaged. 1 to 10 do about as well."""

LOCATING_REGIONS, LOCATING_SHARPNESS = 40, 30.0
"""The place of a logo is the mean of this many regions. A region that is less similar by .1 counts
e^3 times less."""

USUAL_SHARE = 0.5
"""Share of a logo's usual similarity that is subtracted. 1 does about as well."""

SURE_SIMILARITY, SURE_LEAD = 0.45, 0.14
"""An answer is sure if its similarity reaches the first number, and exceeds the next brand's by the
second number. docs/accuracy.md says how often a sure answer is right."""


def identify(
    photo: str | os.PathLike | bytes | np.ndarray,
    *,
    top_k: int = 5,
    brands: KnownBrands | None = None,
) -> pd.DataFrame:
    """Name the brands that a photo may show, without any training.

    About 2,000 regions of the photo are compared, in one pass, with the artwork of 3,459 brands:
    the icons and names in Simple Icons, and logos from two other open collections.

    Parameters
    ----------
    photo : path, bytes or ndarray
        One picture, as `LogoClassifier.predict` takes it.
    top_k : int
        Number of brands to list, at least 1.
    brands : KnownBrands, optional
        The brands to compare with (`lf.index_brands`). By default those of Simple Icons.

    Returns
    -------
    DataFrame
        A row per brand, the most similar first: ``brand``; ``similarity``, the cosine similarity of
        the photo and the artwork, less half of the artwork's similarity to pictures without a logo,
        1 at most; ``x``, ``y``, ``width`` and ``height`` of where it probably is, in pixels; and
        ``sure``, whether the similarity is high, and much higher than that of the next brand. At
        most the first brand is sure.

    Raises
    ------
    ImageError, OSError
        If the picture cannot be read.
    ValueError
        If `top_k` is below 1.

    Examples
    --------
    >>> answers = identify(np.full((300, 400, 3), 90, np.uint8))
    >>> len(answers), bool(answers.sure.any())
    (5, False)
    """
    if top_k < 1:
        raise ValueError(f"top_k is {top_k}: give 1 or more.")
    known, image = brands or simple_icons_brands(), load_image(photo)
    embeddings = embed_regions(image)
    similarities = brand_similarities(embeddings, known)
    boxes = region_boxes(image.shape[1], image.shape[0])
    rows = []
    best = best_brands(similarities, known.brands, max(top_k, 2))
    lead = best[0][1] - best[1][1] if len(best) > 1 else 1.0
    for rank, (logo, similarity) in enumerate(best[:top_k]):
        box = locate(embeddings, known.embeddings[logo], boxes)
        sure = rank == 0 and similarity >= SURE_SIMILARITY and lead >= SURE_LEAD
        rows.append([known.names[known.brands[logo]], similarity, *box, sure])
    columns = ["brand", "similarity", "x", "y", "width", "height", "sure"]
    return pd.DataFrame(rows, columns=columns)


def embed_regions(image: np.ndarray) -> np.ndarray:
    """Embed the regions of a photo.

    Parameters
    ----------
    image : ndarray
        RGB of (height, width, 3), uint8.

    Returns
    -------
    ndarray
        (regions, 256), in the order of `logoflow.inference.region_grid.region_boxes`.

    Examples
    --------
    >>> embed_regions(np.full((300, 400, 3), 90, np.uint8)).shape
    (2013, 256)
    """
    with network_lock:
        net = unlabelled_region_net()
        return net.embed(net.features(image))


def locate(embeddings: np.ndarray, logo: np.ndarray, boxes: np.ndarray) -> list[int]:
    """Estimate where a logo is in a photo: the mean of the regions that are most like it.

    A single region is a worse estimate, because the network sees beyond its border. On photos of
    FlickrLogos-27, the mean has an intersection over union (IoU) of .46 with the logo's box, and
    one region has .33.

    Parameters
    ----------
    embeddings : ndarray
        (regions, 256).
    logo : ndarray
        (256,).
    boxes : ndarray
        (regions, 4): x, y, width and height in pixels.

    Returns
    -------
    list of int
        x, y, width and height in pixels.

    Examples
    --------
    >>> locate(np.eye(2, 256), np.eye(1, 256)[0], np.array([[0, 0, 9, 9], [5, 5, 9, 9]]))
    [0, 0, 9, 9]
    """
    cosines = embeddings @ logo
    best = np.argsort(-cosines)[:LOCATING_REGIONS]
    weights = np.exp(LOCATING_SHARPNESS * (cosines[best] - cosines[best[0]]))
    return np.average(boxes[best], axis=0, weights=weights).round().astype(int).tolist()


def brand_similarities(embeddings: np.ndarray, known: KnownBrands) -> np.ndarray:
    """Compare the regions of a photo with all logos.

    Parameters
    ----------
    embeddings : ndarray
        (regions, 256).
    known : KnownBrands

    Returns
    -------
    ndarray
        (logos,). The mean cosine of each logo with the regions most like it, less half of the
        logo's similarity to pictures without a logo.

    Examples
    --------
    >>> embeddings, none = np.eye(1, 256, dtype=np.float32), np.zeros(1)
    >>> brand_similarities(embeddings, KnownBrands(("acme",), embeddings, none.astype(int), none))
    array([1.])
    """
    return best_cosines(embeddings, known.embeddings) - USUAL_SHARE * known.usual


def best_cosines(embeddings: np.ndarray, logos: np.ndarray) -> np.ndarray:
    """Average the cosines of each logo with the regions most like it.

    Parameters
    ----------
    embeddings : ndarray
        (regions, 256).
    logos : ndarray
        (logos, 256).

    Returns
    -------
    ndarray
        (logos,), -1 to 1.

    Examples
    --------
    >>> best_cosines(np.eye(1, 256), np.eye(2, 256))
    array([1., 0.], dtype=float32)
    """
    # MXNet computes the product: NumPy's threads would slow down the network's.
    cosines = nd.dot(nd.array(embeddings), nd.array(logos), transpose_b=True).asnumpy()
    count = min(TOP_REGIONS, len(cosines))
    return np.partition(cosines, -count, axis=0)[-count:].mean(0)


def best_brands(
    similarities: np.ndarray, brands: np.ndarray, count: int
) -> list[tuple[int, float]]:
    """Choose the brands that are most like a photo.

    Parameters
    ----------
    similarities : ndarray
        (logos,), of a photo to each logo.
    brands : ndarray of int
        (logos,), the brand of each logo.
    count : int
        Number of brands.

    Returns
    -------
    list of (int, float)
        Position of a logo in `similarities`, the best one of its brand, and its similarity, from
        the most similar brand on.

    Examples
    --------
    >>> best_brands(np.array([0.2, 0.9, 0.8]), np.array([0, 1, 1]), 2)
    [(1, 0.9), (0, 0.2)]
    """
    chosen: dict[int, tuple[int, float]] = {}
    for logo in np.argsort(-similarities, kind="stable"):
        chosen.setdefault(int(brands[logo]), (int(logo), float(similarities[logo])))
        if len(chosen) == count:
            break
    return list(chosen.values())


def embed_pictures(pictures: np.ndarray, batch_size: int = 16) -> np.ndarray:
    """Embed pictures that a logo fills.

    Parameters
    ----------
    pictures : ndarray
        (pictures, height, width, 3), uint8, RGB.
    batch_size : int
        Pictures per pass through the network.

    Returns
    -------
    ndarray
        (pictures, 256), each of length 1.

    Examples
    --------
    >>> embed_pictures(np.zeros((2, 128, 128, 3), np.uint8)).shape
    (2, 256)
    """
    parts = []
    for start in range(0, len(pictures), batch_size):
        data = nd.array(pictures[start : start + batch_size], dtype=np.float32)
        data = nd.transpose((data - 127) / 128, (0, 3, 1, 2))  # as logo_lite0's photos
        with network_lock:
            parts.append(embed(_logo_net(), data).asnumpy())
    return np.concatenate(parts)


@cache
def _logo_net() -> gluon.HybridBlock:
    """Return the network `logo_lite0` with its published weights, on the CPU."""
    net = finetune_net(2, "logo_lite0", ctx=[mx.cpu()])
    net.hybridize(static_alloc=True)
    return net


@cache
def unlabelled_region_net() -> RegionNet:
    """Return `logo_lite0` as a network for regions. Its embeddings need no training."""
    _, augs = make_augs("regions", _logo_net())
    return RegionNet(_logo_net(), augs)
