"""Many small questions answered in seconds: output layers on features that are computed once."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mxnet as mx
import numpy as np
from mxnet import gluon, init, nd
from scipy.special import log_softmax

from logoflow.datasets.class_list import read_classes
from logoflow.evaluation.assessment import Assessment
from logoflow.inference.decision import decide, fit_decision, probabilities
from logoflow.labels import no_logo_index
from logoflow.loading.loaders import make_loaders
from logoflow.models.finetune import finetune_net
from logoflow.recipes import get_recipe
from logoflow.training.fixed_features import extract_features
from logoflow.training.loop import seed_epoch, train
from logoflow.utils.devices import Contexts, as_list, default_ctx

Pairs = tuple[np.ndarray, np.ndarray]

PASSES = 2  # crops of each training photo


class Features(NamedTuple):
    """What a pretrained net's features make of a data set's photos.

    Parameters
    ----------
    classes : tuple of str
        In label order.
    train, val, test : (ndarray, ndarray)
        Features (photos, numbers) and labels (photos,). Training has each photo `passes`
        times, cropped anew: all of them, then all of them again.
    passes : int
    test_paths : tuple of Path
        The test photos.
    """

    classes: tuple[str, ...]
    train: Pairs
    val: Pairs
    test: Pairs
    passes: int
    test_paths: tuple[Path, ...]


def photo_features(
    root: Path | str,
    backbone: str = "efficientnet_lite0",
    *,
    image_size: int = 160,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
) -> Features:
    """Run a data set's photos through a pretrained net once.

    Parameters
    ----------
    root, backbone, image_size, num_workers, ctx, seed
        See `logoflow.fit`.

    Returns
    -------
    Features

    Examples
    --------
    >>> features = photo_features(root)
    >>> assess_head(features, photos=5).summary()
    """
    ctx, classes = as_list(ctx or default_ctx()), read_classes(root)
    net = finetune_net(len(classes), backbone, ctx=ctx)
    net.hybridize()
    loaders = make_loaders(root, "logoflow", 32, num_workers, net=net, image_size=image_size)
    seed_epoch(seed, 0)
    in_order = [
        gluon.data.DataLoader(photos, 32, num_workers=num_workers) for photos in loaders.photos
    ]
    train_passes = [_features_of(in_order[0], net, ctx) for _ in range(PASSES)]
    paths = tuple(path for path, _ in loaders.photos.test.items)
    seen = [_features_of(loader, net, ctx) for loader in in_order[1:]]
    train_pairs = tuple(np.concatenate(arrays) for arrays in zip(*train_passes, strict=True))
    return Features(classes, train_pairs, *seen, PASSES, paths)


def assess_head(
    features: Features,
    *,
    photos: int | None = None,
    use_no_logo: bool = True,
    class_weights: Sequence[float] | None = None,
    num_epochs: int = 30,
    false_positive_rate: float = 0.02,
    seed: int = 0,
) -> Assessment:
    """Train an output layer on features, pick its threshold on validation, assess it on test.

    Parameters
    ----------
    features : Features
    photos : int, optional
        Only so many training photos of each brand; those without a logo stay.
    use_no_logo : bool
        False leaves out the photos without a logo.
    class_weights : sequence of float, optional
        Of the classes in the loss.
    num_epochs : int
        Passes over the features.
    false_positive_rate : float
        See `logoflow.fit`.
    seed : int
        Of the first weights, the order and the choice of photos.

    Returns
    -------
    Assessment
        Of the test photos.

    Examples
    --------
    >>> [assess_head(features, photos=n).brand_top1 for n in (2, 5, 10)]
    """
    no_logo = no_logo_index(features.classes)
    rows = _rows(features, photos, use_no_logo, seed)
    head = _train_head(features, rows, class_weights, num_epochs, seed)
    scores = [
        log_softmax(head(nd.array(X)).asnumpy().astype(np.float64), axis=1)
        for X, _ in (features.val, features.test)
    ]
    decision = fit_decision(scores[0], features.val[1], features.classes, false_positive_rate)
    given = probabilities(scores[1], decision, no_logo)
    truth = features.test[1].astype(int)
    answered = decide(given, decision, no_logo)
    return Assessment(features.classes, features.test_paths, truth, given, answered)


def _rows(features: Features, photos: int | None, use_no_logo: bool, seed: int) -> np.ndarray:
    """Rows of the training features to learn from: all passes of each photo that is kept."""
    labels = features.train[1].astype(int)
    count, kept = len(labels) // features.passes, []
    for label, name in enumerate(features.classes):
        of_class = np.flatnonzero(labels[:count] == label).tolist()
        is_brand = label != no_logo_index(features.classes)
        if is_brand and photos is not None:
            random.Random(f"{seed} {name}").shuffle(of_class)
            of_class = of_class[:photos]
        kept += of_class if is_brand or use_no_logo else []
    return np.concatenate([np.array(kept) + count * number for number in range(features.passes)])


def _train_head(
    features: Features, rows: np.ndarray, class_weights, num_epochs: int, seed: int
) -> gluon.nn.Dense:
    recipe = get_recipe("logoflow")
    mx.random.seed(seed)
    head = gluon.nn.Dense(len(features.classes))
    head.initialize(init.Xavier(magnitude=2.24))
    kept = features.train[0][rows], features.train[1][rows]
    # As NumPy arrays: picking rows of MXNet's one by one takes longer than learning from them.
    loaders = [
        gluon.data.DataLoader(gluon.data.ArrayDataset(*pairs), recipe.batch_size, shuffle=True)
        for pairs in (kept, features.val)
    ]
    with tempfile.TemporaryDirectory() as folder:
        train(
            head,
            mx.cpu(),
            *loaders,
            None,
            recipe.batch_size,
            num_epochs,
            Path(folder) / "head",
            learning_rate=recipe.learning_rate,
            wd=recipe.wd,
            recipe=recipe,
            seed=seed,
            class_weights=class_weights,
            train_acc_in_passing=True,
            quiet=True,
        )
    return head


def _features_of(data: gluon.data.DataLoader, net: gluon.Block, ctx: Contexts) -> Pairs:
    return tuple(array.asnumpy() for array in extract_features(data, net, ctx))
