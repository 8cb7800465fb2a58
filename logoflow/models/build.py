"""Rebuild a network from the name of its architecture, and count its weights."""

import math
from collections.abc import Sequence
from functools import partial

import mxnet as mx
from mxnet import gluon

from logoflow.errors import ClassListError
from logoflow.models.article_nets import alexnet_cnn, lenet5, mlp
from logoflow.models.backbones.registry import backbone_of, new_net, normalisation
from logoflow.models.ensemble import SEPARATOR, Ensemble, backbones_of

BUILDERS = {build.__name__: build for build in (mlp, lenet5, alexnet_cnn)}


def architecture_of(net: gluon.Block) -> str:
    """Return the name of a network's architecture, which `build_net` takes.

    Parameters
    ----------
    net : Block
        A network that logoflow built.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If logoflow did not build the network.

    Examples
    --------
    >>> architecture_of(lenet5(33))
    'lenet5'
    """
    name = getattr(net, "architecture", None) or backbone_of(net)
    if name is None:
        raise ValueError(
            f"This {type(net).__name__} was not built by logoflow, so it has no name to store: "
            f"use finetune_net, {', '.join(BUILDERS)}."
        )
    return name


def build_net(architecture: str, classes: int) -> gluon.HybridBlock:
    """Build a network by the name of its architecture.

    Parameters
    ----------
    architecture : str
        ``"mlp"``, ``"lenet5"``, ``"alexnet_cnn"``, the name of a backbone, or the names of several
        backbones, such as ``"efficientnet_lite0 + efficientnet_lite2"``
        (`logoflow.models.ensemble.Ensemble`).
    classes : int
        Number of outputs.

    Returns
    -------
    HybridBlock
        Network, not initialised.

    Raises
    ------
    ValueError
        If there is no such architecture, or if the networks of an ensemble need different
        normalisations.

    Examples
    --------
    >>> architecture_of(build_net("lenet5", 33))
    'lenet5'
    """
    if architecture in BUILDERS:
        return BUILDERS[architecture](classes)
    if SEPARATOR in architecture:
        return _build_ensemble(architecture, classes)
    return new_net(architecture, classes)


def _build_ensemble(architecture: str, classes: int) -> Ensemble:
    ensemble = Ensemble(backbones_of(architecture), partial(build_net, classes=classes))
    if len({str(normalisation(member)) for member in ensemble.members}) > 1:
        raise ValueError(
            f"The networks of {architecture} take photos that are normalised in different ways, so "
            "they cannot share an input. Choose backbones of one family."
        )
    return ensemble


def check_outputs(net: gluon.Block, classes: Sequence[str]) -> None:
    """Raise an error unless a network has one output per class.

    Parameters
    ----------
    net : Block
        Its last parameter must belong to the output layer. A network whose output layer has no
        size yet raises no error.
    classes : sequence of str
        The class list.

    Raises
    ------
    ClassListError
        If the numbers differ. The message gives both.

    Examples
    --------
    >>> check_outputs(lenet5(33), ["adidas", "no-logo"])
    Traceback (most recent call last):
    logoflow.errors.ClassListError: The network has 33 outputs, but the class list has 2 names: ...
    """
    parameters = list(net.collect_params().values())
    shape = parameters[-1].shape if parameters else None
    if shape and shape[0] not in (0, -1, len(classes)):
        raise ClassListError(
            f"The network has {shape[0]} outputs, but the class list has {len(classes)} names: "
            "give the class list of the data that the network was trained on."
        )


def count_parameters(
    net: gluon.HybridBlock, input_shape: tuple[int, ...] = (1, 3, 224, 224)
) -> int:
    """Count the weights of a network without the running statistics of batch normalisation.

    Parameters
    ----------
    net : HybridBlock
        The network, initialised or not. Shapes are inferred; nothing is computed or allocated.
    input_shape : tuple of int
        Shape of the input: (batch, channels, height, width).

    Returns
    -------
    int
        Number of weights.

    Examples
    --------
    >>> count_parameters(mlp(33), input_shape=(1, 1, 224, 224))
    1506333
    """
    symbol = net(mx.sym.var("data"))
    shapes, _, _ = symbol.infer_shape(data=input_shape)
    sizes = zip(symbol.list_arguments(), shapes, strict=True)
    return sum(math.prod(shape) for name, shape in sizes if name != "data")
