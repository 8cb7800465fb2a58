"""The fixed feature extractor: features once, then only the output layer."""

from collections.abc import Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon, nd

from logoflow.evaluation import _get_batch
from logoflow.feature_cache import kept_features
from logoflow.history import History
from logoflow.models.graph import fused
from logoflow.training import seed_epoch, train
from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.progress import bar


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
    views: int = 1,
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
    views : int
        Passes over `train_data`: so many augmented versions of each training photo.
    **options
        See `train`, whose other parameters these are. The checkpoint is of ``net.output``:
        bring the best back with ``history.load_best(net.output)``.

    Returns
    -------
    History
    """
    seed, loaders = options.get("seed"), []
    for data in (train_data, val_data, test_data):
        if data is None:
            loaders.append(None)
            continue
        seed_epoch(seed, 0)
        passes = views if data is train_data else 1
        compute = partial(_arrays_of, chain(*[data] * passes), net, ctx)
        photos = getattr(data, "dataset", None)
        pairs = gluon.data.ArrayDataset(*kept_features(photos, net, seed, passes, compute))
        loaders.append(gluon.data.DataLoader(pairs, batch_size, shuffle=data is train_data))
    return train(net.output, ctx, *loaders, batch_size, num_epochs, model_prefix, **options)


def _arrays_of(data: Iterable, net: gluon.Block, ctx: Contexts) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels as NumPy arrays: rows of MXNet's are slow to pick one by one."""
    features, labels = extract_features(data, net, ctx)
    return features.asnumpy(), labels.asnumpy()
