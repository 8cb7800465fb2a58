"""Fixed features: compute the features of each photo once, then train only the output layer."""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import mxnet as mx
import numpy as np
from mxnet import gluon, nd

from logoflow.errors import DamagedFileError
from logoflow.loading.loaders import CACHE_FOLDER
from logoflow.loading.photo_folder import PhotoFolder
from logoflow.models.graph import fused
from logoflow.training.batches import _get_batch
from logoflow.training.history import History
from logoflow.training.loop import seed_epoch, train
from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.files import verified_file
from logoflow.utils.npz_files import read_npz
from logoflow.utils.progress import bar

Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]

MAX_FILES_PER_SPLIT = 4
"""Cached feature files per split. Several files serve several networks, image sizes and seeds."""


def extract_features(data_iterator: Iterable, net: gluon.Block, ctx: Contexts) -> Arrays:
    """Compute the features of all photos with the frozen part of a network.

    Parameters
    ----------
    data_iterator : iterable of (data, label)
        Usually a DataLoader.
    net : Block
        A network with ``features``.
    ctx : Context or sequence of Context
        Devices that hold the network.

    Returns
    -------
    features : ndarray
        The input of ``net.output``, of shape (photos, features), float32. Rows of a NumPy array
        are faster to read than rows of MXNet's.
    labels : ndarray
        Labels of shape (photos,), float32.
    """
    ctx, compiled_features = as_list(ctx), {}
    features, labels = [], []
    for batch in bar(data_iterator, "features"):
        data, label, _ = _get_batch(batch, ctx)
        for X in data:
            if X.context not in compiled_features:
                compiled_features[X.context] = fused(net.features, X)
            features.append(compiled_features[X.context](X).flatten().as_in_context(mx.cpu()))
        labels += [y.as_in_context(mx.cpu()) for y in label]
    # Converted only now: while the network computes one batch, the loader decodes the next.
    return nd.concat(*features, dim=0).asnumpy(), nd.concat(*labels, dim=0).asnumpy()


def train_head(
    net: gluon.Block,
    ctx: Contexts,
    train_data: Iterable,
    val_data: Iterable,
    test_data: Iterable | None,
    batch_size: int,
    num_epochs: int,
    model_prefix: str | Path,
    *,
    crops: int = 1,
    **options: Any,
) -> History:
    """Train only ``net.output``, on features that are computed once.

    Frozen features are the same in every epoch. `train_head` computes the features of each photo
    once, or once per augmented crop, and then trains the output layer in seconds. If you pass a
    seed, the features are cached beside the photos.

    Parameters
    ----------
    net : Block
        A network with ``features`` and ``output``, such as one of `logoflow.finetune_net`.
    ctx : Context or sequence of Context
        Devices.
    train_data, val_data, test_data : iterable of (data, label)
        Data loaders of photos. `test_data` may be None.
    batch_size : int
        Rows of features per training step.
    num_epochs : int
        Passes over the features.
    model_prefix : str or Path
        Beginning of the checkpoint's file name.
    crops : int
        Number of augmented crops of each training photo.
    **options : object
        Further arguments of `logoflow.train`.

    Returns
    -------
    History
        Its checkpoints hold ``net.output`` alone. To load the best epoch, call
        ``history.load_best(net.output)``.

    Raises
    ------
    TypeError
        If `views` is passed, the former name of `crops`.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> net = lf.finetune_net(3, "efficientnet_lite0")
    >>> loaders = lf.make_loaders(root, "logoflow", 2, net=net, image_size=64)
    >>> history = train_head(net, mx.cpu(), *loaders, 2, 5, "head", crops=2, seed=0, quiet=True)
    >>> len(history.frame)
    5
    """
    if "views" in options:
        raise TypeError(f"views has a new name: pass crops={options['views']!r}.")
    seed = options.get("seed")
    train_features = _feature_loader(train_data, net, ctx, batch_size, seed, crops, shuffle=True)
    val_features, test_features = (
        data and _feature_loader(data, net, ctx, batch_size, seed) for data in (val_data, test_data)
    )
    return train(
        net.output,
        ctx,
        train_features,
        val_features,
        test_features,
        batch_size,
        num_epochs,
        model_prefix,
        **options,
    )


def _feature_loader(
    data: Iterable,
    net: gluon.Block,
    ctx: Contexts,
    batch_size: int,
    seed: int | None,
    passes: int = 1,
    shuffle: bool = False,
) -> gluon.data.DataLoader:
    """Make a loader of the features and labels of a split."""
    seed_epoch(seed, 0)
    compute = partial(extract_features, chain(*[data] * passes), net, ctx)
    photos = getattr(data, "dataset", None)
    features, labels = cached_features(photos, net, seed, passes, compute)
    return array_loader(features, labels, batch_size, shuffle=shuffle)


def array_loader(
    features: np.ndarray, labels: np.ndarray, batch_size: int, *, shuffle: bool = False
) -> gluon.data.DataLoader:
    """Make a loader of features and labels.

    Parameters
    ----------
    features : ndarray
        (rows, features), float32.
    labels : ndarray
        (rows,), float32.
    batch_size : int
        Rows per batch.
    shuffle : bool
        Whether each epoch has another order.

    Returns
    -------
    DataLoader

    Examples
    --------
    >>> loader = array_loader(np.zeros((5, 3), np.float32), np.zeros(5, np.float32), 2)
    >>> [data.shape for data, label in loader]
    [(2, 3), (2, 3), (1, 3)]
    """
    dataset = gluon.data.ArrayDataset(features, labels)
    return gluon.data.DataLoader(dataset, batch_size, shuffle=shuffle)


def cached_features(
    photos: object, net: gluon.Block, seed: int | None, passes: int, compute: Callable[[], Arrays]
) -> Arrays:
    """Read features from the cache, or compute and cache them.

    Parameters
    ----------
    photos : Dataset
        Features are cached for a `logoflow.loading.photo_folder.PhotoFolder` only.
    net : Block
        The weights of ``net.features`` are part of the cache key.
    seed : int or None
        Seed of the photos' order and augmentation. Without a seed, nothing is cached.
    passes : int
        Number of passes over the photos.
    compute : callable
        Computes and returns (features, labels).

    Returns
    -------
    features, labels : ndarray
        Arrays of shape (photos, features) and (photos,), float32.
    """
    if seed is None or not isinstance(photos, PhotoFolder):
        return compute()
    split = photos.folder
    folder, stem = split.parent / CACHE_FOLDER, f"features-{split.name}"
    path = folder / f"{stem}-{_cache_key(photos, net, seed, passes)}.npz"
    if path.is_file():
        try:
            arrays = read_npz(path, ["features", "labels"])
            path.touch()
            return arrays["features"], arrays["labels"]
        except DamagedFileError as error:
            warnings.warn(f"{error} The features are computed again.", stacklevel=2)
    features, labels = compute()
    try:
        with verified_file(path) as file:
            np.savez(file, features=features, labels=labels)
    except OSError as error:  # a full disk, or a data set that is read-only
        warnings.warn(f"The features are not kept for the next time: {error}", stacklevel=2)
        return features, labels
    files = sorted(folder.glob(f"{stem}-*.npz"), key=lambda file: file.stat().st_mtime_ns)
    for outdated in files[:-MAX_FILES_PER_SPLIT]:
        outdated.unlink(missing_ok=True)
    return features, labels


def _cache_key(photos: PhotoFolder, net: gluon.Block, seed: int, passes: int) -> str:
    """Hash everything that the features depend on: pixels, weights, seed and passes."""
    files = [(path, path.stat().st_mtime_ns, label) for path, label in photos.items]
    augs = [aug.dumps() if hasattr(aug, "dumps") else repr(aug) for aug in photos.augs]
    pixels = json.dumps(
        [files, sorted(photos.boxes.items()), augs, photos.max_short_side], default=str
    )
    digest = hashlib.sha256(f"{pixels} {seed} {passes}".encode())
    for parameter in net.features.collect_params().values():
        digest.update(parameter.data(parameter.list_ctx()[0]).asnumpy().tobytes())
    return digest.hexdigest()[:12]
