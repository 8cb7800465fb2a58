"""Regions of the training photos that a classifier remembers, to compare new photos with.

An output layer is a linear classifier. From one to five photos of a brand, it cannot learn which of
their many differences matter. An embedding that was trained to compare logos has learnt this: the
region of a new photo that is most like a region of a known photo probably shows the same brand.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from mxnet import nd

from logoflow.inference.pooling import LEAST_SIMILAR

if TYPE_CHECKING:
    from logoflow.inference.regions import RegionNet


class Prototypes(NamedTuple):
    """Embeddings of regions of the training photos, in label order (`make_prototypes`).

    Parameters
    ----------
    embeddings : ndarray of float32
        (prototypes, size), each of length 1. They are rounded to float16, as files hold them.
    labels : ndarray of int32
        (prototypes,), label of the photo that each region is a part of, in ascending order.
    photos : ndarray of int32
        (prototypes,), number of this photo.

    Notes
    -----
    Boiman, Shechtman and Irani classify photos by the nearest neighbours of their parts (In Defense
    of Nearest-Neighbor Based Image Classification, CVPR 2008). Here the parts are regions, and the
    distance is learnt.

    Examples
    --------
    >>> prototypes = Prototypes(np.eye(3), np.array([0, 1, 1]), np.arange(3))
    >>> prototypes.similarities(np.array([[0.6, 0.0, 0.8]]), num_classes=3).round(1)
    array([[ 0.6,  0.8, -1. ]])
    """

    embeddings: np.ndarray
    labels: np.ndarray
    photos: np.ndarray

    def similarities(
        self, embeddings: np.ndarray, num_classes: int, without_photo: int | None = None
    ) -> np.ndarray:
        """Compare regions with the prototypes.

        Parameters
        ----------
        embeddings : ndarray
            (regions, size), each of length 1.
        num_classes : int
            Number of classes.
        without_photo : int, optional
            Number of a training photo. Its prototypes are left out.

        Returns
        -------
        ndarray
            (regions, classes). The highest cosine of each region with a prototype of each class,
            -1 to 1.
        """
        # MXNet computes the product: NumPy's threads would slow down the network's.
        known = nd.array(self.embeddings)
        cosines = nd.dot(nd.array(embeddings), known, transpose_b=True).asnumpy()
        if without_photo is not None:
            cosines[:, self.photos == without_photo] = LEAST_SIMILAR
        labels, starts = np.unique(self.labels, return_index=True)
        similarities = np.full((len(embeddings), num_classes), LEAST_SIMILAR)
        similarities[:, labels] = np.maximum.reduceat(cosines, starts, axis=1)
        return similarities


def make_prototypes(
    embeddings: np.ndarray, labels: np.ndarray | int, photos: np.ndarray | int
) -> Prototypes:
    """Make prototypes from embeddings. The embeddings are rounded to float16, as in a saved file.

    Parameters
    ----------
    embeddings : ndarray
        (prototypes, size).
    labels, photos : ndarray of int, or int
        (prototypes,), or one for all.

    Returns
    -------
    Prototypes
    """
    rounded, count = embeddings.astype(np.float16).astype(np.float32), len(embeddings)
    return _in_label_order(
        rounded,
        np.broadcast_to(labels, count).astype(np.int32),
        np.broadcast_to(photos, count).astype(np.int32),
    )


def check_prototypes(prototypes: Prototypes, num_classes: int, embedding_size: int) -> None:
    """Check arrays that were read from a file before they are used.

    Parameters
    ----------
    prototypes : Prototypes
        What the file holds, with embeddings of float16.
    num_classes : int
        Number of classes.
    embedding_size : int
        Length of the network's embeddings.

    Raises
    ------
    ValueError
        If their shapes, types or numbers are not those of prototypes of the network.

    Examples
    --------
    >>> labels = np.array([0, 1], np.int32)
    >>> check_prototypes(Prototypes(np.eye(2, dtype=np.float16), labels, labels), 2, 2)
    """
    count = len(prototypes.embeddings)
    forms = {
        "embeddings": (np.float16, (count, embedding_size)),
        "labels": (np.int32, (count,)),
        "photos": (np.int32, (count,)),
    }
    for name, (dtype, shape) in forms.items():
        array = getattr(prototypes, name)
        if (array.dtype, array.shape) != (dtype, shape):
            raise ValueError(f"The known regions have {name} of {array.dtype} and {array.shape}.")
    if not count or not np.isfinite(prototypes.embeddings).all():
        raise ValueError("The known regions have no embeddings, or infinite ones.")
    if not 0 <= prototypes.labels.min() <= prototypes.labels.max() < num_classes:
        raise ValueError("The known regions belong to brands that the classifier does not have.")


def join_prototypes(parts: Sequence[Prototypes]) -> Prototypes:
    """Put the prototypes of several photos together."""
    embeddings, labels, photos = (np.concatenate(values) for values in zip(*parts, strict=True))
    return _in_label_order(embeddings, labels, photos)


def _in_label_order(embeddings: np.ndarray, labels: np.ndarray, photos: np.ndarray) -> Prototypes:
    order = np.argsort(labels, kind="stable")
    return Prototypes(embeddings[order], labels[order], photos[order])


def joint_embeddings(nets: Sequence["RegionNet"], features: Sequence[np.ndarray]) -> np.ndarray:
    """Embed regions by all networks of an ensemble that have an embedding.

    Parameters
    ----------
    nets : sequence of RegionNet
        At least one has an embedding.
    features : sequence of ndarray
        (regions, features) of each network.

    Returns
    -------
    ndarray
        (regions, size), each of length 1. The product of two is the mean of the networks' cosines.
    """
    parts = [net.embed(part) for net, part in zip(nets, features, strict=True) if net.can_embed]
    return np.concatenate(parts, axis=1) / np.sqrt(len(parts))
