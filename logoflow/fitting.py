"""From prepared photos to a calibrated classifier in one call."""

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import mxnet as mx
import pandas as pd
from mxnet import gluon, init

from logoflow.classifier import LogoClassifier
from logoflow.decision import check_rate
from logoflow.ensembles import architecture_of_several
from logoflow.evaluation import Contexts, as_list, default_ctx
from logoflow.folders import read_classes
from logoflow.history import History
from logoflow.loading import Loaders, make_loaders
from logoflow.losses import balanced_weights
from logoflow.matching import LogoMatcher, matcher_for
from logoflow.mining import hard_negatives
from logoflow.models import BUILDERS, build_net, finetune_net, freeze_lower
from logoflow.recipes import Recipe, get_recipe
from logoflow.refitting import refit
from logoflow.training import train
from logoflow.views import MATCHED, window_count

MEMBER_SEEDS = 1000  # between the seeds of an ensemble's nets


def fit(
    root: Path | str,
    backbone: str | Sequence[str] = "efficientnet_lite0",
    recipe: str | Recipe = "logoflow",
    *,
    num_epochs: int = 10,
    image_size: int = 160,
    views: tuple[int, ...] = (1, 3),
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
    """Train a net on a prepared data set, calibrate it, pick its threshold.

    Parameters
    ----------
    root : Path or str
        As `logoflow.prepare_root` made it.
    backbone : str or sequence of str
        A pretrained one, which is fine-tuned (`logoflow.finetune_net`), or ``"alexnet_cnn"``,
        ``"lenet5"`` or ``"mlp"``, which start from nothing. Of several, a net each is trained, one
        after another, and they answer as one (`logoflow.Ensemble`): more accurate, and that
        much longer to train and to ask.
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    num_epochs : int
        Passes over the training photos.
    image_size : int
        Side of the square the network sees, in pixels.
    views : tuple of int
        How closely validation photos are looked at (`logoflow.views.windows`), a decision being
        fitted for each; the last is what `predict` does by default. With 5 or 6 among them,
        the logos of the training photos' boxes are remembered (`logoflow.LogoMatcher`).
    false_positive_rate : float
        Share of the no-logo photos that may be given a brand, above 0 and below 1. The threshold
        is picked for it on validation, where what lies beside the logos counts as no-logo too.
    hard_negative_rounds : int
        Training is split into so many rounds. Between them, hard negatives are mined from the
        no-logo training photos, if the recipe mines them. 1: never.
    refit_epochs : int
        When all is decided, so many epochs more on the photos of training and validation alike
        (`logoflow.refit`). Where they fail, on a full disk say, a warning tells it and the
        classifier is the one of before.
    use_no_logo : bool
        False trains without no-logo photos.
    use_boxes : bool
        False trains as if nobody had drawn boxes around the logos.
    class_weights : list of float or "balanced", optional
        Of the classes in the loss, in label order; ``"balanced"``: every class counts the same
        (`logoflow.balanced_weights`).
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
        With the weights that its recipe keeps (their average, where it has one), its decisions,
        and the runs' history, one after another, in ``facts["history"]``.

    Raises
    ------
    ValueError
        Before anything is trained: if several backbones want photos normalised in different ways,
        views 5 have no boxes, there are no photos to validate on, or a value is out of range.
    WeightsError, ClassListError, FloatingPointError, ValueError
        As `finetune_net`, `make_loaders`, `train` and `LogoClassifier.calibrate` do.

    Examples
    --------
    >>> classifier = fit(prepare_root("folder", "~/brands"), num_epochs=20)
    >>> classifier.save("my-model")
    """
    plan, ctx = get_recipe(recipe, **settings), as_list(ctx or default_ctx())
    kinds = [backbone] if isinstance(backbone, str) else list(backbone)
    architecture, classes = _checked(kinds, root), read_classes(root)
    weights = _weights(class_weights, root, classes)
    _check_decision(views, false_positive_rate)
    matcher = _matcher(root, use_boxes, views)
    rounds = hard_negative_rounds if use_no_logo and plan.mines_hard_negatives else 1
    train_one = partial(
        *(_train_one, Path(root), plan, ctx, classes, num_epochs, rounds),
        {
            "num_workers": num_workers,
            "image_size": image_size,
            "use_no_logo": use_no_logo,
            "use_boxes": use_boxes,
        },
        {"class_weights": weights, "quiet": quiet},
    )
    histories = []
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"member{number}.params" for number in range(len(kinds))]
        for number, (kind, file) in enumerate(zip(kinds, files, strict=True)):
            net, loaders, history = train_one(kind, seed + MEMBER_SEEDS * number, file)
            histories.append(history.frame.drop(columns="test_acc").round(4).reset_index())
        if len(kinds) > 1:
            net = _bring_together(files, architecture, len(classes), ctx)
    classifier = LogoClassifier(net, classes, loaders.preprocessing, matcher=matcher)
    _calibrate(classifier, loaders, views, false_positive_rate)
    classifier.facts = {
        **{
            "backbone": architecture,
            "recipe": plan.name,
            "image_size": image_size,
            "epochs": num_epochs,
        },
        **{"hard_negative_rounds": rounds, "use_no_logo": use_no_logo, "use_boxes": use_boxes},
        **{"plan": asdict(plan), "class_weights": weights},
        **{"seed": seed, "history": pd.concat(histories).to_dict("list")},
    }
    if refit_epochs:
        how = {"num_epochs": refit_epochs, "num_workers": num_workers, "ctx": ctx}
        return _refitted(classifier, root, how)
    return classifier


def _checked(kinds: list[str], root: Path | str) -> str:
    """The architecture's name; what would fail at the end is refused before training."""
    if not kinds:
        raise ValueError("No backbone at all: name one at least.")
    if not any((Path(root) / "val_data").glob("*/*")):
        raise ValueError(f"No photos in {Path(root) / 'val_data'}, and the decision needs some.")
    architecture = architecture_of_several(kinds)
    build_net(architecture, 2)
    return architecture


def _check_decision(views: Sequence[int], false_positive_rate: float) -> None:
    """Refuse at once what would only fail once the net is trained."""
    if not views:
        raise ValueError("No views at all: name one number at least, such as (1, 3).")
    for number in views:
        window_count(number)
    check_rate(false_positive_rate)


def _weights(
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


def _refitted(classifier: LogoClassifier, root: Path | str, how: dict) -> LogoClassifier:
    """The last epochs; a training of hours is not to be lost where they fail."""
    try:
        return refit(classifier, root, **how)
    except (OSError, FloatingPointError) as error:
        warnings.warn(
            f"The last epochs on all photos failed ({error}). This is the classifier of before "
            f"them: logoflow.refit(classifier, root, num_epochs={how['num_epochs']}) tries again.",
            stacklevel=3,
        )
        return classifier


def _matcher(root: Path | str, boxes: bool, views: Sequence[int]) -> LogoMatcher | None:
    """What knows the training photos' logos, where it is asked for and there are boxes."""
    if boxes:
        return matcher_for(root, views)
    if MATCHED in views:
        raise ValueError(f"views={MATCHED} remembers the logos in their boxes: not boxes=False.")
    return None


def _train_one(
    root: Path,
    plan: Recipe,
    ctx: list[mx.Context],
    classes: tuple[str, ...],
    num_epochs: int,
    rounds: int,
    data: dict,
    options: dict,
    kind: str,
    seed: int,
    file: Path,
) -> tuple[gluon.Block, Loaders, History]:
    """Train a net and write its weights to a file."""
    mx.random.seed(seed)
    net = _new_net(kind, len(classes), plan, ctx)
    loaders = make_loaders(root, plan, plan.batch_size, net=net, **data)
    history = train(
        *(net, ctx, loaders.train, loaders.val, None, plan.batch_size, num_epochs),
        *(file.with_suffix(""), True, plan.learning_rate, plan.wd),
        **{"seed": seed, "train_acc_in_passing": True},
        after_epoch=_miner(net, classes, loaders, root, num_epochs, rounds),
        **plan.train_options(),
        **options,
    )
    if plan.keeps_best:
        history.load_best(net)
    net.save_parameters(str(file))
    return net, loaders, history


def _new_net(backbone: str, classes: int, plan: Recipe, ctx: list[mx.Context]) -> gluon.Block:
    """A net to train, from pretrained weights where there are any."""
    if backbone in BUILDERS:
        net = build_net(backbone, classes)
        net.initialize(init.Xavier(magnitude=2.24), ctx=ctx)  # as the Gluon article does
    else:
        net = finetune_net(classes, backbone, ctx=ctx)
        freeze_lower(net, plan.frozen)
    return net


def _bring_together(
    files: list[Path], architecture: str, classes: int, ctx: list[mx.Context]
) -> gluon.HybridBlock:
    """One net of those that were trained apart."""
    net = build_net(architecture, classes)
    for member, path in zip(net.members, files, strict=True):
        member.load_parameters(str(path), ctx=ctx)
    net.hybridize(static_alloc=True, static_shape=True)
    return net


def _miner(
    net: gluon.Block,
    classes: tuple[str, ...],
    loaders: Loaders,
    root: Path | str,
    num_epochs: int,
    rounds: int,
) -> Callable[[int], None] | None:
    """What looks for hard negatives between rounds; None where there are none to look for."""
    classifier = LogoClassifier(net, classes, loaders.preprocessing)
    if rounds < 2 or classifier.no_logo is None:
        return None

    def after_epoch(epoch: int) -> None:
        if _is_end_of_round(epoch, num_epochs, rounds):
            found = hard_negatives(classifier, Path(root) / "train_data")
            loaders.photos.train.boxes.update(found)

    return after_epoch


def _is_end_of_round(epoch: int, num_epochs: int, rounds: int) -> bool:
    """Tell whether another round begins after an epoch."""
    round_of = [rounds * number // num_epochs for number in (epoch, epoch + 1)]
    return epoch + 1 < num_epochs and round_of[0] != round_of[1]


def _calibrate(classifier, loaders: Loaders, views, false_positive_rate: float) -> None:
    """Calibrate on the photos of validation."""
    photos = loaders.photos.val
    paths, labels = zip(*photos.items, strict=True)
    boxes = [photos.boxes_of(path) for path in paths]
    options = {"views": views, "false_positive_rate": false_positive_rate}
    classifier.calibrate(paths, labels, boxes=boxes, **options)
