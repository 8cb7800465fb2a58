"""Build a network again from the name of its architecture, and count its weights."""

from functools import partial

import mxnet as mx
from mxnet import gluon

from logoflow.models.article_nets import alexnet_cnn, lenet5, mlp
from logoflow.models.backbones.registry import backbone_of, new_net, normalisation
from logoflow.models.ensemble import Ensemble, backbones_of

BUILDERS = {build.__name__: build for build in (mlp, lenet5, alexnet_cnn)}


def architecture_of(net: gluon.Block) -> str:
    """Name of what a net was built as, for `build_net`.

    Raises
    ------
    ValueError
        If it was built by none of this module's functions.

    Examples
    --------
    >>> architecture_of(lenet5(33))
    'lenet5'
    """
    name = getattr(net, "architecture", None) or backbone_of(net)
    if name is None:
        raise ValueError(
            f"This {type(net).__name__} was not built by logoflow, which so has no name for it: "
            f"use finetune_net, {', '.join(BUILDERS)}."
        )
    return name


def build_net(architecture: str, classes: int) -> gluon.HybridBlock:
    """Build a net by the name that `architecture_of` gave, not initialised.

    Parameters
    ----------
    architecture : str
        ``"mlp"``, ``"lenet5"``, ``"alexnet_cnn"``, a backbone's name, or one such as
        ``"efficientnet_lite0 + efficientnet_lite2"`` (`logoflow.models.ensemble.Ensemble`).
    classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If there is no such net, or the networks of an ensemble want photos normalised in different
        ways.
    """
    if architecture in BUILDERS:
        return BUILDERS[architecture](classes)
    if len(backbones := backbones_of(architecture)) > 1:
        return _build_ensemble(architecture, backbones, classes)
    return new_net(architecture, classes)


def _build_ensemble(architecture: str, backbones: list[str], classes: int) -> Ensemble:
    """Build networks that answer as one; they see the same normalised photo."""
    ensemble = Ensemble(backbones, partial(build_net, classes=classes))
    if len({str(normalisation(member)) for member in ensemble.members}) > 1:
        raise ValueError(
            f"{architecture}: these were trained on photos normalised in different ways "
            "and cannot share one. Take nets of one family."
        )
    return ensemble


def count_parameters(
    net: gluon.HybridBlock, input_shape: tuple[int, ...] = (1, 3, 224, 224)
) -> int:
    """Count a net's weights, running statistics of batch normalisation not included.

    Parameters
    ----------
    net : HybridBlock
        Initialised or not: shapes are inferred and nothing is computed or allocated.
    input_shape : tuple of int
        (batch, channels, height, width).

    Returns
    -------
    int

    Examples
    --------
    >>> count_parameters(mlp(33), input_shape=(1, 1, 224, 224))
    1506333
    """
    symbol = net(mx.sym.var("data"))
    shapes, _, _ = symbol.infer_shape(data=input_shape)
    sizes = zip(symbol.list_arguments(), shapes, strict=True)
    return sum(_product(shape) for name, shape in sizes if name != "data")


def _product(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
