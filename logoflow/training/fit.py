"""Train and calibrate a classifier on a prepared data set, in one call."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from time import monotonic

import mxnet as mx

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.composing.artwork import Artwork, Source
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.index_logos import index_logos
from logoflow.inference.levels import Level, LevelLike, as_levels
from logoflow.inference.matching import LogoMatcher
from logoflow.models.build import architecture_of
from logoflow.recipes import (
    FORMER_ARGUMENTS,
    FORMER_FIELDS,
    Recipe,
    get_recipe,
    refuse_former_names,
)
from logoflow.training.artwork_examples import artwork_of_classes
from logoflow.training.curves import log_folder
from logoflow.training.fit_arguments import (
    as_backbones,
    check_optimizer,
    check_rates,
    check_setting_names,
    check_switches,
    check_training_photos,
    checked_architecture,
    checked_devices,
    checked_weights,
    prepared_root,
)
from logoflow.training.fit_defaults import default_epochs, default_levels, default_recipe
from logoflow.training.losses import ClassWeights
from logoflow.training.plan import Plan
from logoflow.training.refit import refit
from logoflow.training.strategies import fit_on_crops, fit_on_regions
from logoflow.utils.addresses import local_path
from logoflow.utils.devices import Contexts
from logoflow.values import number_between, whole_number


@refuse_views("levels")
def fit(
    root: Path | str,
    backbone: str | Sequence[str] = "logo_lite0",
    recipe: str | Recipe | None = None,
    *,
    fine_tune: bool = True,
    num_epochs: int | None = None,
    minutes: float | None = None,
    image_size: int = 160,
    levels: Sequence[LevelLike] | None = None,
    match_logos: bool = False,
    read_names: bool = False,
    false_positive_rate: float = 0.02,
    unknown_acceptance_rate: float | None = 0.1,
    hard_negative_rounds: int = 2,
    refit_epochs: int = 0,
    use_no_logo: bool = True,
    use_boxes: bool = True,
    class_weights: ClassWeights | str | None = None,
    artwork: Mapping[str, Sequence[Source]] | str | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
    patience: int | None = None,
    log_dir: Path | str | None = None,
    resume_dir: Path | str | None = None,
    quiet: bool = False,
    **settings: object,
) -> LogoClassifier:
    """Train a network on a prepared data set, calibrate it and choose its threshold.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` prepared.
    backbone : str or sequence of str
        The name of a pretrained backbone, which is fine-tuned (`logoflow.finetune_net`).
        ``"logo_lite0"`` was pretrained on logos and needs the fewest photos. The networks
        ``"alexnet_cnn"``, ``"lenet5"`` and ``"mlp"`` start from random weights. If you pass several
        backbones, `fit` trains one network per backbone and averages their answers
        (`logoflow.models.ensemble.Ensemble`). An ensemble finds more logos at few false alarms.
        Three networks take three times as long.
    recipe : str or Recipe, optional
        See `logoflow.get_recipe`. By default ``"regions"`` for the backbone ``"logo_lite0"``: `fit`
        first fits the output layer to regions of the photos, which takes seconds. If there are
        boxes, it then fine-tunes the layers below. For other backbones the default is
        ``"logoflow"``.
    fine_tune : bool
        Whether to train the layers below the output layer. False, for the recipe ``"regions"``
        only, gives a classifier in seconds. Without boxes, these layers are never trained.
    num_epochs : int, optional
        Passes over the training photos. By default 10. For the recipe ``"regions"``, the default
        number of steps grows with the square root of the number of photos.
    minutes : float, optional
        Time after which no further fine-tuning step starts, from the call of `fit` on. `fit` then
        calibrates and returns what it has. For the recipe ``"regions"`` only.
    image_size : int
        Side of the square the network sees, in pixels.
    levels : sequence of Level or str, optional
        How closely to look at photos (`logoflow.Level`). `fit` fits a decision for each level.
        `predict` uses the last level by default. By default ``("whole", "regions")``; without boxes
        ``("whole", "grid")``; for other recipes than ``"regions"`` ``("whole", "windows")``.
    match_logos : bool
        Whether the levels that are given as text also compare with known logos. The
        classifier then remembers the logos in the boxes of the training photos
        (`logoflow.inference.matching.LogoMatcher`).
    read_names : bool
        Whether the levels that are given as text also read brand names
        (`logoflow.BrandNameReader`).
    false_positive_rate : float
        Share of no-logo photos that may get a brand, above 0 and below 1. `fit` chooses the
        threshold for this rate on the validation photos. The background of logo photos counts as
        no-logo there too.
    unknown_acceptance_rate : float or None
        Share of the photos of unknown brands that may be given a brand, above 0 and below 1. `fit`
        learns to recognise unknown brands by leaving out each of the known ones in turn. This needs
        at least three brands. None: there is no test for unknown brands.
    hard_negative_rounds : int
        Number of rounds of equal length into which the training is divided. Between two rounds,
        `fit` mines hard negatives in the no-logo training photos, if the recipe says so. 1 turns
        this off.
    refit_epochs : int
        Number of further epochs on training and validation photos together, after the
        calibration (`logoflow.refit`). If they fail, for example because the disk is full, `fit`
        warns and returns the classifier from before these epochs.
    use_no_logo : bool
        Whether to train on no-logo photos too.
    use_boxes : bool
        Whether to use the boxes around the logos. If False, `fit` trains as if there were none.
    class_weights : list of float, dict or "balanced", optional
        Weight of each class in the loss: in label order, or by name or label, such as
        ``{"no-logo": 0.5}``. Classes that a dict does not have get the weight 1. With
        ``"balanced"``, every class counts the same (`logoflow.balanced_weights`).
    artwork : mapping of str to sequence, or "simple-icons", optional
        Logos to learn from beside the photos, from the name of a brand to its logos
        (`logoflow.datasets.composing.artwork.read_artwork`). It helps most with up to five photos
        per brand, and for variants of a logo that no photo shows. ``"simple-icons"`` looks the
        brands up in Simple Icons. For the recipe ``"regions"`` and one backbone.
    num_workers : int
        Number of processes that decode photos. With 0, the calling process decodes them.
    ctx : Context or sequence of Context, optional
        Devices. By default, those of `logoflow.default_ctx`.
    seed : int
        Seed of the initial weights of the output layer, the order of the photos, augmentation
        and dropout.
    patience : int, optional
        Stop the training of a network after this many epochs without a better accuracy on the
        validation photos, and keep the best epoch. By default, training does not stop early.
    log_dir : Path or str, optional
        Folder for learning curves, which ``tensorboard --logdir`` shows while the training goes on.
        It needs the extra ``tensorboard``.
    resume_dir : Path or str, optional
        Folder for finished stages: fitted output layers and epochs of training. If `fit` is killed
        or interrupted, the same call continues from there. A call with other photos or settings
        starts from the beginning, in another folder. After a complete training, `fit` removes its
        files.
    quiet : bool
        Whether to print nothing.
    **settings : object
        Values that replace those of the recipe, for example `learning_rate`
        (`logoflow.get_recipe`).

    Returns
    -------
    LogoClassifier
        The classifier with one decision per level. ``metadata["history"]`` has the training history
        of each network.

    Raises
    ------
    ValueError
        Before the training starts: if several backbones normalise photos in different ways, if
        `match_logos` has no boxes, if there are no validation photos, if only one class has
        training photos, if `artwork` has a brand that is not a class, or if a value is out of
        range.
    NotPreparedError
        If `root` is not a prepared data set.
    ArtworkError, ImageError, OSError
        If artwork cannot be read, before the training starts.
    WeightsError, ClassListError, FloatingPointError, ValueError
        See `finetune_net`, `make_loaders`, `train` and `LogoClassifier.calibrate`.

    Warns
    -----
    UserWarning
        If there are too few no-logo photos for `false_positive_rate`, if the `refit_epochs`
        failed, if a file in `resume_dir` is damaged, or if the training was interrupted.

    Notes
    -----
    An interrupt (Ctrl-C, or *Interrupt* in a notebook) does not lose the training: `fit` calibrates
    and returns the best so far. Before there is anything to return, or if you interrupt again, it
    raises KeyboardInterrupt as usual.

    Examples
    --------
    A real training has more photos, a pretrained backbone and more epochs.

    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> classifier = fit(root, "lenet5", num_epochs=1, image_size=64, levels=["whole"], quiet=True)
    >>> classifier.classes
    ('adidas', 'aldi', 'no-logo')
    """
    refuse_former_names(settings, FORMER_ARGUMENTS | FORMER_FIELDS)
    check_setting_names(settings, signature(fit).parameters)
    root, ctx = prepared_root(root), checked_devices(ctx)
    deadline = None if minutes is None else monotonic() + 60 * number_between("minutes", minutes, 0)
    image_size = whole_number("image_size", image_size, least=1)
    seed = whole_number("seed", seed, least=0)
    num_workers = whole_number("num_workers", num_workers, least=0)
    refit_epochs = whole_number("refit_epochs", refit_epochs, least=0)
    patience = None if patience is None else whole_number("patience", patience, least=1)
    hard_negative_rounds = whole_number("hard_negative_rounds", hard_negative_rounds, least=1)
    check_switches(
        fine_tune=fine_tune,
        use_no_logo=use_no_logo,
        use_boxes=use_boxes,
        match_logos=match_logos,
        read_names=read_names,
        quiet=quiet,
    )
    backbones = as_backbones(backbone)
    recipe = get_recipe(recipe or default_recipe(backbones), **settings)
    check_optimizer(recipe)
    checked_architecture(backbones, recipe.fixed_size or image_size)
    classes = read_classes(root)
    check_training_photos(root, classes, use_no_logo)
    class_weights = checked_weights(class_weights, root, classes)
    levels = default_levels(recipe, root, use_boxes) if levels is None else levels
    requested_levels = as_levels(levels, match_logos, read_names)
    check_rates(false_positive_rate, unknown_acceptance_rate)
    matcher = _make_matcher(root, use_boxes, requested_levels)
    rounds = hard_negative_rounds if use_no_logo and recipe.mines_hard_negatives else 1
    num_epochs = default_epochs(recipe, root) if num_epochs is None else num_epochs
    num_epochs = whole_number("num_epochs", num_epochs, least=1)
    goes_on = resume_dir is not None or refit_epochs > 0
    logos = _read_artwork(artwork, classes, recipe, backbones, goes_on=goes_on)
    plan = Plan(
        root=root,
        backbones=backbones,
        recipe=recipe,
        levels=requested_levels,
        matcher=matcher,
        false_positive_rate=false_positive_rate,
        unknown_acceptance_rate=unknown_acceptance_rate,
        fine_tune=fine_tune,
        num_epochs=num_epochs,
        deadline=deadline,
        rounds=rounds,
        image_size=image_size,
        use_no_logo=use_no_logo,
        use_boxes=use_boxes,
        class_weights=class_weights,
        artwork=logos,
        num_workers=num_workers,
        ctx=ctx,
        seed=seed,
        patience=patience,
        log_dir=log_folder(log_dir),
        resume_dir=None if resume_dir is None else local_path(resume_dir),
        quiet=quiet,
    )
    return _train(plan, refit_epochs)


def _train(plan: Plan, refit_epochs: int) -> LogoClassifier:
    """Train and calibrate, then train `refit_epochs` more epochs on all photos."""
    strategy = fit_on_regions if plan.recipe.crops == "regions" else fit_on_crops
    classifier, history = strategy(plan)
    classifier.metadata = _metadata(plan, classifier, history)
    if refit_epochs:
        return _refit_or_warn(classifier, plan.root, refit_epochs, plan.num_workers, plan.ctx)
    return classifier


def _metadata(
    plan: Plan, classifier: LogoClassifier, history: dict[str, list]
) -> dict[str, object]:
    """Describe the training, as `refit` and readers of a saved model need it."""
    return {
        "backbone": architecture_of(classifier.net),
        "recipe": plan.recipe.name,
        "plan": asdict(plan.recipe),
        "image_size": plan.image_size,
        "fine_tune": plan.fine_tune,
        "epochs": plan.num_epochs,
        "hard_negative_rounds": plan.rounds,
        "use_no_logo": plan.use_no_logo,
        "use_boxes": plan.use_boxes,
        "class_weights": plan.class_weights,
        "seed": plan.seed,
        "history": history,
    }


def _refit_or_warn(
    classifier: LogoClassifier, root: Path, num_epochs: int, num_workers: int, ctx: list[mx.Context]
) -> LogoClassifier:
    """Train the last epochs. If they fail, return the classifier, which took hours to train."""
    try:
        return refit(classifier, root, num_epochs=num_epochs, num_workers=num_workers, ctx=ctx)
    except (OSError, FloatingPointError, KeyboardInterrupt) as error:
        warnings.warn(
            f"The last epochs on all photos failed ({str(error) or 'interrupted'}). fit returns "
            "the classifier from before them. To try again, call "
            f"logoflow.refit(classifier, root, num_epochs={num_epochs}).",
            stacklevel=3,
        )
        return classifier


def _make_matcher(root: Path, use_boxes: bool, levels: Sequence[Level]) -> LogoMatcher | None:
    """Make a matcher with the logos of the training photos, if a level needs it."""
    if not any(level.match_logos for level in levels):
        return None
    if not use_boxes:
        raise ValueError(
            "match_logos needs the boxes of the logos: set use_boxes=True, or match_logos=False."
        )
    return LogoMatcher(index_logos(root))


def _read_artwork(
    artwork: Mapping[str, Sequence[Source]] | str | None,
    classes: Sequence[str],
    recipe: Recipe,
    backbones: Sequence[str],
    *,
    goes_on: bool,
) -> dict[int, list[Artwork]] | None:
    """Read the artwork, by label, and raise an error if `fit` cannot use it."""
    if artwork is None:
        return None
    if recipe.crops != "regions" or list(backbones) != ["logo_lite0"] or goes_on:
        raise ValueError(
            "artwork is for the backbone 'logo_lite0' with the recipe 'regions', the defaults of "
            "fit, without refit_epochs and resume_dir."
        )
    return artwork_of_classes(artwork, classes)
