"""What a net answers: batches shared out to devices, accuracies, reports."""

import functools
import warnings
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.gluon.utils import split_and_load

from logoflow.gpus import gpu_advice, usable_gpus
from logoflow.metrics.report import Report
from logoflow.progress import bar

Contexts: TypeAlias = mx.Context | Sequence[mx.Context]


def default_ctx(num_gpus: int | None = None) -> list[mx.Context]:
    """Devices to train on.

    Parameters
    ----------
    num_gpus : int, optional
        How many GPUs to use; by default one if there is one that MXNet can use.

    Returns
    -------
    list of Context
        ``[mx.cpu()]`` without such a GPU or with ``num_gpus=0``.

    Raises
    ------
    ValueError
        If the machine has fewer such GPUs than asked for.

    Warns
    -----
    UserWarning
        Once per process, if the machine has a GPU that MXNet cannot use.
    """
    if num_gpus == 0:
        return [mx.cpu()]
    _warn_of_unused_gpus()
    found = mx.context.num_gpus()
    gpus = [number for number in usable_gpus() if number < found]
    wanted = min(len(gpus), 1) if num_gpus is None else num_gpus
    if wanted > len(gpus):
        raise ValueError(
            f"num_gpus={wanted}, but MXNet can use {len(gpus)} here. On a machine with a GPU, run "
            "`make setup GPU=1` or set up environment.yml (mxnet-cu112); without one, leave "
            "num_gpus unset or 0."
        )
    return [mx.gpu(gpus[i]) for i in range(wanted)] or [mx.cpu()]


@functools.cache
def _warn_of_unused_gpus() -> None:
    """Warn at the first call only."""
    advice = gpu_advice()
    if advice:
        warnings.warn(advice, stacklevel=3)


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


def report_on(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts, classes: Sequence[str]
) -> Report:
    """Report of a net's answers on a data set (`logoflow.Report`)."""
    truth, answers = predict_labels(data_iterator, net, ctx)
    return Report.from_labels(truth, answers, classes)


def as_list(ctx: Contexts) -> list[mx.Context]:
    """Give one device or several as a list."""
    return [ctx] if isinstance(ctx, mx.Context) else list(ctx)
