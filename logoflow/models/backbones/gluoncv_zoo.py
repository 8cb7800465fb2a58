"""ImageNet classifiers of GluonCV's model zoo: their names, networks and weights."""

from pathlib import Path

from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.models.backbones.weights import (
    fetch_zoo_file,
    load_params,
    manual_download_error,
    zoo_url,
)
from logoflow.utils.devices import Contexts

# Parts of the names of networks for other data sets and tasks.
NOT_IMAGENET = (
    "ade", "cifar", "citys", "coco", "custom", "fpn", "hmdb51", "kinetics", "mhp", "otb",
    "sthsth", "ucf101", "voc",
)  # fmt: skip


def zoo_names() -> list[str]:
    """List the names of all networks of the zoo, sorted.

    Examples
    --------
    >>> "mobilenetv2_1.0" in zoo_names()
    True
    """
    return sorted(_gluoncv().model_zoo.model_zoo.get_model_list())


def build(name: str, classes: int) -> gluon.HybridBlock:
    """Build a network of the zoo without weights.

    Parameters
    ----------
    name : str
        One of `zoo_names`.
    classes : int
        Number of outputs.

    Returns
    -------
    HybridBlock
        Network with `features` and `output`, not initialised.

    Raises
    ------
    ValueError
        If the network is not an ImageNet classifier with `features` and `output`.

    Examples
    --------
    >>> build("mobilenetv2_0.25", 3).output
    HybridSequential(...
    """
    unusable = ValueError(
        f"{name} is not an ImageNet classifier with `features` and `output`: choose another, "
        "for instance mobilenetv2_1.0, resnet50_v2 or efficientnet_lite0."
    )
    # Building a network for another task would download its backbone first.
    if any(part in name for part in NOT_IMAGENET):
        raise unusable
    try:
        net = _gluoncv().model_zoo.get_model(name, classes=classes, pretrained=False)
    except TypeError as error:
        raise unusable from error
    if not (hasattr(net, "features") and hasattr(net, "output")):
        raise unusable
    return net


def load_published(net: gluon.HybridBlock, ctx: Contexts | None = None) -> None:
    """Load the published ImageNet weights of a network of the zoo.

    Parameters
    ----------
    net : HybridBlock
        Network with 1000 classes and its name as `backbone`; changed in place.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    WeightsError
        If GluonCV publishes no weights, or if they can be neither found nor fetched.
    """
    load_params(net, _published_file(net.backbone), ctx)


def _published_file(name: str) -> Path:
    """Find or fetch the weight file, with logoflow's time limits and checks."""
    sha1_by_name = _gluoncv().model_zoo.model_store._model_sha1
    if name not in sha1_by_name:
        raise WeightsError(
            f"GluonCV publishes no weights for {name}: pass a .params file as weights=."
        )
    sha1 = sha1_by_name[name]
    try:
        return fetch_zoo_file(name, sha1)
    except WeightsError as error:
        raise manual_download_error(
            [error], f"{name}-{sha1[:8]}.params", zoo_url(name, sha1), f"sha1 {sha1}"
        ) from error


def _gluoncv():
    """Import GluonCV only when a network of its zoo is used, because the import is slow."""
    import gluoncv

    return gluoncv
