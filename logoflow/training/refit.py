"""The last epochs, on training and validation photos together, once everything is decided."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from pathlib import Path

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.subsets import merge_train_val
from logoflow.errors import CacheError
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.matching import LogoMatcher, index_logos
from logoflow.loading.augment import make_augs, needs_statistics
from logoflow.loading.loaders import CACHE_FOLDER, PhotoLoader, split_loader, training_statistics
from logoflow.models.ensemble import ENSEMBLE_SEED_STRIDE
from logoflow.models.freezing import freeze_lower
from logoflow.recipes import FORMER_ARGUMENTS, Recipe, recipe_from_json, with_new_names
from logoflow.training.hard_negatives import hard_negatives
from logoflow.training.loop import train
from logoflow.utils.devices import Contexts, as_list, default_ctx

LEARNING_RATE = 0.5
"""Share of the recipe's learning rate: what the network has learnt already should stay."""

SEED = 500_000  # apart from those of the epochs before


def refit(
    classifier: LogoClassifier,
    root: Path | str,
    *,
    num_epochs: int = 4,
    num_workers: int = 0,
    ctx: Contexts | None = None,
) -> LogoClassifier:
    """Continue the training of a calibrated classifier on training and validation photos together.

    Validation has done its work by then: the decisions stay as they are, and their photos can
    serve as training photos. Only the test photos are left to measure the result on.

    Parameters
    ----------
    classifier : LogoClassifier
        From `logoflow.fit`; it is not changed.
    root : Path or str
        The prepared data set that it was trained on.
    num_epochs : int
        Passes over all these photos, with the recipe and the settings of `fit`, but at half the
        learning rate.
    num_workers : int
        Processes that decode photos. 0: this one.
    ctx : Context or sequence of Context, optional
        Devices.

    Returns
    -------
    LogoClassifier
        With the same decisions and the same level. Its matcher, if any, also knows the logos of the
        validation photos.

    Raises
    ------
    ValueError
        For a classifier that `fit` did not make, such as an INT8 twin, and for one that a version
        of logoflow with other recipes made.
    ClassListError
        If the data set has other classes.

    Notes
    -----
    AutoGluon's ``refit_full`` does the same from random weights.

    Examples
    --------
    >>> classifier = refit(fit(root, num_epochs=10), root)
    """
    if "plan" not in classifier.metadata or "int8" in classifier.metadata:
        raise ValueError(
            "Only what fit gave can go on learning, and not its INT8 twin: refit, then quantize."
        )
    classifier.check_classes(read_classes(root))
    grown, ctx, root = deepcopy(classifier), as_list(ctx or default_ctx()), Path(root)
    recipe = recipe_from_json(grown.metadata["plan"])
    with _all_photos(root) as everything:
        loader = _loader(grown, root, everything, recipe, num_workers)
        for number, net in enumerate(getattr(grown.net, "members", [grown.net])):
            freeze_lower(net, recipe.frozen)
            train(
                net,
                ctx,
                loader,
                [],
                None,
                recipe.batch_size,
                num_epochs,
                everything / "net",
                True,
                LEARNING_RATE * recipe.learning_rate,
                recipe.wd,
                recipe=recipe,
                seed=SEED + ENSEMBLE_SEED_STRIDE * number + grown.metadata["seed"],
                class_weights=grown.metadata["class_weights"],
                train_acc_in_passing=True,
                quiet=True,
            )
        matcher = grown.matcher and LogoMatcher(index_logos(everything))
    return LogoClassifier(
        grown.net,
        grown.classes,
        grown.augs,
        grown.metadata | {"refit_epochs": num_epochs},
        ctx=ctx[0],
        decisions=grown.decisions,
        level=grown.level,
        matcher=matcher,
    )


def _loader(
    classifier: LogoClassifier, root: Path, everything: Path, recipe: Recipe, num_workers: int
) -> PhotoLoader:
    """Batches of all photos, made as `fit` made the training batches, hard negatives included."""
    metadata, net = with_new_names(classifier.metadata, FORMER_ARGUMENTS), classifier.net
    image_size = metadata["image_size"]
    # As in `fit`: the network has only seen photos normalised by the training photos.
    statistics = training_statistics(root) if needs_statistics(recipe, net) else None
    augs, _ = make_augs(recipe, net, statistics=statistics, image_size=image_size)
    load = partial(
        split_loader,
        everything,
        "train_data",
        augs,
        recipe,
        recipe.batch_size,
        num_workers,
        image_size=image_size,
        use_no_logo=metadata["use_no_logo"],
        use_boxes=metadata["use_boxes"],
    )
    try:
        loader = load(cache=True)
    except CacheError:  # slower without a cache, but the hours of training are not lost
        loader = load(cache=False)
    if metadata["hard_negative_rounds"] > 1 and classifier.no_logo is not None:
        loader.dataset.boxes.update(hard_negatives(classifier, everything / "train_data"))
    return loader


@contextmanager
def _all_photos(root: Path) -> Iterator[Path]:
    """A temporary data set of links whose training photos include the validation photos."""
    (root / CACHE_FOLDER).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / CACHE_FOLDER, prefix="refit-") as place:
        yield merge_train_val(root, Path(place))
