"""The networks of the two articles, from scratch: an MLP, LeNet-5 and a convolutional network."""

from collections.abc import Iterable

from mxnet import gluon, nd
from mxnet.gluon import nn

# Convolutions are (channels, kernel, stride, padding), pools (kernel, stride).
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

# The second convolution of the network that logoflow once took for the Gluon article's.
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
    """Multi-layer perceptron with one hidden layer of 30 units and ReLU.

    The Gluon article calculates with 30 hidden units on one colour channel.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Not initialised. Takes (batch, channels, height, width), gives (batch, classes)
        logits; the first batch fixes its input size.

    Examples
    --------
    >>> count_parameters(mlp(33))  # 224*224*3*30 + 30, and 30*33 + 33
    4516893
    """
    return _stack("mlp", MLP, classes, nn.HybridSequential)


def lenet5(classes: int) -> nn.HybridSequential:
    """LeNet-5 as in the PyTorch article: 6 and 16 filters of 5x5, 2x2 pooling, 120, 84.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Not initialised. Takes (batch, 3, height, width), gives (batch, classes) logits.

    Examples
    --------
    >>> count_parameters(lenet5(33))
    5409241
    """
    return _stack("lenet5", LENET5, classes, nn.HybridSequential)


def alexnet_cnn(classes: int) -> nn.HybridSequential:
    """The Gluon article's convolutional network: two convolutions and a dense layer of 4,096.

    Its first layer is AlexNet's: 96 kernels of 11x11 with stride 4.

    Parameters
    ----------
    classes : int
        Number of outputs.

    Returns
    -------
    HybridSequential
        Not initialised; the article uses ``Xavier(magnitude=2.24)``. Takes (batch, 3, height,
        width) of at least 67 pixels a side, gives (batch, classes) logits. At 224 pixels and 33
        classes it has 79,278,433 weights, 317 MB a checkpoint.

    Notes
    -----
    Earlier versions of logoflow built another network under this name, with five convolutions.
    Its files do not load: the error says so.

    Examples
    --------
    >>> count_parameters(alexnet_cnn(33))
    79278433
    """
    return _stack("alexnet_cnn", ALEXNET_CNN, classes, _ArticleCNN)


def old_cnn_reason(shapes: Iterable[tuple[int, ...]]) -> str:
    """Say why stored weights do not fit, if they are those of the earlier `alexnet_cnn`.

    Parameters
    ----------
    shapes : iterable of tuple of int
        Shapes of the stored weights.

    Returns
    -------
    str
        A sentence, or an empty string for any other network's weights.

    Examples
    --------
    >>> old_cnn_reason([(96, 3, 11, 11), (192, 96, 5, 5)])
    ''
    """
    if OLD_CNN_SHAPE not in map(tuple, shapes):
        return ""
    return (
        "It holds the network of five convolutions that alexnet_cnn was in earlier versions of "
        "logoflow. The Gluon article's network, which alexnet_cnn is now, has two."
    )


class _ArticleCNN(nn.HybridSequential):
    """Refuses the weights of the earlier `alexnet_cnn` with a sentence that says why."""

    def load_parameters(self, filename: str, *args: object, **options: object) -> None:
        """Load weights as `Block.load_parameters` does."""
        _load_or_explain(super().load_parameters, filename, *args, **options)

    def collect_params(self, select: str | None = None) -> gluon.ParameterDict:
        """Give the parameters; the article's cell calls ``load`` on them."""
        found = _ArticleParameters(self.prefix)
        found.update(super().collect_params(select))
        return found


class _ArticleParameters(gluon.ParameterDict):
    def load(self, filename: str, *args: object, **options: object) -> None:
        _load_or_explain(super().load, filename, *args, **options)


def _load_or_explain(load, filename: str, *args: object, **options: object) -> None:
    """Load weights; MXNet's complaint about shapes becomes a sentence where we know the reason."""
    try:
        load(filename, *args, **options)
    except AssertionError as error:
        if why := old_cnn_reason(array.shape for array in nd.load(filename).values()):
            raise ValueError(f"{filename} does not fit. {why} Train it again.") from error
        raise


def _stack(
    name: str, layers: tuple[tuple, ...], classes: int, kind: type[nn.HybridSequential]
) -> nn.HybridSequential:
    """Stack the layers of a table and an output layer; not initialised."""
    # A fixed prefix: `collect_params().save` files load in another process too.
    net = kind(prefix=f"{name}_")
    with net.name_scope():
        for layer, *sizes in layers:
            net.add(_LAYERS[layer](*sizes))
        net.add(nn.Dense(classes))
    net.architecture = name
    return net
