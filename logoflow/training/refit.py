"""Train a calibrated classifier further, on training and validation photos together."""

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import mxnet as mx
from mxnet import gluon

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.subsets import merge_train_val
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.index_logos import index_logos
from logoflow.inference.matching import LogoMatcher
from logoflow.loading.augment import make_augs, needs_statistics
from logoflow.loading.loaders import CACHE_FOLDER, PhotoLoader, split_loader, training_statistics
from logoflow.models.ensemble import ENSEMBLE_SEED_STRIDE
from logoflow.models.freezing import freeze_depthwise, freeze_lower
from logoflow.models.release import release_graphs
from logoflow.recipes import FORMER_ARGUMENTS, Recipe, recipe_from_json
from logoflow.training.fit_arguments import checked_devices, prepared_root
from logoflow.training.fit_regions import fit_region_head, photos_with_boxes, remember_logos
from logoflow.training.hard_negatives import hard_negatives
from logoflow.training.loop import train
from logoflow.training.region_steps import train_on_patches
from logoflow.utils.devices import Contexts
from logoflow.values import whole_number, with_new_names

LEARNING_RATE_SHARE = 0.5
"""The learning rate, as a share of the recipe's. A lower rate keeps what the network has learnt."""

SEED = 500_000  # differs from the seeds of `fit`


def refit(
    classifier: LogoClassifier,
    root: Path | str,
    *,
    num_epochs: int = 4,
    num_workers: int = 0,
    ctx: Contexts | None = None,
) -> LogoClassifier:
    """Continue the training of a calibrated classifier on training and validation photos together.

    The decisions do not change, so the validation photos are no longer needed for calibration and
    can serve as training photos. Afterwards only the test photos can measure the result.

    Parameters
    ----------
    classifier : LogoClassifier
        A classifier of `logoflow.fit`. It does not change.
    root : Path or str
        The prepared data set that the classifier was trained on.
    num_epochs : int
        Passes over all these photos. The recipe and the settings are those of `fit`, with half
        the learning rate.
    num_workers : int
        Number of processes that decode photos. With 0, the calling process decodes them.
    ctx : Context or sequence of Context, optional
        Devices. By default, those of `logoflow.default_ctx`.

    Returns
    -------
    LogoClassifier
        A new classifier with the same decisions and the same level. Its matcher, if any, also knows
        the logos of the validation photos.

    Raises
    ------
    ValueError
        If `fit` did not make the classifier, for example if it is an INT8 classifier, or if a
        version of logoflow with other recipes made it.
    ClassListError
        If the data set has other classes than the classifier.
    NotPreparedError
        If `root` is not a prepared data set.
    FloatingPointError
        If the loss becomes infinite or NaN.

    Notes
    -----
    AutoGluon's ``refit_full`` does the same, but starts from random weights.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> settings = {"num_epochs": 1, "image_size": 64, "levels": ("whole",), "quiet": True}
    >>> classifier = lf.fit(root, "lenet5", **settings)
    >>> refit(classifier, root, num_epochs=1).metadata["refit_epochs"]
    1
    """
    if "plan" not in classifier.metadata or "int8" in classifier.metadata:
        raise ValueError(
            "refit needs a classifier that fit returned, not an INT8 one: call refit first, then "
            "quantize."
        )
    root, ctx = prepared_root(root), checked_devices(ctx)
    num_epochs = whole_number("num_epochs", num_epochs, least=1)
    num_workers = whole_number("num_workers", num_workers, least=0)
    classifier.check_classes(read_classes(root))
    refitted = deepcopy(classifier)
    recipe = recipe_from_json(refitted.metadata["plan"])
    nets = getattr(refitted.net, "members", [refitted.net])
    with _all_photos(root) as all_photos:
        if recipe.crops == "regions":
            _train_on_regions(refitted, nets, all_photos, recipe, num_epochs, ctx[0])
            nets = []
        else:
            loader = _loader(refitted, root, all_photos, recipe, num_workers)
        for number, net in enumerate(nets):
            freeze_lower(net, recipe.frozen)
            if recipe.freezes_depthwise:
                freeze_depthwise(net)
            train(
                net,
                ctx,
                loader,
                [],
                None,
                recipe.batch_size,
                num_epochs,
                all_photos / "net",
                True,
                LEARNING_RATE_SHARE * recipe.learning_rate,
                recipe.wd,
                recipe=recipe,
                seed=SEED + ENSEMBLE_SEED_STRIDE * number + refitted.metadata["seed"],
                class_weights=refitted.metadata["class_weights"],
                train_acc_in_passing=True,
                quiet=True,
            )
            release_graphs(net)
        matcher = refitted.matcher and LogoMatcher(index_logos(all_photos))
    return LogoClassifier(
        refitted.net,
        refitted.classes,
        refitted.augs,
        refitted.metadata | {"refit_epochs": num_epochs},
        ctx=ctx[0],
        decisions=refitted.decisions,
        level=refitted.level,
        matcher=matcher,
        prototypes=refitted.prototypes,
    )


def _train_on_regions(
    classifier: LogoClassifier,
    nets: list[gluon.HybridBlock],
    all_photos: Path,
    recipe: Recipe,
    num_epochs: int,
    ctx: mx.Context,
) -> None:
    """Train networks on the regions of all photos. Without boxes, fit their output layers again.

    The classifier then remembers regions of all photos.
    """
    metadata, no_logo = classifier.metadata, classifier.no_logo
    photos = photos_with_boxes(
        all_photos,
        ["train_data"],
        use_boxes=metadata["use_boxes"],
        leave_out=None if metadata["use_no_logo"] else no_logo,
    )
    has_boxes = any(boxes for _, _, boxes in photos)
    for number, net in enumerate(nets):
        seed = SEED + ENSEMBLE_SEED_STRIDE * number + metadata["seed"]
        if has_boxes and metadata["fine_tune"]:
            train_on_patches(
                net,
                photos,
                no_logo,
                replace(recipe, learning_rate=LEARNING_RATE_SHARE * recipe.learning_rate),
                num_steps=math.ceil(num_epochs * len(photos) / recipe.batch_size),
                augs=classifier.augs,
                ctx=ctx,
                seed=seed,
                class_weights=metadata["class_weights"],
            )
        else:
            class_weights = metadata["class_weights"]
            head = fit_region_head(net, classifier.augs, photos, no_logo, seed, class_weights)
            if len(nets) == 1:
                classifier.prototypes = head.prototypes
    if has_boxes and (metadata["fine_tune"] or len(nets) > 1):
        seed = SEED + metadata["seed"]
        classifier.prototypes = remember_logos(
            classifier.net, classifier.augs, photos, no_logo, seed
        )


def _loader(
    classifier: LogoClassifier, root: Path, all_photos: Path, recipe: Recipe, num_workers: int
) -> PhotoLoader:
    """Make a loader of all photos with the settings of `fit`, and with hard negatives."""
    metadata, net = with_new_names(classifier.metadata, FORMER_ARGUMENTS), classifier.net
    image_size = metadata["image_size"]
    # As in `fit`, photos are normalised with the statistics of the training photos alone.
    statistics = training_statistics(root) if needs_statistics(recipe, net) else None
    augs, _ = make_augs(recipe, net, statistics=statistics, image_size=image_size)
    loader = split_loader(
        all_photos,
        "train_data",
        augs,
        recipe,
        recipe.batch_size,
        num_workers,
        image_size=image_size,
        use_no_logo=metadata["use_no_logo"],
        use_boxes=metadata["use_boxes"],
    )
    if metadata["hard_negative_rounds"] > 1 and classifier.no_logo is not None:
        loader.dataset.boxes.update(hard_negatives(classifier, all_photos / "train_data"))
    return loader


@contextmanager
def _all_photos(root: Path) -> Iterator[Path]:
    """Make a temporary data set of links, whose training photos include the validation photos."""
    (root / CACHE_FOLDER).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / CACHE_FOLDER, prefix="refit-") as folder:
        yield merge_train_val(root, Path(folder))
