"""Build a network for fine-tuning: pretrained features and a new output layer."""

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
    """Build a network with pretrained features and a new output layer.

    Parameters
    ----------
    classes : int
        Number of outputs.
    backbone : str
        ``"resnet18_v2"`` (the backbone of the Gluon article), ``"efficientnet_lite0"``,
        ``"efficientnet_lite1"``, ``"efficientnet_lite2"``, ``"logo_lite0"`` (trained on logos), or
        a name of GluonCV's model zoo.
    weights : Path or str, optional
        Weight file to load instead of the published weights, see
        `logoflow.models.backbones.registry.pretrained_net`.
    ctx : Context or list of Context, optional
        Devices for the weights. Default: the current context.

    Returns
    -------
    HybridBlock
        Network with `features` (pretrained on ImageNet, those of logo_lite0 on logos too) and
        `output` (new), ready to train. The output is initialised by ``Xavier(magnitude=2.24)``
        with MXNet's seed. The input must be normalised by ``logoflow.normalisation(net)``.

    Raises
    ------
    WeightsError
        If the weights cannot be found or fetched. No other weights are used instead.
    ValueError
        If there is no such backbone, or if it has no `features` and `output`.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> net(mx.nd.zeros((1, 3, 224, 224))).shape
    (1, 33)
    """
    ctx = ctx or mx.current_context()
    pretrained = pretrained_net(backbone, weights, ctx)
    net = new_net(backbone, classes)
    net.features = pretrained.features
    net.output.initialize(init.Xavier(magnitude=2.24), ctx=ctx)
    return net
