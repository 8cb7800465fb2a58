"""The fixed feature extractor: features once, then only the output layer."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import mxnet as mx
from mxnet import gluon, nd

from logoflow.evaluation import Contexts, _get_batch, as_list
from logoflow.history import History
from logoflow.progress import bar
from logoflow.training import seed_epoch, train


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
    ctx = as_list(ctx)
    features, labels = [], []
    for batch in bar(data_iterator, "features"):
        data, label, _ = _get_batch(batch, ctx)
        features += [net.features(X).flatten().as_in_context(mx.cpu()) for X in data]
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
    **options,
) -> History:
    """Train only ``net.output``, on features that are computed once.

    With frozen features every epoch computes the same numbers again; here each photo goes
    through them once, or a few times in different augmentation, and the output layer trains in
    seconds.

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
    seed_epoch(options.get("seed"), 0)
    loaders = []
    for data in (train_data, val_data, test_data):
        if data is None:
            loaders.append(None)
            continue
        passes = [data] * (views if data is train_data else 1)
        pairs = gluon.data.ArrayDataset(*extract_features(chain(*passes), net, ctx))
        loaders.append(gluon.data.DataLoader(pairs, batch_size, shuffle=data is train_data))
    return train(net.output, ctx, *loaders, batch_size, num_epochs, model_prefix, **options)
