"""The fixed feature extractor: features once, then only the output layer."""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import mxnet as mx
import numpy as np
from mxnet import gluon, nd

from logoflow.loading.loaders import CACHE_FOLDER
from logoflow.loading.photo_folder import PhotoFolder
from logoflow.models.graph import fused
from logoflow.training.batches import _get_batch
from logoflow.training.history import History
from logoflow.training.loop import seed_epoch, train
from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.files import atomic_path
from logoflow.utils.progress import bar

Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]


def extract_features(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts
) -> tuple[nd.NDArray, nd.NDArray]:
    """Run the photos through the frozen part of a net once.

    Returns
    -------
    features : NDArray
        (photos, features), what ``net.output`` takes.
    labels : NDArray
        (photos,), float32.
    """
    ctx, frozen = as_list(ctx), {}
    features, labels = [], []
    for batch in bar(data_iterator, "features"):
        data, label, _ = _get_batch(batch, ctx)
        for X in data:
            if X.context not in frozen:
                frozen[X.context] = fused(net.features, X)
            features.append(frozen[X.context](X).flatten().as_in_context(mx.cpu()))
        labels += [y.as_in_context(mx.cpu()) for y in label]
    return nd.concat(*features, dim=0), nd.concat(*labels, dim=0)


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

    With frozen features every epoch computes the same numbers again; here each photo goes
    through them once, or a few times in different augmentation, and the output layer trains in
    seconds. With a seed, the features are kept beside the photos for the next time.

    Parameters
    ----------
    net : Block
        With ``features`` and ``output``, as `logoflow.finetune_net` gives.
    crops : int
        Augmented crops of each training photo, each from a pass over `train_data`.
    **options
        See `train`, whose other parameters these are. The checkpoint is of ``net.output``:
        bring the best back with ``history.load_best(net.output)``.

    Returns
    -------
    History
    """
    if "views" in options:
        raise TypeError(f"views has a new name: pass crops={options['views']!r}.")
    seed, loaders = options.get("seed"), []
    for data in (train_data, val_data, test_data):
        if data is None:
            loaders.append(None)
            continue
        seed_epoch(seed, 0)
        passes = crops if data is train_data else 1
        compute = partial(_arrays_of, chain(*[data] * passes), net, ctx)
        photos = getattr(data, "dataset", None)
        pairs = gluon.data.ArrayDataset(*kept_features(photos, net, seed, passes, compute))
        loaders.append(gluon.data.DataLoader(pairs, batch_size, shuffle=data is train_data))
    return train(net.output, ctx, *loaders, batch_size, num_epochs, model_prefix, **options)


def _arrays_of(data: Iterable, net: gluon.Block, ctx: Contexts) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels as NumPy arrays: rows of MXNet's are slow to pick one by one."""
    features, labels = extract_features(data, net, ctx)
    return features.asnumpy(), labels.asnumpy()


KEPT = 4  # files of a split: other nets, sizes and seeds than the last one's are soon asked for


def kept_features(
    photos: object, net: gluon.Block, seed: int | None, passes: int, compute: Callable[[], Arrays]
) -> Arrays:
    """Give features from the file that has them, or compute them and write it.

    Parameters
    ----------
    photos : Dataset
        A `logoflow.loading.photo_folder.PhotoFolder`; of any other nothing is kept.
    net : Block
        Its ``features`` decide.
    seed : int or None
        What order and augmentation were drawn by; without a seed nothing is kept.
    passes : int
        Over the photos.
    compute : callable
        Gives (features, labels).

    Returns
    -------
    features, labels : ndarray
        (photos, features) and (photos,), float32.
    """
    if seed is None or not isinstance(photos, PhotoFolder):
        return compute()
    digest = hashlib.sha256(f"{describe_photos(photos)} {seed} {passes}".encode())
    for parameter in net.features.collect_params().values():
        digest.update(parameter.data(parameter.list_ctx()[0]).asnumpy().tobytes())
    split = photos.folder
    folder, stem = split.parent / CACHE_FOLDER, f"features-{split.name}"
    path = folder / f"{stem}-{digest.hexdigest()[:12]}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            path.touch()
            return arrays["features"], arrays["labels"]
    features, labels = compute()
    with atomic_path(path) as tmp, open(tmp, "wb") as file:
        np.savez(file, features=features, labels=labels)
    newest = sorted(folder.glob(f"{stem}-*.npz"), key=lambda old: old.stat().st_mtime_ns)
    for old in newest[:-KEPT]:
        old.unlink(missing_ok=True)
    return features, labels


def describe_photos(photos: PhotoFolder) -> str:
    """Say what decides which pixels a data set gives: files, boxes, augmenters."""
    files = [(path, path.stat().st_mtime_ns, label) for path, label in photos.items]
    augs = [aug.dumps() if hasattr(aug, "dumps") else repr(aug) for aug in photos.augs]
    return json.dumps(
        [files, sorted(photos.boxes.items()), augs, photos.max_short_side], default=str
    )
