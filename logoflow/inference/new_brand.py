"""Add a brand to a trained classifier, from artwork or a few photos, or remove a brand.

The output layer gets one more row. Its weights are fitted to pictures of the new brand, against the
regions of the training photos that the classifier remembers. All other weights stay as they are, so
the answers for the old brands hardly change.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import mxnet as mx
import numpy as np
from mxnet import gluon, init, nd
from sklearn.linear_model import LogisticRegression

from logoflow.datasets.composing.artwork import Artwork, Source, read_artwork
from logoflow.datasets.composing.compose import compose_crop
from logoflow.images.decode import load_image
from logoflow.inference.crop_features import COMPOSITES, crop_features
from logoflow.inference.prototypes import (
    Prototypes,
    join_prototypes,
    joint_embeddings,
    make_prototypes,
)
from logoflow.inference.region_grid import window_regions
from logoflow.labels import NO_LOGO
from logoflow.utils.softmax import logsumexp

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.regions import RegionNet

LIKELY_REGIONS = 5
"""Number of regions of a photo that are taken for the logo, if there is artwork to compare with."""

STRENGTH = 1.0
"""scikit-learn's `C` of the row of the output layer."""


class BrandExamples(NamedTuple):
    """Regions that show a new brand.

    Parameters
    ----------
    features : list of ndarray
        (regions, features) of each network of the classifier.
    weights : ndarray
        (regions,). They add up to 1 for each picture.
    """

    features: list[np.ndarray]
    weights: np.ndarray


def add_brand(
    classifier: "LogoClassifier",
    name: str,
    *,
    artwork: Sequence[Source] = (),
    photos: Sequence[str | Path | bytes | np.ndarray] = (),
    seed: int = 0,
) -> None:
    """Teach a classifier one more brand (`LogoClassifier.add_brand`).

    Parameters
    ----------
    classifier : LogoClassifier
        It is changed: one more class, a row of the output layer, and remembered regions.
    name, artwork, photos, seed
        See `LogoClassifier.add_brand`.

    Raises
    ------
    ValueError, TypeError, ArtworkError, ImageError, OSError
        See `LogoClassifier.add_brand`. The classifier is unchanged then.
    """
    prototypes = _check_new_brand(classifier, name, artwork, photos)
    nets = classifier.nets_for_regions()
    members = _members(classifier.net)
    drawings = [read_artwork(source) for source in artwork]
    examples = _compose(nets, drawings, seed)
    examples += [
        _regions_of_photo(nets, load_image(photo), examples[: len(drawings)]) for photo in photos
    ]
    shown = BrandExamples(
        [
            np.concatenate(parts)
            for parts in zip(*(part.features for part in examples), strict=True)
        ],
        np.concatenate([part.weights for part in examples]),
    )
    label, number = len(classifier.classes), int(prototypes.photos.max()) + 1
    embeddings = joint_embeddings(nets, shown.features)
    added = make_prototypes(embeddings, label, number)
    size = prototypes.embeddings.shape[1] // len(nets)
    outputs = [
        _with_row(member.output, *_fit_row(net, shown, part, prototypes, position, size))
        for position, (net, member, part) in enumerate(
            zip(nets, members, shown.features, strict=True)
        )
    ]
    _set_outputs(classifier.net, outputs)
    classifier.prototypes = join_prototypes([prototypes, added])
    classifier.classes = (*classifier.classes, name)


def _check_new_brand(
    classifier: "LogoClassifier", name: str, artwork: Sequence, photos: Sequence
) -> Prototypes:
    """Raise an error if a brand cannot be added. Return the regions that the classifier knows."""
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"A brand needs a name, not {name!r}.")
    if name.casefold() in (known.casefold() for known in classifier.classes):
        raise ValueError(
            f"The classifier already knows {name!r}: choose another name, or remove this brand "
            "first."
        )
    if isinstance(artwork, (str, Path, bytes)) or isinstance(photos, (str, Path, bytes)):
        raise TypeError("artwork and photos are lists: artwork=['logo.svg'].")
    if not len(artwork) and not len(photos):
        raise ValueError("A brand needs artwork or photos: artwork=['logo.svg'].")
    if classifier.prototypes is None or not len(classifier.prototypes.labels):
        raise ValueError(
            "This classifier remembers no regions of its training photos, so it cannot learn a "
            "brand on its own. Train it with the backbone 'logo_lite0' and the recipe 'regions', "
            "the defaults of fit."
        )
    return classifier.prototypes


def remove_brand(classifier: "LogoClassifier", name: str) -> None:
    """Take a brand away from a classifier (`LogoClassifier.remove_brand`).

    Parameters
    ----------
    classifier : LogoClassifier
        It is changed.
    name : str
        The brand.

    Raises
    ------
    ValueError
        See `LogoClassifier.remove_brand`.
    """
    if name not in classifier.classes or name == NO_LOGO:
        raise ValueError(f"There is no brand {name!r}. The classes are {list(classifier.classes)}.")
    if len(classifier.classes) < 3:
        raise ValueError("A classifier needs two classes, so no brand can be removed.")
    if classifier.matcher is not None:
        raise ValueError(
            f"This classifier compares photos with known logos: train it again without {name!r}."
        )
    if not all(hasattr(net, "output") for net in _members(classifier.net)):
        raise ValueError(
            f"The classes of a {type(classifier.net).__name__} are fixed: train it again without "
            f"{name!r}."
        )
    label = classifier.classes.index(name)
    kept = np.delete(np.arange(len(classifier.classes)), label)
    outputs = [
        _dense(
            net.output.weight.data(classifier.ctx).asnumpy()[kept],
            net.output.bias.data(classifier.ctx).asnumpy()[kept],
            classifier.ctx,
        )
        for net in _members(classifier.net)
    ]
    _set_outputs(classifier.net, outputs)
    if classifier.prototypes is not None:
        rest = classifier.prototypes.labels != label
        known = Prototypes(*(values[rest] for values in classifier.prototypes))
        labels = known.labels - (known.labels > label)
        classifier.prototypes = known._replace(labels=labels.astype(np.int32))
    classifier.classes = tuple(classifier.classes[position] for position in kept)


def _compose(
    nets: Sequence["RegionNet"], drawings: Sequence[Artwork], seed: int
) -> list[BrandExamples]:
    """Compose pictures of each artwork, and compute their features."""
    generator, examples = np.random.default_rng(seed), []
    for drawing in drawings:
        crops = [compose_crop(generator, drawing) for _ in range(COMPOSITES)]
        features = [crop_features(net, crops) for net in nets]
        weights = np.full(len(features[0]), 1 / len(features[0]))
        examples.append(BrandExamples(features, weights))
    return examples


def _regions_of_photo(
    nets: Sequence["RegionNet"], photo: np.ndarray, composed: Sequence[BrandExamples]
) -> BrandExamples:
    """Choose the regions of a photo that show the brand.

    With artwork these are the regions that are most like it. Without artwork nobody knows where the
    logo is, so these are the regions of the level ``"grid"``.
    """
    features = [net.features(photo) for net in nets]
    if composed:
        drawn = [
            np.concatenate(parts)
            for parts in zip(*(part.features for part in composed), strict=True)
        ]
        likeness = joint_embeddings(nets, features) @ joint_embeddings(nets, drawn).mean(0)
        chosen = np.argsort(-likeness)[:LIKELY_REGIONS]
    else:
        chosen = window_regions(photo.shape[1], photo.shape[0])
    return BrandExamples([part[chosen] for part in features], np.full(len(chosen), 1 / len(chosen)))


def _fit_row(
    net: "RegionNet",
    shown: BrandExamples,
    features: np.ndarray,
    prototypes: Prototypes,
    position: int,
    size: int,
) -> tuple[np.ndarray, float]:
    """Fit the row of the output layer that tells the new brand from the remembered regions.

    Only the embeddings of old regions are remembered. So the row is fitted to embeddings, and then
    written in terms of the features, of which an embedding is a linear map.

    Returns
    -------
    weight : ndarray
        (features,).
    bias : float
    """
    mapping = net.embedding_matrix()
    positive = features @ mapping.T
    part = prototypes.embeddings[:, position * size : (position + 1) * size]
    # The embeddings of regions of one colour are zero.
    negative = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6)
    length = np.linalg.norm(positive, axis=1).mean()
    values = np.concatenate([positive / length, negative])
    is_new = np.repeat([1, 0], [len(positive), len(negative)])
    weights = np.concatenate(
        [shown.weights / shown.weights.sum(), np.full(len(negative), 1 / len(negative))]
    )
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    model.fit(values, is_new, sample_weight=1000 * weights)
    # The new row was fitted against one common score of all old classes. The score is added to the
    # bias, so that the row can be compared with the rows of the old classes.
    others = np.median(logsumexp(net.outputs_of(features), axis=1))
    return model.coef_[0] @ mapping / length, float(model.intercept_[0] + others)


def _with_row(output: gluon.nn.Dense, weight: np.ndarray, bias: float) -> gluon.nn.Dense:
    """Copy an output layer with one more row."""
    ctx = output.weight.list_ctx()[0]
    weights = np.vstack([output.weight.data(ctx).asnumpy(), weight])
    return _dense(weights, np.append(output.bias.data(ctx).asnumpy(), bias), ctx)


def _dense(weight: np.ndarray, bias: np.ndarray, ctx: mx.Context) -> gluon.nn.Dense:
    layer = gluon.nn.Dense(len(weight), in_units=weight.shape[1])
    layer.initialize(init.Zero(), ctx=ctx)
    layer.weight.set_data(nd.array(weight))
    layer.bias.set_data(nd.array(bias))
    return layer


def _members(net: gluon.HybridBlock) -> list[gluon.HybridBlock]:
    """Return the networks of an ensemble, or the only network."""
    return list(getattr(net, "members", [net]))


def _set_outputs(net: gluon.HybridBlock, outputs: Sequence[gluon.nn.Dense]) -> None:
    for member, output in zip(_members(net), outputs, strict=True):
        member.output = output
    net.hybridize(False)
