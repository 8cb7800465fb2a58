"""The two ways in which `fit` trains: on crops of photos, and on regions of photos."""

import math
from pathlib import Path

import pandas as pd
from mxnet import gluon

from logoflow.datasets.class_list import read_classes
from logoflow.inference.classifier import LogoClassifier
from logoflow.labels import no_logo_index
from logoflow.loading.augment import Augs, make_augs
from logoflow.loading.loaders import CACHE_FOLDER, Loaders, make_loaders, split_loader
from logoflow.models.weight_files import save_weights
from logoflow.training.batches import evaluate_accuracy
from logoflow.training.curves import curve_writer
from logoflow.training.early_stopping import EarlyStopping
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
from logoflow.training.members import Member, train_members
from logoflow.training.plan import Plan
from logoflow.training.region_examples import PhotoWithBoxes
from logoflow.training.region_head import RegionHead
from logoflow.training.region_steps import train_on_patches
from logoflow.training.resume import drop_if_damaged, load_head, save_head, work_folder


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
    classes = read_classes(plan.root)
    interrupts: list[str] = []

    def train_member(net: gluon.HybridBlock, member: Member) -> tuple[History, Augs]:
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
        return _train_net(net, loaders, member, plan, interrupts), loaders.preprocessing

    with work_folder(plan, interrupts) as folder:
        net, results = train_members(plan, len(classes), folder, train_member, interrupts)
        preprocessing = results[-1][1]
        classifier = LogoClassifier(net, classes, preprocessing, matcher=plan.matcher)
        _calibrate(classifier, plan)
    return classifier, _history_columns([history for history, _ in results])


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
    classes = read_classes(plan.root)
    interrupts: list[str] = []
    no_logo = no_logo_index(classes)
    photos = photos_with_boxes(
        plan.root,
        ["train_data"],
        use_boxes=plan.use_boxes,
        leave_out=None if plan.use_no_logo else no_logo,
    )
    has_boxes = any(boxes for _, _, boxes in photos)
    is_alone = len(plan.backbones) == 1 and plan.use_no_logo and not has_boxes
    leaves_out = is_alone and can_leave_out(plan.levels)
    if leaves_out:
        photos += photos_with_boxes(plan.root, ["val_data"], use_boxes=False)
    else:
        _require_validation_photos(plan.root)
    fine_tunes = plan.fine_tune and has_boxes

    def train_member(
        net: gluon.HybridBlock, member: Member
    ) -> tuple[RegionHead, Augs, dict[str, list]]:
        _, augs = make_augs(plan.recipe, net, image_size=plan.image_size)
        head, history = _fit_head(net, augs, photos, no_logo, plan, member), {}
        if fine_tunes:
            history = _fine_tune_on_patches(net, augs, photos, no_logo, plan, member, interrupts)
        save_weights(net, member.weight_file)
        return head, augs, history

    with work_folder(plan, interrupts) as folder:
        net, results = train_members(plan, len(classes), folder, train_member, interrupts)
        (head, augs, _), is_single = results[-1], len(results) == 1
        prototypes = head.prototypes if is_single else None
        # The prototypes of `head` belong to one network, before fine-tuning.
        if has_boxes and (fine_tunes or not is_single):
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
    return classifier, _joined([history for _, _, history in results])


def _fit_head(
    net: gluon.HybridBlock,
    augs: list,
    photos: list[PhotoWithBoxes],
    no_logo: int | None,
    plan: Plan,
    member: Member,
) -> RegionHead:
    """Fit the output layer, or load it if an earlier call with this work folder fitted it."""
    path = member.weight_file.with_suffix(".head.npz")
    head = load_head(path, net.output)
    if head is None:
        head = fit_region_head(
            net, augs, photos, no_logo, member.seed, plan.class_weights, plan.artwork
        )
        if plan.resume_dir is not None:
            save_head(path, head, net.output)
    return head


def _fine_tune_on_patches(
    net: gluon.HybridBlock,
    augs: list,
    photos: list[PhotoWithBoxes],
    no_logo: int | None,
    plan: Plan,
    member: Member,
    interrupts: list[str],
) -> dict[str, list]:
    """Train all layers on parts of photos that show a logo, and on parts that show none."""
    early_stopping = resume_path = None
    if plan.resume_dir is not None:
        resume_path = member.weight_file.with_suffix(".resume.npz")
        drop_if_damaged(resume_path)
    if plan.patience is not None:
        validation = split_loader(
            plan.root,
            "val_data",
            augs,
            plan.recipe,
            plan.recipe.batch_size,
            plan.num_workers,
            image_size=plan.image_size,
        )
        early_stopping = EarlyStopping(
            net,
            lambda: evaluate_accuracy(validation, net, plan.ctx[:1]),
            plan.patience,
            member.weight_file.with_suffix(".best.params"),
        )
    with curve_writer(plan.log_dir, member.weight_file.stem) as write_curves:
        return train_on_patches(
            net,
            photos,
            no_logo,
            plan.recipe,
            num_steps=math.ceil(plan.num_epochs * len(photos) / plan.recipe.batch_size),
            augs=augs,
            ctx=plan.ctx[0],
            seed=member.seed,
            cache=plan.root / CACHE_FOLDER,
            class_weights=plan.class_weights,
            deadline=plan.deadline,
            early_stopping=early_stopping,
            resume_path=resume_path,
            on_row=write_curves,
            on_interrupt=interrupts.append,
        )


def _joined(histories: list[dict[str, list]]) -> dict[str, list]:
    """Join the columns of the histories of all networks."""
    columns = dict.fromkeys(column for history in histories for column in history)
    return {column: sum((history[column] for history in histories), []) for column in columns}


def _require_validation_photos(root: Path) -> None:
    if not any((root / "val_data").glob("*/*")):
        raise ValueError(
            f"There are no photos in {root / 'val_data'}. The calibration needs validation photos."
        )


def _train_net(
    net: gluon.HybridBlock,
    loaders: Loaders,
    member: Member,
    plan: Plan,
    interrupts: list[str],
) -> History:
    """Train a network, and write the weights that the recipe keeps."""
    recipe = plan.recipe
    prefix, hard_negatives_path = member.weight_file.with_suffix(""), None
    if plan.resume_dir is not None:
        hard_negatives_path = member.weight_file.with_suffix(".hard-negatives.json")
        drop_if_damaged(History(prefix).resume_path, hard_negatives_path)
    classifier = LogoClassifier(net, loaders.classes, loaders.preprocessing)
    with curve_writer(plan.log_dir, member.weight_file.stem) as write_curves:
        history = train(
            net,
            plan.ctx,
            loaders.train,
            loaders.val,
            None,
            recipe.batch_size,
            plan.num_epochs,
            prefix,
            True,
            recipe.learning_rate,
            recipe.wd,
            recipe=recipe,
            seed=member.seed,
            class_weights=plan.class_weights,
            train_acc_in_passing=True,
            patience=plan.patience,
            resume=plan.resume_dir is not None,
            after_epoch=hard_negative_callback(
                classifier,
                loaders.photos.train,
                plan.num_epochs,
                plan.rounds,
                hard_negatives_path,
            ),
            on_row=write_curves,
            on_interrupt=interrupts.append,
            quiet=plan.quiet,
        )
    if recipe.keeps_best or plan.patience is not None or interrupts:
        history.load_best(net)
    save_weights(net, member.weight_file)
    return history


def _history_columns(histories: list[History]) -> dict[str, list]:
    """Join the histories of all networks into columns that JSON can hold."""
    frames = [
        history.frame.drop(columns="test_acc").round(4).reset_index() for history in histories
    ]
    return pd.concat(frames).to_dict("list")


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
