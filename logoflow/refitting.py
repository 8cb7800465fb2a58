"""The last epochs on all photos: once everything is decided, validation photos may teach too."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from logoflow.classifier import LogoClassifier
from logoflow.evaluation import Contexts, as_list, default_ctx
from logoflow.folders import read_classes
from logoflow.graphs import is_graph
from logoflow.linked import with_validation
from logoflow.loading import CACHE, Loaders, make_loaders
from logoflow.matching import LogoMatcher, index_logos
from logoflow.mining import hard_negatives
from logoflow.models import freeze_lower
from logoflow.recipes import Recipe, get_recipe
from logoflow.training import train

LEARNING_RATE = 0.5
"""Share of the recipe's learning rate: most is learnt already, and is to stay."""

SEED = 500_000  # apart from those of the epochs before


def refit(
    classifier: LogoClassifier,
    root: Path | str,
    *,
    num_epochs: int = 4,
    recipe: str | Recipe = "logoflow",
    class_weights: list[float] | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    **settings: object,
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
        Passes over all these photos, at half of the recipe's learning rate.
    recipe : str or Recipe
        The one that it was trained with.
    class_weights : list of float, optional
        Of the classes in the loss.
    num_workers : int
        Processes that decode photos.
    ctx : Context or sequence of Context, optional
        Devices.
    **settings
        In place of the recipe's own (`logoflow.get_recipe`).

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
    if is_graph(classifier.net) or "image_size" not in classifier.facts:
        raise ValueError(
            "Only what fit gave can go on learning, and not its INT8 twin: refit, then quantize."
        )
    classifier.check_classes(read_classes(root))
    plan, ctx = get_recipe(recipe, **settings), as_list(ctx or default_ctx())
    grown = deepcopy(classifier)
    with _all_photos(Path(root)) as everything:
        loaders = _loaders(grown, everything, plan, num_workers)
        for number, net in enumerate(getattr(grown.net, "members", [grown.net])):
            freeze_lower(net, plan.frozen)
            train(
                *(net, ctx, loaders.train, [], None, plan.batch_size, num_epochs),
                *(everything / "net", True, LEARNING_RATE * plan.learning_rate, plan.wd),
                **{
                    "seed": SEED + 1000 * number + grown.facts["seed"],
                    "class_weights": class_weights,
                },
                **{"train_acc_in_passing": True, "quiet": True},
                **plan.train_options(),
            )
        matcher = grown.matcher and LogoMatcher(index_logos(everything))
    kept = {"decisions": grown.decisions, "views": grown.views, "matcher": matcher}
    facts = {**grown.facts, "refit_epochs": num_epochs}
    augs = loaders.val._dataset.augs
    return LogoClassifier(grown.net, grown.classes, augs, facts, ctx=ctx[0], **kept)


def _loaders(
    classifier: LogoClassifier, everything: Path, plan: Recipe, num_workers: int
) -> Loaders:
    """Batches as `fit` had them, with hard negatives where it mined them."""
    facts = classifier.facts
    data = {"size": facts["image_size"], "negatives": facts["negatives"], "boxes": facts["boxes"]}
    loaders = make_loaders(
        *(everything, plan, plan.batch_size, num_workers), net=classifier.net, **data
    )
    if facts["rounds"] > 1 and facts["negatives"] and classifier.no_logo is not None:
        photos = loaders.train._dataset
        photos.boxes.update(hard_negatives(classifier, everything / "train_data"))
    return loaders


@contextmanager
def _all_photos(root: Path) -> Iterator[Path]:
    """A data set of links for a while, its training photos being those of validation too."""
    (root / CACHE).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / CACHE, prefix="refit-") as place:
        yield with_validation(root, Path(place))
