"""Train output layers on features that a pretrained network computed once.

Such a training takes seconds. It answers questions about the data: how many photos a brand needs,
or what photos without a logo add.
"""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mxnet as mx
import numpy as np
from mxnet import gluon, init, nd

from logoflow.datasets.class_list import read_classes
from logoflow.evaluation.assessment import Assessment
from logoflow.inference.calibration import fit_decision
from logoflow.inference.decision import decide, probabilities
from logoflow.labels import no_logo_index
from logoflow.loading.loaders import make_loaders
from logoflow.models.finetune import finetune_net
from logoflow.recipes import get_recipe
from logoflow.training.fixed_features import Arrays, array_loader, extract_features
from logoflow.training.loop import seed_epoch, train
from logoflow.utils.devices import Contexts, as_list, default_ctx
from logoflow.utils.softmax import log_softmax

BATCH_SIZE = 32  # of the photos whose features are computed
CROPS_PER_PHOTO = 2


class Features(NamedTuple):
    """The features of a data set's photos.

    Parameters
    ----------
    classes : tuple of str
        Class names in label order.
    train, val, test : (ndarray, ndarray)
        Features of shape (rows, features) and labels of shape (rows,). Validation and test have
        one row per photo. Training has a row for each crop: the first crops of all photos, then
        their second crops, and so on.
    crops : int
        Number of crops of each training photo.
    test_paths : tuple of Path
        The test photos.
    """

    classes: tuple[str, ...]
    train: Arrays
    val: Arrays
    test: Arrays
    crops: int
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
    """Compute the features of all photos of a data set with a pretrained network.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    backbone : str
        A pretrained backbone (`logoflow.finetune_net`).
    image_size : int
        Side of the network's input in pixels.
    num_workers : int
        Number of processes that decode photos. With 0, the calling process decodes them.
    ctx : Context or sequence of Context, optional
        Devices. By default, a GPU if MXNet can use one, otherwise the CPU.
    seed : int
        Seed of the crops and their augmentation.

    Returns
    -------
    Features

    Raises
    ------
    FileNotFoundError
        If `root` is not a prepared data set.
    WeightsError
        If the weights of the backbone are not available.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> features = photo_features(root, image_size=64)
    >>> features.test[0].shape
    (4, 1280)
    """
    ctx, classes = as_list(ctx or default_ctx()), read_classes(root)
    net = finetune_net(len(classes), backbone, ctx=ctx)
    net.hybridize()
    loaders = make_loaders(
        root, "logoflow", BATCH_SIZE, num_workers, net=net, image_size=image_size
    )
    seed_epoch(seed, 0)
    # The training loader of `make_loaders` shuffles, and would mix the crops of the photos.
    train, val, test = (
        gluon.data.DataLoader(photos, BATCH_SIZE, num_workers=num_workers)
        for photos in loaders.photos
    )
    crops = [extract_features(train, net, ctx) for _ in range(CROPS_PER_PHOTO)]
    return Features(
        classes,
        train=(
            np.concatenate([features for features, _ in crops]),
            np.concatenate([labels for _, labels in crops]),
        ),
        val=extract_features(val, net, ctx),
        test=extract_features(test, net, ctx),
        crops=CROPS_PER_PHOTO,
        test_paths=tuple(path for path, _ in loaders.photos.test.items),
    )


def assess_head(
    features: Features,
    *,
    photos_per_brand: int | None = None,
    use_no_logo: bool = True,
    class_weights: Sequence[float] | None = None,
    num_epochs: int = 30,
    false_positive_rate: float = 0.02,
    seed: int = 0,
) -> Assessment:
    """Train an output layer on features, and assess it on the test photos.

    The decision is fitted to the validation photos.

    Parameters
    ----------
    features : Features
        From `photo_features`.
    photos_per_brand : int, optional
        Number of training photos per brand. All photos without a logo are kept. None: all.
    use_no_logo : bool
        Whether to train on the photos without a logo.
    class_weights : sequence of float, optional
        Weight of each class in the loss, in label order.
    num_epochs : int
        Passes over the features.
    false_positive_rate : float
        Share of the photos without a logo that may be given a brand, above 0 and below 1.
    seed : int
        Seed of the initial weights, of the order and of the choice of photos.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If there are no validation photos, or the rate is out of range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 20).astype(np.float32)
    >>> def features_and_labels():
    ...     return (rng.normal(labels[:, None], 0.1, (40, 512)).astype(np.float32), labels)
    >>> splits = [features_and_labels() for _ in range(3)]
    >>> paths = tuple(Path(f"{number}.jpg") for number in range(40))
    >>> features = Features(("bmw", "no-logo"), *splits, 1, paths)
    >>> assess_head(features, photos_per_brand=5).auroc > 0.9
    True
    """
    no_logo = no_logo_index(features.classes)
    rows = _training_rows(features, photos_per_brand, use_no_logo, seed)
    head = _train_head(features, rows, class_weights, num_epochs, seed)
    val_scores = _scores_of(head, features.val)
    decision = fit_decision(val_scores, features.val[1], features.classes, false_positive_rate)
    calibrated = probabilities(_scores_of(head, features.test), decision, no_logo)
    answers = decide(calibrated, decision, no_logo)
    truth = features.test[1].astype(int)
    return Assessment(features.classes, features.test_paths, truth, calibrated, answers)


def _training_rows(
    features: Features, photos_per_brand: int | None, use_no_logo: bool, seed: int
) -> np.ndarray:
    """List the rows of the training features to train on: all crops of each chosen photo."""
    labels = features.train[1].astype(int)
    photo_count = len(labels) // features.crops
    no_logo = no_logo_index(features.classes)
    chosen_photos: list[int] = []
    for label, name in enumerate(features.classes):
        photos = np.flatnonzero(labels[:photo_count] == label).tolist()
        if label == no_logo:
            chosen_photos += photos if use_no_logo else []
            continue
        if photos_per_brand is not None:
            random.Random(f"{seed} {name}").shuffle(photos)
        chosen_photos += photos[:photos_per_brand]
    first_rows = np.array(chosen_photos)
    return np.concatenate([first_rows + photo_count * crop for crop in range(features.crops)])


def _train_head(
    features: Features,
    rows: np.ndarray,
    class_weights: Sequence[float] | None,
    num_epochs: int,
    seed: int,
) -> gluon.nn.Dense:
    """Train an output layer on some rows of the training features."""
    recipe = get_recipe("logoflow")
    mx.random.seed(seed)
    head = gluon.nn.Dense(len(features.classes))
    head.initialize(init.Xavier(magnitude=2.24))
    train_features, train_labels = features.train
    with tempfile.TemporaryDirectory() as folder:
        train(
            head,
            mx.cpu(),
            array_loader(train_features[rows], train_labels[rows], recipe.batch_size, shuffle=True),
            array_loader(*features.val, recipe.batch_size),
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


def _scores_of(head: gluon.nn.Dense, features_and_labels: Arrays) -> np.ndarray:
    """Compute the log-scores of an output layer, (rows, classes)."""
    features, _ = features_and_labels
    return log_softmax(head(nd.array(features)).asnumpy().astype(np.float64), axis=1)
