"""The networks that the two articles train from scratch: an MLP, LeNet-5 and a CNN."""

from collections.abc import Callable, Iterable

from mxnet import gluon, nd
from mxnet.gluon import nn

# Convolutions are (channels, kernel, stride, padding), pools are (kernel, stride).
ALEXNET_CNN = (
    ("conv", 96, 11, 4, 0),
    ("pool", 3, 2),
    ("conv", 192, 5, 1, 0),
    ("pool", 3, 2),
    ("flatten",),
    ("dense", 4096),
)

LENET5 = (
    ("conv", 6, 5, 1, 0),
    ("pool", 2, 2),
    ("conv", 16, 5, 1, 0),
    ("pool", 2, 2),
    ("flatten",),
    ("dense", 120),
    ("dense", 84),
)

MLP = (("flatten",), ("dense", 30))

# Weight shape of the second convolution of `alexnet_cnn` in earlier versions of logoflow.
OLD_CNN_SHAPE = (256, 96, 5, 5)

_LAYERS = {
    "conv": lambda channels, kernel, stride, padding: nn.Conv2D(
        channels, kernel, strides=stride, padding=padding, activation="relu"
    ),
    "pool": nn.MaxPool2D,
    "flatten": nn.Flatten,
    "dense": lambda units: nn.Dense(units, activation="relu"),
}


def mlp(classes: int) -> nn.HybridSequential:
    """Build a multi-layer perceptron with one hidden layer of 30 units and ReLU.

    The Gluon article computes its example with 30 hidden units and one colour channel.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Network from (batch, channels, height, width) to (batch, classes) logits, not initialised.
        The first batch fixes the input size.

    Examples
    --------
    >>> from logoflow.models.build import count_parameters
    >>> count_parameters(mlp(33))  # 224*224*3*30 + 30 and 30*33 + 33
    4516893
    """
    return _stack("mlp", MLP, classes, nn.HybridSequential)


def lenet5(classes: int) -> nn.HybridSequential:
    """Build LeNet-5 as in the PyTorch article.

    Its layers are convolutions of 6 and 16 filters of 5x5, each followed by 2x2 pooling, and dense
    layers of 120 and 84 units.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Network from (batch, 3, height, width) to (batch, classes) logits, not initialised.

    Examples
    --------
    >>> from logoflow.models.build import count_parameters
    >>> count_parameters(lenet5(33))
    5409241
    """
    return _stack("lenet5", LENET5, classes, nn.HybridSequential)


def alexnet_cnn(classes: int) -> nn.HybridSequential:
    """Build the convolutional network of the Gluon article.

    It has two convolutions and a dense layer of 4,096 units. The first layer is that of AlexNet: 96
    kernels of 11x11 with stride 4.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Network from (batch, 3, height, width) to (batch, classes) logits, not initialised. Height
        and width are at least 67 pixels. The article initialises with
        ``Xavier(magnitude=2.24)``. At 224 pixels and 33 classes the network has 79,278,433 weights,
        or 317 MB per checkpoint.

    Notes
    -----
    In earlier versions of logoflow this function built a network with five convolutions. Files of
    that network do not load, and the error says why.

    Examples
    --------
    >>> from logoflow.models.build import count_parameters
    >>> count_parameters(alexnet_cnn(33))
    79278433
    """
    return _stack("alexnet_cnn", ALEXNET_CNN, classes, _ArticleCNN)


def old_cnn_reason(shapes: Iterable[tuple[int, ...]]) -> str:
    """Explain why stored weights do not fit, if they belong to the earlier `alexnet_cnn`.

    Parameters
    ----------
    shapes : iterable of tuple of int
        Shapes of the stored weights.

    Returns
    -------
    str
        An explanation, or an empty string for the weights of any other network.

    Examples
    --------
    >>> old_cnn_reason([(96, 3, 11, 11), (192, 96, 5, 5)])
    ''
    """
    if OLD_CNN_SHAPE not in map(tuple, shapes):
        return ""
    return (
        "The file contains the network with five convolutions that alexnet_cnn built in earlier "
        "versions of logoflow. Now alexnet_cnn builds the Gluon article's network, which has two."
    )


class _ArticleCNN(nn.HybridSequential):
    """A network that explains why it cannot load the weights of the earlier `alexnet_cnn`."""

    def load_parameters(self, filename: str, *args: object, **options: object) -> None:
        """Load weights as `Block.load_parameters` does."""
        _load_or_explain(super().load_parameters, filename, *args, **options)

    def collect_params(self, select: str | None = None) -> gluon.ParameterDict:
        """Return the parameters. The article calls ``load`` on them."""
        parameters = _ArticleParameters(self.prefix)
        parameters.update(super().collect_params(select))
        return parameters


class _ArticleParameters(gluon.ParameterDict):
    """Parameters that explain why they cannot be loaded from a file of the earlier network."""

    def load(self, filename: str, *args: object, **options: object) -> None:
        _load_or_explain(super().load, filename, *args, **options)


def _load_or_explain(load: Callable, filename: str, *args: object, **options: object) -> None:
    """Load weights, and explain MXNet's error about shapes if the reason is known."""
    try:
        load(filename, *args, **options)
    except AssertionError as error:
        if reason := old_cnn_reason(array.shape for array in nd.load(filename).values()):
            raise ValueError(
                f"{filename} does not fit. {reason} Train the network again."
            ) from error
        raise


def _stack(
    name: str, layers: tuple[tuple, ...], classes: int, net_type: type[nn.HybridSequential]
) -> nn.HybridSequential:
    """Stack the layers of a table and an output layer, not initialised."""
    # With a fixed prefix, files of `collect_params().save` load in another process too.
    net = net_type(prefix=f"{name}_")
    with net.name_scope():
        for layer, *sizes in layers:
            net.add(_LAYERS[layer](*sizes))
        net.add(nn.Dense(classes))
    net.architecture = name
    return net
