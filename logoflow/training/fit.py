"""From prepared photos to a calibrated classifier in one call."""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import mxnet as mx
import pandas as pd
from mxnet import gluon, init

from logoflow.datasets.class_list import read_classes
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import check_rate
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import Level, LevelLike, as_levels
from logoflow.inference.matching import LogoMatcher, index_logos
from logoflow.loading.loaders import Loaders, make_loaders
from logoflow.models.build import BUILDERS, build_net
from logoflow.models.ensemble import ENSEMBLE_SEED_STRIDE, ensemble_architecture
from logoflow.models.finetune import finetune_net
from logoflow.models.freezing import freeze_lower
from logoflow.recipes import FORMER_ARGUMENTS, Recipe, get_recipe, refuse_former_names
from logoflow.training.hard_negatives import hard_negative_callback
from logoflow.training.history import History
from logoflow.training.loop import train
from logoflow.training.losses import balanced_weights
from logoflow.training.refit import refit
from logoflow.utils.devices import Contexts, as_list, default_ctx


@refuse_views("levels")
def fit(
    root: Path | str,
    backbone: str | Sequence[str] = "efficientnet_lite0",
    recipe: str | Recipe = "logoflow",
    *,
    num_epochs: int = 10,
    image_size: int = 160,
    levels: Sequence[LevelLike] = ("whole", "windows"),
    match_logos: bool = False,
    read_names: bool = False,
    false_positive_rate: float = 0.02,
    hard_negative_rounds: int = 2,
    refit_epochs: int = 0,
    use_no_logo: bool = True,
    use_boxes: bool = True,
    class_weights: list[float] | str | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
    quiet: bool = False,
    **settings: object,
) -> LogoClassifier:
    """Train a network on a prepared data set, calibrate it and pick its threshold.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` made.
    backbone : str or sequence of str
        A pretrained backbone, which is fine-tuned (`logoflow.finetune_net`), or ``"alexnet_cnn"``,
        ``"lenet5"`` or ``"mlp"``, which start from random weights. For several backbones one
        network each is trained, one after another, and their answers are averaged
        (`logoflow.models.ensemble.Ensemble`): more accurate, and slower by their number.
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    num_epochs : int
        Passes over the training photos.
    image_size : int
        Side of the square the network sees, in pixels.
    levels : sequence of Level or str
        How closely photos are looked at (`logoflow.Level`): ``"whole"``, ``"few-windows"``,
        ``"windows"`` or ``"more-windows"``. A decision is fitted for each level, and `predict`
        uses the last one by default.
    match_logos : bool
        Switch the comparison with known logos on, in all levels that are given as text. The
        classifier then remembers the logos in the boxes of the training photos
        (`logoflow.LogoMatcher`).
    read_names : bool
        Switch the reading of brand names on, in all levels that are given as text
        (`logoflow.BrandNameReader`).
    false_positive_rate : float
        Share of the no-logo photos that may be given a brand, above 0 and below 1. The threshold
        is picked for it on validation, where the background of logo photos counts as no-logo too.
    hard_negative_rounds : int
        Training is split into so many rounds. Between them, hard negatives are mined from the
        no-logo training photos, if the recipe mines them. 1: never.
    refit_epochs : int
        Epochs on the photos of training and validation together, after everything is decided
        (`logoflow.refit`). If they fail, for example because the disk is full, `fit` warns and
        returns the classifier as it was before them.
    use_no_logo : bool
        False trains without no-logo photos.
    use_boxes : bool
        False trains as if nobody had drawn boxes around the logos.
    class_weights : list of float or "balanced", optional
        Weight of each class in the loss, in label order. With ``"balanced"`` every class counts
        the same (`logoflow.balanced_weights`).
    num_workers : int
        Processes that decode photos. 0: this one.
    ctx : Context or sequence of Context, optional
        Devices.
    seed : int
        Seeds the output layer's first weights, the order of photos, augmentation and dropout.
    quiet : bool
        Print no lines.
    **settings
        Values that replace the recipe's own, `learning_rate` for example (`logoflow.get_recipe`).

    Returns
    -------
    LogoClassifier
        With the weights that its recipe keeps (their average, where it averages) and its decisions.
        The training history is in ``metadata["history"]``, network after network.

    Raises
    ------
    ValueError
        Before anything is trained: if several backbones want photos normalised in different ways,
        `match_logos` has no boxes, there are no photos to validate on, or a value is out of range.
    WeightsError, ClassListError, FloatingPointError, ValueError
        As `finetune_net`, `make_loaders`, `train` and `LogoClassifier.calibrate` do.

    Examples
    --------
    >>> classifier = fit(prepare_root("folder", "~/brands"), num_epochs=20)
    >>> classifier.save("my-model")
    """
    refuse_former_names(settings, FORMER_ARGUMENTS)
    recipe, ctx, root = get_recipe(recipe, **settings), as_list(ctx or default_ctx()), Path(root)
    backbones = [backbone] if isinstance(backbone, str) else list(backbone)
    architecture, classes = _checked_architecture(backbones, root), read_classes(root)
    class_weights = _checked_weights(class_weights, root, classes)
    wanted = as_levels(levels, match_logos, read_names)
    check_rate(false_positive_rate)
    matcher = _matcher(root, use_boxes, wanted)
    rounds = hard_negative_rounds if use_no_logo and recipe.mines_hard_negatives else 1
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"member{number}.params" for number in range(len(backbones))]
        for number, (name, file) in enumerate(zip(backbones, files, strict=True)):
            member_seed = seed + ENSEMBLE_SEED_STRIDE * number
            net = _new_net(name, len(classes), recipe, ctx, member_seed)
            loaders = make_loaders(
                root,
                recipe,
                recipe.batch_size,
                num_workers,
                net=net,
                image_size=image_size,
                use_no_logo=use_no_logo,
                use_boxes=use_boxes,
            )
            history = _train_net(
                net,
                loaders,
                recipe,
                ctx,
                file,
                num_epochs=num_epochs,
                rounds=rounds,
                seed=member_seed,
                class_weights=class_weights,
                quiet=quiet,
            )
            tables.append(history.frame.drop(columns="test_acc").round(4).reset_index())
        if len(backbones) > 1:
            net = _build_ensemble(files, architecture, len(classes), ctx)
    classifier = LogoClassifier(net, classes, loaders.preprocessing, matcher=matcher)
    _calibrate(classifier, loaders, wanted, false_positive_rate)
    classifier.metadata = {
        "backbone": architecture,
        "recipe": recipe.name,
        "plan": asdict(recipe),
        "image_size": image_size,
        "epochs": num_epochs,
        "hard_negative_rounds": rounds,
        "use_no_logo": use_no_logo,
        "use_boxes": use_boxes,
        "class_weights": class_weights,
        "seed": seed,
        "history": pd.concat(tables).to_dict("list"),
    }
    if refit_epochs:
        return _refit_or_warn(classifier, root, refit_epochs, num_workers, ctx)
    return classifier


def _checked_architecture(backbones: list[str], root: Path) -> str:
    """The architecture's name. Refuses before training what would only fail after it."""
    if not backbones:
        raise ValueError("No backbone at all: name one at least.")
    if not any((root / "val_data").glob("*/*")):
        raise ValueError(f"No photos in {root / 'val_data'}, and the decision needs some.")
    architecture = ensemble_architecture(backbones)
    build_net(architecture, 2)
    return architecture


def _checked_weights(
    class_weights: Sequence[float] | str | None, root: Path | str, classes: tuple[str, ...]
) -> list[float] | None:
    """The classes' weights as numbers, checked."""
    if class_weights is None:
        return None
    if isinstance(class_weights, str):
        if class_weights != "balanced":
            raise ValueError(f'class_weights is {class_weights!r}: give numbers or "balanced".')
        return balanced_weights(root)
    weights = [float(weight) for weight in class_weights]
    if len(weights) != len(classes):
        raise ValueError(f"{len(weights)} class_weights, and {len(classes)} classes: {classes}.")
    return weights


def _refit_or_warn(
    classifier: LogoClassifier, root: Path, num_epochs: int, num_workers: int, ctx: list[mx.Context]
) -> LogoClassifier:
    """Train the last epochs; if they fail, keep the classifier that took hours to train."""
    try:
        return refit(classifier, root, num_epochs=num_epochs, num_workers=num_workers, ctx=ctx)
    except (OSError, FloatingPointError) as error:
        warnings.warn(
            f"The last epochs on all photos failed ({error}). This is the classifier of before "
            f"them: logoflow.refit(classifier, root, num_epochs={num_epochs}) tries again.",
            stacklevel=3,
        )
        return classifier


def _matcher(root: Path, use_boxes: bool, levels: Sequence[Level]) -> LogoMatcher | None:
    """A matcher that knows the logos in the training photos, if a level asks for it."""
    if not any(level.match_logos for level in levels):
        return None
    if not use_boxes:
        raise ValueError(
            "match_logos remembers the logos in their boxes: leave use_boxes=True, or leave "
            "match_logos off."
        )
    return LogoMatcher(index_logos(root))


def _new_net(
    backbone: str, classes: int, recipe: Recipe, ctx: list[mx.Context], seed: int
) -> gluon.Block:
    """A network to train, from pretrained weights where there are any."""
    mx.random.seed(seed)
    if backbone in BUILDERS:
        net = build_net(backbone, classes)
        net.initialize(init.Xavier(magnitude=2.24), ctx=ctx)  # as the Gluon article does
    else:
        net = finetune_net(classes, backbone, ctx=ctx)
        freeze_lower(net, recipe.frozen)
    return net


def _train_net(
    net: gluon.Block,
    loaders: Loaders,
    recipe: Recipe,
    ctx: list[mx.Context],
    file: Path,
    *,
    num_epochs: int,
    rounds: int,
    seed: int,
    class_weights: list[float] | None,
    quiet: bool,
) -> History:
    """Train a network by a recipe and write the weights that the recipe keeps to a file."""
    classifier = LogoClassifier(net, loaders.classes, loaders.preprocessing)
    history = train(
        net,
        ctx,
        loaders.train,
        loaders.val,
        None,
        recipe.batch_size,
        num_epochs,
        file.with_suffix(""),
        True,
        recipe.learning_rate,
        recipe.wd,
        recipe=recipe,
        seed=seed,
        class_weights=class_weights,
        train_acc_in_passing=True,
        after_epoch=hard_negative_callback(classifier, loaders.photos.train, num_epochs, rounds),
        quiet=quiet,
    )
    if recipe.keeps_best:
        history.load_best(net)
    net.save_parameters(str(file))
    return history


def _build_ensemble(
    files: list[Path], architecture: str, classes: int, ctx: list[mx.Context]
) -> gluon.HybridBlock:
    """Put networks that were trained one by one together as one."""
    net = build_net(architecture, classes)
    for member, path in zip(net.members, files, strict=True):
        member.load_parameters(str(path), ctx=ctx)
    net.hybridize(static_alloc=True, static_shape=True)
    return net


def _calibrate(
    classifier: LogoClassifier,
    loaders: Loaders,
    levels: Sequence[Level],
    false_positive_rate: float,
) -> None:
    """Fit the decisions on the photos of validation."""
    photos = loaders.photos.val
    paths, labels = zip(*photos.items, strict=True)
    boxes = [photos.boxes_of(path) for path in paths]
    classifier.calibrate(
        paths, labels, boxes=boxes, levels=levels, false_positive_rate=false_positive_rate
    )
