"""The article's network from nothing, with which fine-tuning is compared."""

import tempfile
from pathlib import Path

import mxnet as mx
from mxnet import init

from logoflow.classifier import LogoClassifier
from logoflow.evaluation import Contexts, as_list, default_ctx
from logoflow.folders import read_classes
from logoflow.loading import make_loaders
from logoflow.models import build_net
from logoflow.recipes import Recipe, get_recipe
from logoflow.training import train


def fit_from_nothing(
    root: Path | str,
    backbone: str = "alexnet_cnn",
    recipe: str | Recipe = "article",
    *,
    num_epochs: int = 20,
    size: int = 224,
    views: tuple[int, ...] = (1,),
    false_positive_rate: float = 0.02,
    negatives: bool = True,
    boxes: bool = True,
    class_weights: list[float] | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
    quiet: bool = False,
    **settings: object,
) -> LogoClassifier:
    """Train a network that has seen nothing before: the Gluon article's own, by its own recipe.

    Parameters
    ----------
    backbone : str
        ``"alexnet_cnn"``, ``"lenet5"`` or ``"mlp"``.
    num_epochs : int
        The article's 20.
    root, recipe, size, views, false_positive_rate, negatives, boxes, class_weights
        See `logoflow.fit`.
    num_workers, ctx, seed, quiet, **settings
        See `logoflow.fit`.

    Returns
    -------
    LogoClassifier
        With the weights of the epoch that is best on validation, as the article keeps them.

    Raises
    ------
    ClassListError, FloatingPointError, ValueError
        As `logoflow.fit` does.

    Examples
    --------
    >>> print(assess(fit_from_nothing(root), root).report)
    """
    plan, ctx = get_recipe(recipe, **settings), as_list(ctx or default_ctx())
    classes = read_classes(root)
    mx.random.seed(seed)
    net = build_net(backbone, len(classes))
    # AlexNet's own: larger weights and pixels of 0 to 255 make the loss no number any more.
    net.initialize(init.Normal(0.01), ctx=ctx)
    loaders = make_loaders(
        *(root, plan, plan.batch_size, num_workers),
        **{"size": size, "negatives": negatives, "boxes": boxes},
    )
    with tempfile.TemporaryDirectory() as folder:
        history = train(
            *(net, ctx, loaders.train, loaders.val, None, plan.batch_size, num_epochs),
            *(Path(folder) / "net", True, plan.learning_rate, plan.wd),
            **plan.train_options(),
            **{"class_weights": class_weights, "seed": seed, "quiet": quiet},
            train_acc_in_passing=True,
        )
        history.load_best(net)
    photos = loaders.val._dataset
    classifier = LogoClassifier(net, classes, photos.augs)
    paths, labels = zip(*photos.items, strict=True)
    classifier.calibrate(paths, labels, views=views, false_positive_rate=false_positive_rate)
    return classifier
