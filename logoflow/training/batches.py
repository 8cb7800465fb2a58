"""Split batches over devices, and compute predicted labels and accuracy."""

from collections.abc import Iterable, Sequence

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon.utils import split_and_load

from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.progress import bar


def _get_batch(
    batch: tuple[nd.NDArray, nd.NDArray], ctx: Sequence[mx.Context]
) -> tuple[list[nd.NDArray], list[nd.NDArray], int]:
    """Split one batch over the devices.

    Parameters
    ----------
    batch : (data, label)
        From a Gluon DataLoader.
    ctx : sequence of Context
        Devices. If a small last batch has fewer photos than there are devices, the rest get none.

    Returns
    -------
    data, label : list of NDArray
        One part per device.
    batch_size : int
        Photos in the batch.

    Examples
    --------
    >>> batch = nd.zeros((5, 3, 32, 32)), nd.zeros(5)
    >>> data, label, batch_size = _get_batch(batch, [mx.cpu(0), mx.cpu(1)])
    >>> [part.shape[0] for part in data], batch_size
    ([3, 2], 5)
    """
    data, label = batch
    ctx = list(ctx)[: data.shape[0]]
    return (
        split_and_load(data, ctx, even_split=False),
        split_and_load(label, ctx, even_split=False),
        data.shape[0],
    )


def evaluate_accuracy(data_iterator: Iterable, net: gluon.Block, ctx: Contexts) -> float:
    """Compute the accuracy of a network.

    Parameters
    ----------
    data_iterator : iterable of (data, label)
        Usually a DataLoader.
    net : Block
        Returns logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices that hold the network.

    Returns
    -------
    float
        Share of photos whose largest logit is at the right label, 0 to 1; NaN without photos.
        Every photo counts once, also in a smaller last batch.

    Examples
    --------
    >>> batches = [(nd.array([[2, 1], [0, 3]]), nd.array([0, 0]))]
    >>> evaluate_accuracy(batches, gluon.nn.Lambda("identity"), mx.cpu())
    0.5
    """
    truth, predicted = predict_labels(data_iterator, net, ctx)
    return float(np.mean(truth == predicted)) if len(truth) else float("nan")


def predict_labels(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the predicted label of every photo.

    Parameters
    ----------
    data_iterator : iterable of (data, label)
        Usually a DataLoader.
    net : Block
        Returns logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices that hold the network.

    Returns
    -------
    truth, predicted : ndarray of int
        True and predicted labels of shape (photos,), in the iterator's order.
    """
    ctx = as_list(ctx)
    truth, predicted = [np.zeros(0, int)], [np.zeros(0, int)]
    for batch in bar(data_iterator, "evaluating"):
        data, label, _ = _get_batch(batch, ctx)
        outputs = [net(X) for X in data]
        truth += [y.asnumpy().astype(int) for y in label]
        predicted += [output.argmax(axis=1).asnumpy().astype(int) for output in outputs]
    return np.concatenate(truth), np.concatenate(predicted)
