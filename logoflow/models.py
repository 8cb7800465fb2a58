"""Build networks by name; fine-tune pretrained ones, wholly or in part."""

from functools import partial
from pathlib import Path

import mxnet as mx
from mxnet import gluon, init
from mxnet.gluon import nn

from logoflow.article_nets import alexnet_cnn, lenet5, mlp
from logoflow.backbones.registry import backbone_of, new_net, pretrained_net
from logoflow.ensembles import Ensemble, backbones_of


def finetune_net(
    classes: int,
    backbone: str = "resnet18_v2",
    *,
    weights: Path | str | None = None,
    ctx: mx.Context | list[mx.Context] | None = None,
) -> gluon.HybridBlock:
    """Give a net of `classes` outputs on features that were trained on ImageNet.

    Parameters
    ----------
    classes : int
        Number of outputs.
    backbone : str
        ``"resnet18_v2"`` (the Gluon article's), ``"efficientnet_lite0"``, 1 or 2, or a name of
        GluonCV's zoo.
    weights : Path or str, optional
        A weight file to use instead of the published one, see `pretrained_net`.
    ctx : Context or list of Context, optional
        Where the weights go; the current context by default.

    Returns
    -------
    HybridBlock
        With `features` (pretrained) and `output` (new: Xavier, magnitude 2.24, drawn with
        MXNet's seed). Ready to train. Its input is normalised as `normalisation(net)` says.

    Raises
    ------
    WeightsError
        If the weights cannot be had. Never are other weights used instead.
    ValueError
        If there is no such backbone, or it has no `features` and `output`.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> net(nd.zeros((1, 3, 224, 224))).shape
    (1, 33)
    """
    ctx = ctx or mx.current_context()
    pretrained = pretrained_net(backbone, weights, ctx)
    net = new_net(backbone, classes)
    net.features = pretrained.features
    net.output.initialize(init.Xavier(magnitude=2.24), ctx=ctx)
    return net


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
        ``"efficientnet_lite0 + efficientnet_lite2"`` (`logoflow.Ensemble`).
    classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If there is no such net.
    """
    if architecture in BUILDERS:
        return BUILDERS[architecture](classes)
    if len(backbones := backbones_of(architecture)) > 1:
        return Ensemble(backbones, partial(build_net, classes=classes))
    return new_net(architecture, classes)


def freeze_features(net: gluon.HybridBlock, keep_last: int = 0) -> None:
    """Keep a net's features as they are in training: only the output, and no more, learns.

    Parameters
    ----------
    net : HybridBlock
        With `features` and `output`; changed in place. Make the Trainer afterwards.
    keep_last : int
        How many of the last blocks of `features` that have weights still learn.

    Raises
    ------
    ValueError
        If `keep_last` is negative or more than there are blocks.

    Notes
    -----
    A frozen batch normalisation uses its stored statistics in training too, and so leaves
    them unchanged. Calling again with another `keep_last` thaws or freezes the difference.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_features(net, keep_last=1)
    """
    blocks = [block for block in net.features if block.collect_params().keys()]
    if not 0 <= keep_last <= len(blocks):
        raise ValueError(f"keep_last is {keep_last}, not 0 to {len(blocks)}, the number of blocks.")
    first_kept = len(blocks) - keep_last
    for number, block in enumerate(blocks):
        block.apply(partial(_set_frozen, frozen=number < first_kept))
    # A graph that was compiled before still has the old batch normalisation in it.
    net.apply(_forget_graph)


def freeze_lower(net: gluon.HybridBlock, share: float) -> None:
    """Keep the first blocks of a pretrained net as they are: edges and colours need no learning.

    With a third frozen a training step takes half the time, and a few photos per class have less
    to overfit.

    Parameters
    ----------
    net : HybridBlock
        Changed in place. One without `features`, which has nothing to keep, is left as it is.
    share : float
        Share of the blocks of `features` that have weights, 0 to 1, rounded down.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_lower(net, 1 / 3)
    """
    if hasattr(net, "features"):
        blocks = sum(bool(block.collect_params().keys()) for block in net.features)
        freeze_features(net, keep_last=blocks - int(share * blocks))


def _set_frozen(block: gluon.Block, frozen: bool) -> None:
    """Freeze or thaw one layer's own weights, and its running statistics if it has any."""
    for parameter in block._reg_params.values():
        # Parameters that are never trained, running statistics say, stay "null" whatever is asked.
        parameter.grad_req = "null" if frozen else "write"
    if isinstance(block, (nn.BatchNorm, nn.BatchNormReLU)):
        block._kwargs["use_global_stats"] = frozen


def _forget_graph(block: gluon.Block) -> None:
    if isinstance(block, gluon.HybridBlock):
        block._clear_cached_op()


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
