"""From prepared photos to a calibrated classifier in one call."""

import tempfile
from pathlib import Path

import mxnet as mx

from logoflow.classifier import LogoClassifier
from logoflow.evaluation import Contexts, as_list, default_ctx
from logoflow.folders import read_classes
from logoflow.loading import Loaders, PhotoFolder, make_loaders
from logoflow.mining import hard_negatives
from logoflow.models import finetune_net, freeze_lower
from logoflow.recipes import Recipe, get_recipe
from logoflow.training import train


def fit(
    root: Path | str,
    backbone: str = "efficientnet_lite0",
    recipe: str | Recipe = "logoflow",
    *,
    num_epochs: int = 24,
    size: int = 192,
    views: tuple[int, ...] = (1, 3),
    false_positive_rate: float = 0.02,
    rounds: int = 2,
    negatives: bool = True,
    boxes: bool = True,
    class_weights: list[float] | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
    quiet: bool = False,
    **settings: object,
) -> LogoClassifier:
    """Fine-tune a net on a prepared data set, calibrate it, pick its threshold.

    Parameters
    ----------
    root : Path or str
        As `logoflow.prepare_root` made it.
    backbone : str
        See `logoflow.finetune_net`.
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    num_epochs : int
        Passes over the training photos.
    size : int
        Side of the square the net sees, pixels.
    views : tuple of int
        How closely validation photos are looked at (`logoflow.views.windows`), a decision being
        fitted for each; the last is what `predict` does by default.
    false_positive_rate : float
        Share of the no-logo photos that may be given a brand, above 0 and below 1. The threshold
        is picked for it on validation, where what lies beside the logos counts as no-logo too.
    rounds : int
        Between rounds, hard negatives are mined from the no-logo photos of training. 1: never.
    negatives, boxes : bool
        False: train without no-logo photos; as if nobody had drawn boxes (`make_loaders`).
    class_weights : list of float, optional
        Of the classes in the loss.
    num_workers : int
        Processes that decode photos.
    ctx : Context or sequence of Context, optional
        Devices.
    seed : int
        Of the output layer's first weights, the order of photos, augmentation and dropout.
    quiet : bool
        Print no lines.
    **settings
        In place of the recipe's own, `learning_rate` say (`logoflow.get_recipe`).

    Returns
    -------
    LogoClassifier
        With the last epoch's weights (their average, where the recipe has one), its decisions,
        and the run's history in ``facts["history"]``.

    Raises
    ------
    WeightsError, ClassListError, FloatingPointError, ValueError
        As `finetune_net`, `make_loaders`, `train` and `LogoClassifier.calibrate` do.

    Examples
    --------
    >>> classifier = fit(prepare_root("folder", "~/brands"), num_epochs=20)
    >>> classifier.save("my-model")
    """
    plan = get_recipe(recipe, **settings)
    ctx = as_list(ctx or default_ctx())
    classes = read_classes(root)
    mx.random.seed(seed)
    net = finetune_net(len(classes), backbone, ctx=ctx)
    freeze_lower(net, plan.frozen)
    loaders = make_loaders(
        *(root, plan, plan.batch_size, num_workers),
        **{"net": net, "size": size, "negatives": negatives, "boxes": boxes},
    )
    augs = loaders.val._dataset.augs
    classifier = LogoClassifier(net, classes, augs)
    may_mine = negatives and rounds > 1 and classifier.no_logo is not None

    def after_epoch(epoch: int) -> None:
        if may_mine and _is_end_of_round(epoch, num_epochs, rounds):
            found = hard_negatives(classifier, Path(root) / "train_data")
            loaders.train._dataset.boxes.update(found)

    with tempfile.TemporaryDirectory() as folder:
        history = train(
            *(net, ctx, loaders.train, loaders.val, None, plan.batch_size, num_epochs),
            *(Path(folder) / "net", True, plan.learning_rate, plan.wd),
            **plan.train_options(),
            **{"class_weights": class_weights, "seed": seed, "after_epoch": after_epoch},
            **{"train_acc_in_passing": True, "quiet": quiet},
        )
    _calibrate(classifier, loaders, views, false_positive_rate)
    classifier.facts = {
        **{"backbone": backbone, "recipe": plan.name, "image_size": size, "epochs": num_epochs},
        **{"rounds": rounds, "negatives": negatives, "boxes": boxes, "seed": seed},
        "history": history.frame.drop(columns="test_acc").round(4).reset_index().to_dict("list"),
    }
    return classifier


def _is_end_of_round(epoch: int, num_epochs: int, rounds: int) -> bool:
    """Tell whether another round begins after an epoch."""
    round_of = [rounds * number // num_epochs for number in (epoch, epoch + 1)]
    return epoch + 1 < num_epochs and round_of[0] != round_of[1]


def _calibrate(classifier, loaders: Loaders, views, false_positive_rate: float) -> None:
    """Calibrate on the photos of validation."""
    photos: PhotoFolder = loaders.val._dataset
    paths, labels = zip(*photos.items, strict=True)
    boxes = [photos.boxes_of(path) for path in paths]
    options = {"views": views, "false_positive_rate": false_positive_rate}
    classifier.calibrate(paths, labels, boxes=boxes, **options)
