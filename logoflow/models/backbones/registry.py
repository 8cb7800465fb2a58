"""Registry of pretrained networks by name: how each is built, loaded and normalised."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import mxnet as mx
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.models.backbones import (
    efficientnet_lite,
    efficientnet_lite_weights,
    gluoncv_zoo,
    logo_lite0,
    resnet18_v2,
)
from logoflow.models.backbones.onnx_weights import load_onnx
from logoflow.models.backbones.sanity_check import Statistics, require_cat
from logoflow.models.backbones.weights import load_params
from logoflow.utils.addresses import local_path
from logoflow.utils.devices import Contexts

IMAGENET_CLASSES = 1000

# Mean and standard deviation of ImageNet, which MXNet's and GluonCV's zoos normalise by.
IMAGENET_STATISTICS: Statistics = (
    (0.485 * 255, 0.456 * 255, 0.406 * 255),
    (0.229 * 255, 0.224 * 255, 0.225 * 255),
)


class Backbone(NamedTuple):
    """How a kind of pretrained network is built, loaded and normalised.

    Parameters
    ----------
    build : callable
        From the name of the backbone and the number of classes to a network with `features` and
        `output`.
    load_published : callable
        Takes a network with the published outputs and its devices, and loads the published weights.
    load_file : callable
        Takes a network with the published outputs, a weight file of the user and devices, and loads
        the file.
    statistics : (mean, std)
        Normalisation of the training photos, for RGB from 0 to 255.
    published_outputs : int
        Number of outputs of the published network: the classes of ImageNet, unless it was trained
        for something else.
    """

    build: Callable[[str, int], gluon.HybridBlock]
    load_published: Callable[[gluon.HybridBlock, Contexts | None], None]
    load_file: Callable[[gluon.HybridBlock, Path, Contexts | None], None]
    statistics: Statistics
    published_outputs: int = IMAGENET_CLASSES


def _load_resnet18_v2(net: gluon.HybridBlock, ctx: Contexts | None) -> None:
    resnet18_v2.load_published(net, ctx)
    require_cat(net, IMAGENET_STATISTICS)


def _load_resnet18_v2_file(net: gluon.HybridBlock, path: Path, ctx: Contexts | None) -> None:
    if path.suffix == ".onnx":
        load_onnx(net, path, ctx)
        if resnet18_v2.is_published(path):
            require_cat(net, IMAGENET_STATISTICS)
    else:
        load_params(net, path, ctx)


def _load_logo_lite0(net: gluon.HybridBlock, ctx: Contexts | None) -> None:
    efficientnet_lite_weights.load_torch_weights(net, logo_lite0.published_tensors(), ctx)


_EFFICIENTNET_LITE = Backbone(
    build=efficientnet_lite.EfficientNetLite,
    load_published=efficientnet_lite_weights.load_published,
    load_file=load_params,
    statistics=(efficientnet_lite.MEAN, efficientnet_lite.STD),
)

BACKBONES: dict[str, Backbone] = {
    "efficientnet_lite0": _EFFICIENTNET_LITE,
    "efficientnet_lite1": _EFFICIENTNET_LITE,
    "efficientnet_lite2": _EFFICIENTNET_LITE,
    "logo_lite0": _EFFICIENTNET_LITE._replace(
        build=logo_lite0.LogoLite0,
        load_published=_load_logo_lite0,
        published_outputs=logo_lite0.EMBEDDING_SIZE,
    ),
    "resnet18_v2": Backbone(
        build=resnet18_v2.build,
        load_published=_load_resnet18_v2,
        load_file=_load_resnet18_v2_file,
        statistics=IMAGENET_STATISTICS,
    ),
}
"""Backbones by name. To add a backbone, add an entry here."""

GLUONCV_ZOO = Backbone(
    build=gluoncv_zoo.build,
    load_published=gluoncv_zoo.load_published,
    load_file=load_params,
    statistics=IMAGENET_STATISTICS,
)
"""Every other name is looked up in GluonCV's model zoo, which has a registry of its own."""


def pretrained_net(
    backbone: str, weights: Path | str | None = None, ctx: Contexts | None = None
) -> gluon.HybridBlock:
    """Build a network with its published weights, which were trained on ImageNet or on logos.

    Parameters
    ----------
    backbone : str
        ``"efficientnet_lite0"``, ``"efficientnet_lite1"`` or ``"efficientnet_lite2"``, whose
        weights come with pip; ``"logo_lite0"``, whose weights were trained on logos and are part of
        logoflow; ``"resnet18_v2"``, whose weights are searched on this machine, then
        in MXNet's bucket, then in the ONNX Model Zoo; or a name of GluonCV's model zoo.
    weights : Path or str, optional
        Weight file to load instead of the published weights: a ``.params`` file with as many
        outputs as the published network. For resnet18_v2 also an ``.onnx`` file that was exported
        from Gluon's network.
    ctx : Context or list of Context, optional
        Devices for the weights. Default: the current context.

    Returns
    -------
    HybridBlock
        Network with `features`, `output` and its name as `backbone`. The outputs are the 1000
        classes of ImageNet. Those of logo_lite0 are the 256 numbers of its embedding.

    Raises
    ------
    WeightsError
        If the weights cannot be found or fetched, or differ from the published ones.
    ValueError
        If there is no such backbone.

    Examples
    --------
    >>> net = pretrained_net("efficientnet_lite0")
    >>> net(mx.nd.zeros((1, 3, 224, 224))).shape
    (1, 1000)
    """
    net = new_net(backbone, get_backbone(backbone).published_outputs)
    ctx = ctx or mx.current_context()
    if weights is None:
        get_backbone(backbone).load_published(net, ctx)
        return net
    path = local_path(weights)
    if not path.is_file():
        raise WeightsError(f"There is no weight file {path}.")
    get_backbone(backbone).load_file(net, path, ctx)
    return net


def new_net(backbone: str, classes: int) -> gluon.HybridBlock:
    """Build a backbone without weights.

    Parameters
    ----------
    backbone : str
        Name, as for `pretrained_net`.
    classes : int
        Number of outputs.

    Returns
    -------
    HybridBlock
        Network with `features`, `output` and its name as `backbone`, not initialised.

    Raises
    ------
    ValueError
        If there is no such backbone, or if it has no `features` and `output`.

    Examples
    --------
    >>> new_net("efficientnet_lite0", 33).backbone
    'efficientnet_lite0'
    """
    if backbone not in BACKBONES:
        _require_zoo_name(backbone)
    net = get_backbone(backbone).build(backbone, classes)
    net.backbone = backbone
    return net


def get_backbone(name: str) -> Backbone:
    """Return the entry of `BACKBONES`, or `GLUONCV_ZOO` for any other name.

    Examples
    --------
    >>> get_backbone("efficientnet_lite0").statistics
    ((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
    """
    return BACKBONES.get(name, GLUONCV_ZOO)


def backbone_of(net: gluon.Block) -> str | None:
    """Return the name of the backbone that a network was built on.

    Parameters
    ----------
    net : Block
        A network.

    Returns
    -------
    str or None
        None if the network has no pretrained backbone.

    Examples
    --------
    >>> backbone_of(new_net("efficientnet_lite0", 33))
    'efficientnet_lite0'
    """
    return getattr(net, "backbone", None)


def normalisation(net_or_name: gluon.Block | str | None) -> Statistics | None:
    """Return the normalisation of photos that a backbone was trained with.

    Parameters
    ----------
    net_or_name : Block, str or None
        A network or the name of a backbone.

    Returns
    -------
    (mean, std) or None
        Three numbers each, for RGB from 0 to 255. None without a backbone: such a network uses the
        statistics of its training photos.

    Examples
    --------
    >>> normalisation("efficientnet_lite0")
    ((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
    """
    name = net_or_name if isinstance(net_or_name, str) else backbone_of(net_or_name)
    return None if name is None else get_backbone(name).statistics


def _require_zoo_name(name: str) -> None:
    """Raise ValueError with similar names unless the name is in GluonCV's zoo."""
    zoo_names = gluoncv_zoo.zoo_names()
    if name not in zoo_names:
        similar = get_close_matches(name, [*BACKBONES, *zoo_names], n=4)
        hint = f"Did you mean {', '.join(similar)}?" if similar else "See gluoncv.model_zoo's list."
        raise ValueError(f"There is no backbone {name!r}. {hint}")
