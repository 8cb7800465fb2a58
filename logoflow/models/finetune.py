"""Build networks by name; fine-tune pretrained ones, wholly or in part."""

from pathlib import Path

import mxnet as mx
from mxnet import gluon, init

from logoflow.models.backbones.registry import new_net, pretrained_net


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
