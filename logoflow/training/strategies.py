"""The two ways in which `fit` trains: on crops of photos, and on regions of photos."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mxnet as mx
import pandas as pd
from mxnet import gluon, init

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.composing.artwork import Artwork
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher
from logoflow.labels import no_logo_index
from logoflow.loading.augment import make_augs
from logoflow.loading.loaders import CACHE_FOLDER, Loaders, make_loaders
from logoflow.models.build import BUILDERS, build_net
from logoflow.models.ensemble import ENSEMBLE_SEED_STRIDE, ensemble_architecture
from logoflow.models.finetune import finetune_net
from logoflow.models.freezing import freeze_lower
from logoflow.models.weight_files import save_weights
from logoflow.recipes import Recipe
from logoflow.training.fit_regions import (
    calibrate_by_left_out,
    can_leave_out,
    fit_region_head,
    photos_with_boxes,
    remember_logos,
)
from logoflow.training.hard_negatives import hard_negative_callback
from logoflow.training.history import History
from logoflow.training.loop import train
from logoflow.training.region_examples import PhotoWithBoxes
from logoflow.training.region_steps import train_on_patches


class Plan(NamedTuple):
    """What `fit` was asked for, checked.

    Parameters
    ----------
    root : Path
        Folder of a prepared data set.
    backbones : list of str
        One network is trained for each.
    recipe : Recipe
    levels : sequence of Level
        A decision is fitted for each.
    matcher : LogoMatcher or None
        Known logos, if a level needs them.
    false_positive_rate : float
        Share of no-logo photos that may get a brand, above 0 and below 1.
    unknown_acceptance_rate : float or None
        Share of photos of unknown brands that may get a brand. None: there is no test for them.
    fine_tune : bool
        Whether to train the layers below the output layer.
    num_epochs : int
        Passes over the training photos.
    deadline : float or None
        Time of `time.monotonic` after which no further fine-tuning step starts.
    rounds : int
        Rounds of training, with a search for hard negatives between them.
    image_size : int
        Side of the network's input in pixels.
    use_no_logo, use_boxes : bool
        Whether to train on no-logo photos, and to use boxes.
    class_weights : list of float or None
        Weight of each class in the loss.
    artwork : dict of int to list of Artwork, or None
        Logos by label, to learn from beside the photos.
    num_workers : int
        Processes that decode photos.
    ctx : list of Context
        Devices.
    seed : int
    quiet : bool
        Whether to print nothing.
    """

    root: Path
    backbones: list[str]
    recipe: Recipe
    levels: Sequence[Level]
    matcher: LogoMatcher | None
    false_positive_rate: float
    unknown_acceptance_rate: float | None
    fine_tune: bool
    num_epochs: int
    deadline: float | None
    rounds: int
    image_size: int
    use_no_logo: bool
    use_boxes: bool
    class_weights: list[float] | None
    artwork: dict[int, list[Artwork]] | None
    num_workers: int
    ctx: list[mx.Context]
    seed: int
    quiet: bool


def fit_on_crops(plan: Plan) -> tuple[LogoClassifier, dict[str, list]]:
    """Train networks on crops of photos, and calibrate them on the validation photos.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    classifier : LogoClassifier
    history : dict of str to list
        Columns of the training history.

    Raises
    ------
    ValueError
        If there are no validation photos, or if the plan asks for what only regions can do.
    """
    if not plan.fine_tune or plan.deadline is not None:
        raise ValueError('fine_tune=False and minutes need the recipe "regions".')
    _require_validation_photos(plan.root)
    classes, histories = read_classes(plan.root), []
    with tempfile.TemporaryDirectory() as folder:
        members = _members(folder, plan)
        for name, seed, weight_file in members:
            net = _new_net(name, len(classes), plan.recipe, plan.ctx, seed)
            loaders = make_loaders(
                plan.root,
                plan.recipe,
                plan.recipe.batch_size,
                plan.num_workers,
                net=net,
                image_size=plan.image_size,
                use_no_logo=plan.use_no_logo,
                use_boxes=plan.use_boxes,
            )
            histories.append(_train_net(net, loaders, weight_file, plan, seed))
        net = _together(net, [weight_file for _, _, weight_file in members], plan, len(classes))
    classifier = LogoClassifier(net, classes, loaders.preprocessing, matcher=plan.matcher)
    _calibrate(classifier, plan)
    return classifier, _history_columns(histories)


def fit_on_regions(plan: Plan) -> tuple[LogoClassifier, dict[str, list]]:
    """Train networks on regions of photos, and calibrate them.

    A single network without boxes learns from the validation photos too: cross-validation
    calibrates it. Otherwise the validation photos are kept for the calibration.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    classifier : LogoClassifier
    history : dict of str to list
        Columns of the training history. Empty without fine-tuning.

    Raises
    ------
    ValueError
        If there are no validation photos and the calibration needs some.
    """
    classes, histories = read_classes(plan.root), []
    no_logo = no_logo_index(classes)
    photos = photos_with_boxes(
        plan.root,
        ["train_data"],
        use_boxes=plan.use_boxes,
        leave_out=None if plan.use_no_logo else no_logo,
    )
    has_boxes, is_single = any(boxes for _, _, boxes in photos), len(plan.backbones) == 1
    leaves_out = is_single and plan.use_no_logo and not has_boxes and can_leave_out(plan.levels)
    if leaves_out:
        photos += photos_with_boxes(plan.root, ["val_data"], use_boxes=False)
    else:
        _require_validation_photos(plan.root)
    with tempfile.TemporaryDirectory() as folder:
        members = _members(folder, plan)
        for name, seed, weight_file in members:
            net = _new_net(name, len(classes), plan.recipe, plan.ctx, seed)
            _, augs = make_augs(plan.recipe, net, image_size=plan.image_size)
            head = fit_region_head(
                net, augs, photos, no_logo, seed, plan.class_weights, plan.artwork
            )
            if plan.fine_tune and has_boxes:
                histories.append(_fine_tune_on_patches(net, augs, photos, no_logo, plan, seed))
            save_weights(net, weight_file)
        net = _together(net, [weight_file for _, _, weight_file in members], plan, len(classes))
    prototypes = head.prototypes if is_single else None
    if has_boxes and (histories or not is_single):  # the features are not those of the head
        prototypes = remember_logos(net, augs, photos, no_logo, plan.seed, plan.artwork)
    classifier = LogoClassifier(net, classes, augs, matcher=plan.matcher, prototypes=prototypes)
    if leaves_out:
        calibrate_by_left_out(
            classifier,
            head,
            plan.levels,
            plan.false_positive_rate,
            plan.unknown_acceptance_rate,
        )
    else:
        _calibrate(classifier, plan)
    return classifier, _joined(histories)


def _fine_tune_on_patches(
    net: gluon.HybridBlock,
    augs: list,
    photos: list[PhotoWithBoxes],
    no_logo: int | None,
    plan: Plan,
    seed: int,
) -> dict[str, list]:
    return train_on_patches(
        net,
        photos,
        no_logo,
        plan.recipe,
        num_steps=math.ceil(plan.num_epochs * len(photos) / plan.recipe.batch_size),
        augs=augs,
        ctx=plan.ctx[0],
        seed=seed,
        cache=plan.root / CACHE_FOLDER,
        class_weights=plan.class_weights,
        deadline=plan.deadline,
    )


def _members(folder: str, plan: Plan) -> list[tuple[str, int, Path]]:
    """Backbone, seed and weight file of each network to train."""
    return [
        (name, plan.seed + ENSEMBLE_SEED_STRIDE * number, Path(folder) / f"member{number}.params")
        for number, name in enumerate(plan.backbones)
    ]


def _together(
    net: gluon.HybridBlock, weight_files: list[Path], plan: Plan, classes: int
) -> gluon.HybridBlock:
    """Return the only network, or an ensemble of the networks in the weight files."""
    if len(weight_files) == 1:
        return net
    return _load_ensemble(weight_files, ensemble_architecture(plan.backbones), classes, plan.ctx)


def _joined(histories: list[dict[str, list]]) -> dict[str, list]:
    """Join the columns of the histories of all networks."""
    columns = dict.fromkeys(column for history in histories for column in history)
    return {column: sum((history[column] for history in histories), []) for column in columns}


def _require_validation_photos(root: Path) -> None:
    if not any((root / "val_data").glob("*/*")):
        raise ValueError(
            f"There are no photos in {root / 'val_data'}. The calibration needs validation photos."
        )


def _new_net(
    backbone: str, classes: int, recipe: Recipe, ctx: list[mx.Context], seed: int
) -> gluon.Block:
    """Make the network to train, with pretrained weights if the backbone has any."""
    mx.random.seed(seed)
    if backbone in BUILDERS:
        net = build_net(backbone, classes)
        net.initialize(init.Xavier(magnitude=2.24), ctx=ctx)  # as the Gluon article does
    else:
        net = finetune_net(classes, backbone, ctx=ctx)
        freeze_lower(net, recipe.frozen)
    return net


def _train_net(
    net: gluon.Block, loaders: Loaders, weight_file: Path, plan: Plan, seed: int
) -> History:
    """Train a network, and write the weights that the recipe keeps to `weight_file`."""
    recipe = plan.recipe
    classifier = LogoClassifier(net, loaders.classes, loaders.preprocessing)
    history = train(
        net,
        plan.ctx,
        loaders.train,
        loaders.val,
        None,
        recipe.batch_size,
        plan.num_epochs,
        weight_file.with_suffix(""),
        True,
        recipe.learning_rate,
        recipe.wd,
        recipe=recipe,
        seed=seed,
        class_weights=plan.class_weights,
        train_acc_in_passing=True,
        after_epoch=hard_negative_callback(
            classifier, loaders.photos.train, plan.num_epochs, plan.rounds
        ),
        quiet=plan.quiet,
    )
    if recipe.keeps_best:
        history.load_best(net)
    save_weights(net, weight_file)
    return history


def _history_columns(histories: list[History]) -> dict[str, list]:
    """Join the histories of all networks into columns that JSON can hold."""
    frames = [
        history.frame.drop(columns="test_acc").round(4).reset_index() for history in histories
    ]
    return pd.concat(frames).to_dict("list")


def _load_ensemble(
    weight_files: list[Path], architecture: str, classes: int, ctx: list[mx.Context]
) -> gluon.HybridBlock:
    """Build an ensemble from the weight files of its networks."""
    net = build_net(architecture, classes)
    for member, path in zip(net.members, weight_files, strict=True):
        member.load_parameters(str(path), ctx=ctx)
    net.hybridize(static_alloc=True, static_shape=True)
    return net


def _calibrate(classifier: LogoClassifier, plan: Plan) -> None:
    """Fit the decisions on the validation photos."""
    photos = photos_with_boxes(plan.root, ["val_data"], use_boxes=plan.use_boxes)
    paths, labels, boxes = zip(*photos, strict=True)
    classifier.calibrate(
        paths,
        labels,
        boxes=boxes,
        levels=plan.levels,
        false_positive_rate=plan.false_positive_rate,
        unknown_acceptance_rate=plan.unknown_acceptance_rate,
    )
