"""The last epochs on all photos: once everything is decided, validation photos may teach too."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from mxnet.gluon.data import DataLoader

from logoflow.augment import make_augs, needs_statistics
from logoflow.classifier import LogoClassifier
from logoflow.evaluation import Contexts, as_list, default_ctx
from logoflow.folders import read_classes
from logoflow.linked import with_validation
from logoflow.loading import CACHE, split_loader, training_statistics
from logoflow.matching import LogoMatcher, index_logos
from logoflow.mining import hard_negatives
from logoflow.models import freeze_lower
from logoflow.photo_cache import CacheError
from logoflow.recipes import Recipe, recipe_from_json
from logoflow.training import train

LEARNING_RATE = 0.5
"""Share of the recipe's learning rate: most is learnt already, and is to stay."""

FORMER_NAMES = {
    "rounds": "hard_negative_rounds",
    "negatives": "use_no_logo",
    "boxes": "use_boxes",
    "size": "image_size",
}
"""Arguments of `logoflow.fit` that had another name in earlier versions, and in saved models."""

SEED = 500_000  # apart from those of the epochs before


def refit(
    classifier: LogoClassifier,
    root: Path | str,
    *,
    num_epochs: int = 4,
    num_workers: int = 0,
    ctx: Contexts | None = None,
) -> LogoClassifier:
    """Train a calibrated classifier on, on the photos of training and validation alike.

    What validation was for is done by then: the decisions stay as they are, and the photos that
    they were fitted on are so many more to learn from. Nothing but test photos is left to
    measure the result on.

    Parameters
    ----------
    classifier : LogoClassifier
        As `logoflow.fit` gave it; it is not changed.
    root : Path or str
        The prepared data set that it was trained on.
    num_epochs : int
        Passes over all these photos, by the recipe and with the settings of before, but at half of
        the learning rate.
    num_workers : int
        Processes that decode photos.
    ctx : Context or sequence of Context, optional
        Devices.

    Returns
    -------
    LogoClassifier
        With the same decisions and views; a matcher knows the validation photos' logos too.

    Raises
    ------
    ValueError
        For a classifier that `fit` did not make, an INT8 twin say.
    ClassListError
        If the data set's classes are others.

    Notes
    -----
    AutoGluon has it as ``refit_full``, which starts from nothing.

    Examples
    --------
    >>> classifier = refit(fit(root, num_epochs=10), root)
    """
    if "plan" not in classifier.facts or "int8" in classifier.facts:
        raise ValueError(
            "Only what fit gave can go on learning, and not its INT8 twin: refit, then quantize."
        )
    classifier.check_classes(read_classes(root))
    grown, ctx, root = deepcopy(classifier), as_list(ctx or default_ctx()), Path(root)
    plan, weights = recipe_from_json(grown.facts["plan"]), grown.facts["class_weights"]
    with _all_photos(root) as everything:
        loader = _loader(grown, root, everything, plan, num_workers)
        for number, net in enumerate(getattr(grown.net, "members", [grown.net])):
            freeze_lower(net, plan.frozen)
            train(
                *(net, ctx, loader, [], None, plan.batch_size, num_epochs),
                *(everything / "net", True, LEARNING_RATE * plan.learning_rate, plan.wd),
                seed=SEED + 1000 * number + grown.facts["seed"],
                class_weights=weights,
                **{"train_acc_in_passing": True, "quiet": True},
                **plan.train_options(),
            )
        matcher = grown.matcher and LogoMatcher(index_logos(everything))
    kept = {"decisions": grown.decisions, "views": grown.views, "matcher": matcher}
    facts = {**grown.facts, "refit_epochs": num_epochs}
    return LogoClassifier(grown.net, grown.classes, grown.augs, facts, ctx=ctx[0], **kept)


def _loader(
    classifier: LogoClassifier, root: Path, everything: Path, plan: Recipe, num_workers: int
) -> DataLoader:
    """Batches of all photos as `fit` had those of training, with hard negatives if it mined."""
    facts, net = _with_new_names(classifier.facts), classifier.net
    # The net knows its photos normalised by those of training alone.
    statistics = training_statistics(root) if needs_statistics(plan, net) else None
    augs, _ = make_augs(plan, net, statistics=statistics, image_size=facts["image_size"])
    options = {name: facts[name] for name in ("use_no_logo", "use_boxes", "image_size")}
    of = (everything, "train_data", augs, plan, plan.batch_size, num_workers)
    try:
        loader = split_loader(*of, cache=True, **options)
    except CacheError:  # a training of hours is not to be lost for that
        loader = split_loader(*of, cache=False, **options)
    if facts["hard_negative_rounds"] > 1 and classifier.no_logo is not None:
        loader.dataset.boxes.update(hard_negatives(classifier, everything / "train_data"))
    return loader


def _with_new_names(facts: dict) -> dict:
    """What `fit` noted of a training, by today's names where an earlier version wrote it."""
    return {FORMER_NAMES.get(name, name): value for name, value in facts.items()}


@contextmanager
def _all_photos(root: Path) -> Iterator[Path]:
    """A data set of links for a while, its training photos being those of validation too."""
    (root / CACHE).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / CACHE, prefix="refit-") as place:
        yield with_validation(root, Path(place))
