"""The loss: cross-entropy as in the articles, optionally with class weights and label smoothing."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from mxnet import gluon, nd

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of


def make_loss(
    class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> Callable[[nd.NDArray, nd.NDArray], nd.NDArray]:
    """Make the loss function of a training run.

    Parameters
    ----------
    class_weights : sequence of float, optional
        Weight of each class, in label order.
    label_smoothing : float
        Share of the label that is spread evenly over all classes, 0 or more and below 1
        (Szegedy et al., Rethinking the Inception Architecture, CVPR 2016).

    Returns
    -------
    callable
        Takes logits of shape (batch, classes) and labels of shape (batch,), and returns the loss
        of each photo, of shape (batch,).

    Raises
    ------
    ValueError
        If `label_smoothing` is out of range.

    Examples
    --------
    >>> loss = make_loss(label_smoothing=0.1)
    >>> loss(nd.zeros((1, 4)), nd.array([2])).asnumpy().round(3)  # log(4)
    array([1.386], dtype=float32)
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            f"label_smoothing is {label_smoothing}. It must be 0 or more, and below 1."
        )
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()

    def loss(yhat: nd.NDArray, y: nd.NDArray) -> nd.NDArray:
        losses = cross_entropy(yhat, y)
        if label_smoothing:
            uniform = -nd.log_softmax(yhat).mean(axis=1)
            losses = (1 - label_smoothing) * losses + label_smoothing * uniform
        if class_weights is not None:
            losses = losses * nd.array(class_weights, ctx=y.context)[y]
        return losses

    return loss


def balanced_weights(root: Path | str) -> list[float]:
    """Compute class weights that make every class count the same in the loss.

    Parameters
    ----------
    root : Path or str
        The folder of a prepared data set.

    Returns
    -------
    list of float
        One weight per class, in label order. Their mean over the training photos is 1.

    Raises
    ------
    FileNotFoundError
        If `root` is not a prepared data set.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=4)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> [round(weight, 2) for weight in balanced_weights(root)]
    [1.33, 1.33, 0.67]
    """
    labels = [label for _, label in photos_of(root, "train_data")]
    counts = np.bincount(labels, minlength=len(read_classes(root)))
    return (len(labels) / (len(counts) * np.maximum(counts, 1))).tolist()
