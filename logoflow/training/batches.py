"""What a net answers: batches shared out to devices, accuracies, reports."""

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
    """Share one batch out to the devices.

    Parameters
    ----------
    batch : (data, label)
        From a Gluon DataLoader.
    ctx : sequence of Context
        Devices. Those beyond the number of photos in a small last batch get nothing.

    Returns
    -------
    data, label : list of NDArray
        A piece per device.
    batch_size : int
        Photos in the batch.
    """
    data, label = batch
    ctx = list(ctx)[: data.shape[0]]
    return (
        split_and_load(data, ctx, even_split=False),
        split_and_load(label, ctx, even_split=False),
        data.shape[0],
    )


def evaluate_accuracy(data_iterator: Iterable, net: gluon.Block, ctx: Contexts) -> float:
    """Share of photos that the net answers right.

    Parameters
    ----------
    data_iterator : iterable of (data, label)
        Usually a DataLoader.
    net : Block
        Gives logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices that the net lives on.

    Returns
    -------
    float
        0 to 1. Every photo counts once, those of the smaller last batch too.
    """
    truth, answers = predict_labels(data_iterator, net, ctx)
    return float(np.mean(truth == answers)) if len(truth) else float("nan")


def predict_labels(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts
) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers of a data set's photos and the net's answers.

    Returns
    -------
    truth, answers : ndarray of int
        Shape (photos,), in the iterator's order.
    """
    ctx = as_list(ctx)
    truth, answers = [np.zeros(0, int)], [np.zeros(0, int)]
    for batch in bar(data_iterator, "evaluating"):
        data, label, _ = _get_batch(batch, ctx)
        outputs = [net(X) for X in data]
        truth += [y.asnumpy().astype(int) for y in label]
        answers += [output.argmax(axis=1).asnumpy().astype(int) for output in outputs]
    return np.concatenate(truth), np.concatenate(answers)
