"""Compute what a linear model says about the label of each photo, without having seen the photo."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from mxnet import gluon
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import SPLITS
from logoflow.loading.augment import make_augs
from logoflow.loading.photo_folder import PhotoFolder, split_boxes
from logoflow.models.finetune import finetune_net
from logoflow.training.fixed_features import extract_features
from logoflow.training.loop import seed_epoch
from logoflow.utils.devices import Contexts, as_list, default_ctx

BATCH_SIZE = 32
CROPS_PER_PHOTO = 2  # around the boxes of a photo
MIN_PHOTOS, MAX_FOLDS = 3, 5
_REGULARISATION = 0.01  # scikit-learn's C: low, because there are more features than photos


def features_of_photos(
    root: Path | str,
    backbone: str,
    *,
    image_size: int = 160,
    skipped: Collection[Path] = (),
    ctx: Contexts | None = None,
    seed: int = 0,
) -> dict[Path, np.ndarray]:
    """Compute the features of each photo of a data set with a pretrained network.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    backbone : str
        A pretrained backbone (`logoflow.finetune_net`).
    image_size : int
        Side of the network's input in pixels.
    skipped : collection of Path
        Photos to leave out because they are broken.
    ctx : Context or sequence of Context, optional
        Devices. By default, a GPU if MXNet can use one, otherwise the CPU.
    seed : int
        Seed of the crops.

    Returns
    -------
    dict of Path to ndarray
        One vector per photo: the mean over crops around its logos, or the whole photo if its split
        has no boxes.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> features = features_of_photos(root, "logo_lite0", image_size=64)
    >>> len(features), next(iter(features.values())).shape
    (14, (1280,))
    """
    root, ctx = Path(root), as_list(ctx or default_ctx())
    net = finetune_net(len(read_classes(root)), backbone, ctx=ctx)
    net.hybridize()
    crop_augs, whole_augs = make_augs("logoflow", net, image_size=image_size)
    seed_epoch(seed, 0)
    features: dict[Path, np.ndarray] = {}
    for split in SPLITS:
        boxes = split_boxes(root, split)
        photos = PhotoFolder(root / split, crop_augs if boxes else whole_augs, boxes)
        photos.items = [(path, label) for path, label in photos.items if path not in set(skipped)]
        if not photos.items:
            continue
        loader = gluon.data.DataLoader(photos, BATCH_SIZE)
        passes = CROPS_PER_PHOTO if boxes else 1
        arrays = [extract_features(loader, net, ctx)[0] for _ in range(passes)]
        paths = [path for path, _ in photos.items]
        features.update(zip(paths, np.mean(arrays, axis=0), strict=True))
    return features


def held_out_probabilities(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, classes: int, seed: int = 0
) -> np.ndarray:
    """Fit logistic regressions in a cross-validation, and predict the photos that are held out.

    Parameters
    ----------
    features : ndarray
        (photos, features).
    labels : ndarray of int
        (photos,).
    groups : ndarray of int
        (photos,). Photos of one group, such as near-duplicates, are held out together.
    classes : int
        Number of classes.
    seed : int
        Seed of the folds.

    Returns
    -------
    ndarray
        (photos, classes). The rows of classes with fewer than three groups are NaN: such a class
        cannot be judged.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 10)
    >>> features = np.random.default_rng(0).normal(labels[:, None], 0.1, (20, 8))
    >>> probabilities = held_out_probabilities(features, labels, np.arange(20), 2)
    >>> bool((probabilities.argmax(axis=1) == labels).all())
    True
    """
    probabilities = np.full((len(labels), classes), np.nan)
    sizes = {label: len(set(groups[labels == label])) for label in np.unique(labels)}
    judged = [label for label, size in sizes.items() if size >= MIN_PHOTOS]
    rows = np.flatnonzero(np.isin(labels, judged))
    if len(judged) < 2:
        return probabilities
    count = min(MAX_FOLDS, *(sizes[label] for label in judged))
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for train, held_out in folds.split(features[rows], labels[rows], groups[rows]):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARISATION, max_iter=500))
        model.fit(features[rows[train]], labels[rows[train]])
        probabilities[rows[held_out]] = 0
        columns = np.ix_(rows[held_out], model.classes_)
        probabilities[columns] = model.predict_proba(features[rows[held_out]])
    return probabilities
