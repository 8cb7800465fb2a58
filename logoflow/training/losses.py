"""The loss: cross-entropy as in the articles, optionally with class weights and label smoothing."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import TypeAlias

import numpy as np
from mxnet import gluon, nd

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of
from logoflow.values import number_between

ClassWeights: TypeAlias = Sequence[float] | Mapping[str | int, float]


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
    number_between("label_smoothing", label_smoothing, 0, 1, below=True)
    if isinstance(class_weights, Mapping):
        raise ValueError(
            f"class_weights is {class_weights!r}, but the loss has no class names: give a list of "
            "weights in label order."
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


def class_weight_list(class_weights: ClassWeights, classes: Sequence[str]) -> list[float]:
    """List the weight of each class, after a check.

    Parameters
    ----------
    class_weights : sequence of float, or dict
        Weights in label order, or weights by the name or the label of a class. Classes that a dict
        does not have get the weight 1.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    list of float
        One weight per class, in label order.

    Raises
    ------
    ValueError
        If there are more or fewer weights than classes, if there is no such class, if a class has
        two weights, or if a weight is negative or no finite number.

    Examples
    --------
    >>> class_weight_list({"no-logo": 0.5, 2: 3}, ["bmw", "no-logo", "ups"])
    [1.0, 0.5, 3]
    """
    if isinstance(class_weights, Mapping):
        by_label = {_class_label(key, classes): key for key in class_weights}
        if len(by_label) < len(class_weights):
            raise ValueError(f"class_weights is {class_weights!r}: a class has two weights.")
        weights = [
            class_weights[by_label[label]] if label in by_label else 1.0
            for label in range(len(classes))
        ]
    else:
        weights = list(class_weights)
    if len(weights) != len(classes):
        raise ValueError(
            f"There are {len(weights)} class_weights, but {len(classes)} classes: "
            f"{', '.join(classes)}."
        )
    weights = [
        number_between(f"The class weight of {name}", weight, 0)
        for name, weight in zip(classes, weights, strict=True)
    ]
    if not any(weights):
        raise ValueError("All class_weights are 0: give at least one class a higher weight.")
    return weights


def _class_label(key: object, classes: Sequence[str]) -> int:
    """Return the label of a class that is given by its name or label."""
    if isinstance(key, str) and key in classes:
        return list(classes).index(key)
    is_label = isinstance(key, Integral) and not isinstance(key, bool)
    if is_label and 0 <= key < len(classes):  # type: ignore[operator]
        return int(key)  # type: ignore[call-overload]
    similar = difflib.get_close_matches(str(key), classes)
    hint = f" Did you mean {', '.join(similar)}?" if similar else ""
    raise ValueError(
        f"class_weights has the key {key!r}, which is no class: give the name of a class, or its "
        f"label from 0 to {len(classes) - 1}.{hint}"
    )


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
