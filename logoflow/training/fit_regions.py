"""Train a network on regions of photos: the output layer first, then the layers below it."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from mxnet import gluon

from logoflow.datasets.composing.artwork import Artwork
from logoflow.datasets.prepared import photos_of
from logoflow.inference.evidence import Evidence, Parts
from logoflow.inference.fit_decisions import fit_decisions, warn_if_unreliable
from logoflow.inference.levels import GRID, Level
from logoflow.inference.prototypes import Prototypes, join_prototypes
from logoflow.inference.regions import RegionNet, can_embed, region_nets
from logoflow.loading.photo_folder import split_boxes
from logoflow.training.artwork_examples import composed_regions
from logoflow.training.region_examples import (
    Examples,
    PhotoWithBoxes,
    prototypes_of_boxes,
    region_examples,
)
from logoflow.training.region_head import (
    RegionHead,
    choose_strength,
    fit_output,
    fit_regression,
    focus_on_logos,
    left_out_probabilities,
    possible_folds,
)

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

MAX_PHOTOS = 3000
"""Largest number of photos that the output layer is fitted to. It limits time and memory."""


MAX_REMEMBERED_PHOTOS = 400
"""Largest number of photos with boxes of which a classifier remembers regions."""


def photos_with_boxes(
    root: Path, splits: Sequence[str], *, use_boxes: bool, leave_out: int | None = None
) -> list[PhotoWithBoxes]:
    """List the photos of splits with their boxes.

    Parameters
    ----------
    root : Path
        Folder of a prepared data set.
    splits : sequence of str
        Names such as ``"train_data"``.
    use_boxes : bool
        False leaves all boxes out.
    leave_out : int, optional
        Label of photos to leave out.

    Returns
    -------
    list of PhotoWithBoxes
    """
    photos: list[PhotoWithBoxes] = []
    for split in splits:
        boxes = split_boxes(root, split) if use_boxes else {}
        photos += [
            (path, label, boxes.get(f"{path.parent.name}/{path.name}", []))
            for path, label in photos_of(root, split)
            if label != leave_out
        ]
    return photos


def fit_region_head(
    net: gluon.HybridBlock,
    augs: list,
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    seed: int,
    class_weights: Sequence[float] | None = None,
    artwork: Mapping[int, Sequence[Artwork]] | None = None,
) -> RegionHead:
    """Fit the output layer of a network to regions of photos, in seconds.

    Parameters
    ----------
    net : Block
        Network with pooled features. Its output layer is changed.
    augs : list of callable
        The preprocessing of validation photos.
    photos : sequence of PhotoWithBoxes
        Training photos.
    no_logo : int or None
        Label of no-logo.
    seed : int
        Seed of the choice of photos and regions.
    class_weights : sequence of float, optional
        Weight of each class, in label order.
    artwork : mapping of int to sequence of Artwork, optional
        Logos by label, to learn from beside the photos. The network needs an embedding.

    Returns
    -------
    RegionHead
    """
    photos = _at_most(photos, MAX_PHOTOS, seed)
    region_net = RegionNet(net, augs)
    composed = drawn = None
    if artwork:
        composed, drawn = composed_regions(region_net, artwork, len(photos), seed)
    examples, prototypes = region_examples(region_net, photos, no_logo, seed, drawn)
    has_boxes = any(boxes for _, _, boxes in photos)
    if has_boxes and region_net.can_embed:
        prototypes = prototypes_of_boxes([region_net], [examples], photos, no_logo, seed)
    if drawn is not None:
        prototypes = drawn if prototypes is None else join_prototypes([prototypes, drawn])
    if class_weights is not None:
        examples = _weighted(examples, class_weights)
        composed = None if composed is None else _weighted(composed, class_weights)
    folds = possible_folds(examples)
    strength = choose_strength(examples, no_logo, folds, composed)
    if folds >= 2 and not has_boxes:
        examples = focus_on_logos(examples, strength, folds, composed)
    model = fit_regression(examples.with_others(composed), no_logo, strength)
    fit_output(net.output, model)
    return RegionHead(examples, strength, folds, prototypes, composed)


def _weighted(examples: Examples, class_weights: Sequence[float]) -> Examples:
    """Multiply the weights of examples by those of their classes."""
    weights = examples.weights * np.asarray(class_weights)[examples.labels]
    return examples._replace(weights=weights)


def remember_logos(
    net: gluon.HybridBlock,
    augs: list,
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    seed: int,
    artwork: Mapping[int, Sequence[Artwork]] | None = None,
) -> Prototypes | None:
    """Embed regions of photos with boxes by a trained network, or by those of an ensemble.

    Parameters
    ----------
    net : Block
        Network with pooled features, or an ensemble of such networks.
    augs : list of callable
        The preprocessing of validation photos.
    photos : sequence of PhotoWithBoxes
        Training photos.
    no_logo : int or None
        Label of no-logo.
    seed : int
        Seed of the choice of photos and regions.
    artwork : mapping of int to sequence of Artwork, optional
        Logos by label, to remember beside the photos. For a single network.

    Returns
    -------
    Prototypes or None
        None if no network has an embedding.
    """
    if not can_embed(net):
        return None
    nets, photos = region_nets(net, augs), _at_most(photos, MAX_REMEMBERED_PHOTOS, seed)
    examples = [region_examples(member, photos, no_logo, seed).examples for member in nets]
    prototypes = prototypes_of_boxes(nets, examples, photos, no_logo, seed)
    if not artwork:
        return prototypes
    _, drawn = composed_regions(nets[0], artwork, len(photos), seed)
    return join_prototypes([prototypes, drawn])


def _at_most(photos: Sequence[PhotoWithBoxes], count: int, seed: int) -> Sequence[PhotoWithBoxes]:
    """Choose photos at random if there are more than `count`."""
    if len(photos) <= count:
        return photos
    chosen = np.random.default_rng(seed).choice(len(photos), count, replace=False)
    return [photos[position] for position in sorted(chosen)]


def calibrate_by_left_out(
    classifier: "LogoClassifier",
    head: RegionHead,
    levels: Sequence[Level],
    false_positive_rate: float,
    unknown_acceptance_rate: float | None,
) -> None:
    """Fit decisions to the training photos, each scored by a model that was fitted without it.

    No photo is held out for the calibration.

    Parameters
    ----------
    classifier : LogoClassifier
        It gets the decisions.
    head : RegionHead
        The examples are the regions of the level ``"grid"``, from photos without boxes.
    levels : sequence of Level
        ``"whole"`` and ``"grid"``, without known logos or names.
    false_positive_rate : float
        Share of no-logo photos that may get a brand.
    unknown_acceptance_rate : float or None
        Share of photos of unknown brands that may get a brand. None: there is no test for them.
    """
    if head.folds < 2:
        warnings.warn(
            "A class has only one photo, so the probabilities are not calibrated, and every photo "
            "gets the likeliest class. Add a second photo of each class.",
            stacklevel=5,
        )
        classifier.level = levels[-1]
        return
    evidence, labels = left_out_evidence(classifier, head)
    decisions = fit_decisions(
        evidence,
        labels,
        classifier.classes,
        levels,
        false_positive_rate,
        unknown_acceptance_rate=unknown_acceptance_rate,
    )
    warn_if_unreliable(decisions)
    classifier.decisions |= decisions
    classifier.level = levels[-1]


def left_out_evidence(
    classifier: "LogoClassifier", head: RegionHead
) -> tuple[list[Evidence], list[int]]:
    """Collect the evidence of each training photo, from models and prototypes without the photo.

    Parameters
    ----------
    classifier : LogoClassifier
    head : RegionHead
        The examples are from photos without boxes.

    Returns
    -------
    evidence : list of Evidence
        For the levels ``"whole"`` and ``"grid"``.
    labels : list of int
    """
    examples, no_logo = head.examples, classifier.no_logo
    shares = left_out_probabilities(examples, no_logo, head.strength, head.folds, head.composed)
    logits = np.full((len(shares), len(classifier.classes)), np.log(1e-6))
    logits[:, : shares.shape[1]] = np.log(np.maximum(shares, 1e-9))
    net, evidence = RegionNet(classifier.net, classifier.augs), []
    starts = np.unique(examples.photos, return_index=True)[1]
    for photo, regions in enumerate(np.split(np.arange(len(logits)), starts[1:])):
        compare = None
        if head.prototypes is not None:
            similarities = head.prototypes.similarities(
                net.embed(examples.features[regions]), len(classifier.classes), photo
            )
            compare = similarities.__getitem__
        grid = logits[regions]
        evidence.append(Evidence(grid[:1], regions={GRID: Parts(grid, compare)}))
    return evidence, examples.labels[starts].tolist()


def can_leave_out(levels: Sequence[Level]) -> bool:
    """Tell whether `calibrate_by_left_out` can fit decisions for these levels."""
    return all(
        level.windows in ("whole", GRID) and not level.match_logos and not level.read_names
        for level in levels
    )
