"""logo_lite0: EfficientNet-Lite0 that was trained on logos, with an embedding that compares brands.

The weights are in this folder. `logo_lite0.md` beside them says how they came about, on which logos
they were trained, and under which licences.
"""

from functools import cached_property
from pathlib import Path

import numpy as np
from mxnet import gluon, init, nd
from mxnet.gluon import nn

from logoflow.models.backbones.efficientnet_lite import HEAD, EfficientNetLite
from logoflow.models.backbones.weights import check_hash

WEIGHTS = Path(__file__).with_name("logo_lite0.npz")
SHA256 = "beeb74fa664d08ebd12b3a9abe5ad31c73b4f9bbebe1619e964b790016568817"
EMBEDDING_SIZE = 256
LENGTH = 10.0
"""Length of the features. With features of length 1, an output layer would learn slowly."""

EPSILON = 1e-10  # keeps the features of a black photo finite


class UnitLength(gluon.HybridBlock):
    """Scale each vector to the same length, `LENGTH`, so that only its direction counts."""

    def hybrid_forward(self, F, x):
        """Map (batch, features) to (batch, features)."""
        # MXNet cannot export L2Normalization of vectors, or rsqrt, to ONNX.
        length = F.sqrt(F.sum(F.square(x), axis=1, keepdims=True) + EPSILON)
        return LENGTH * F.broadcast_div(x, length)


class LogoLite0(EfficientNetLite):
    """EfficientNet-Lite0 for logos: features of one length, and an embedding that compares brands.

    It uses ReLU and symmetric padding (`logoflow.models.backbones.efficientnet_lite.ConvNorm`).
    The features are the pooled features of EfficientNet-Lite0, scaled to a length of 10.

    Parameters
    ----------
    name : str
        First part of the names of the parameters.
    classes : int
        Number of outputs. By default, the outputs are the embedding, as in the published network.

    Notes
    -----
    The pooled features of photos and regions differ in length as much as in direction. Output
    layers on features of one length found clearly more logos (docs/accuracy.md).

    Examples
    --------
    >>> LogoLite0(classes=33).prefix
    'logo_lite0_'
    """

    def __init__(self, name: str = "logo_lite0", classes: int = EMBEDDING_SIZE):
        super().__init__("efficientnet_lite0", classes, prefix=f"{name}_", plain=True)
        with self.name_scope():
            self.features.add(UnitLength())

    @cached_property
    def embedding(self) -> nn.Dense:
        """Layer that maps features, (batch, 1280), to the published embedding, (batch, 256).

        The layer is read from the package at its first use, on the devices of the features. It is
        no child of the network: `collect_params`, a `Trainer`, and saved or exported files do not
        contain it. It belongs to the published features. Fine-tuning changes the features, but not
        this layer.

        Raises
        ------
        WeightsError
            If the weight file is missing or was altered.

        Examples
        --------
        >>> net = LogoLite0(classes=33)
        >>> net.initialize()
        >>> net.embedding(net.features(nd.zeros((1, 3, 64, 64)))).shape
        (1, 256)
        """
        # A cached property bypasses Gluon's `__setattr__`, which would register a child.
        layer = nn.Dense(EMBEDDING_SIZE, use_bias=False, in_units=HEAD, prefix="embedding_")
        first_parameter = next(iter(self.features.collect_params().values()))
        layer.initialize(init.Zero(), ctx=first_parameter.list_ctx())
        layer.weight.set_data(nd.array(read_weights()["embedding.weight"]))
        return layer


def published_tensors() -> dict[str, np.ndarray]:
    """Return the published weights, with the embedding as the output layer and a bias of zero.

    Returns
    -------
    dict of str to ndarray
        float32 arrays by their names in https://pypi.org/project/efficientnet-lite-pytorch/.

    Raises
    ------
    WeightsError
        If the weight file is missing or was altered.

    Examples
    --------
    >>> published_tensors()["_fc.weight"].shape
    (256, 1280)
    """
    tensors = read_weights()
    tensors["_fc.weight"] = tensors.pop("embedding.weight")
    tensors["_fc.bias"] = np.zeros(EMBEDDING_SIZE, np.float32)
    return tensors


def read_weights(path: Path = WEIGHTS) -> dict[str, np.ndarray]:
    """Read the weights after a check of the file's hash. The file can hold arrays only.

    Parameters
    ----------
    path : Path
        The file, `logo_lite0.npz`.

    Returns
    -------
    dict of str to ndarray
        float32 arrays by their names in https://pypi.org/project/efficientnet-lite-pytorch/, and
        ``"embedding.weight"`` of shape (256, 1280).

    Raises
    ------
    WeightsError
        If the file is missing or has another hash.

    Examples
    --------
    >>> read_weights()["embedding.weight"].shape
    (256, 1280)
    """
    check_hash(path, "sha256", SHA256)
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name].astype(np.float32) for name in file.files}


def embed(net: gluon.Block, data: nd.NDArray) -> nd.NDArray:
    """Compute the embeddings of logos. The cosine of two embeddings says how alike two logos are.

    Parameters
    ----------
    net : Block
        Network on the backbone ``"logo_lite0"``. Embeddings are most useful with the published
        features, so before fine-tuning.
    data : NDArray
        Batch of shape (batch, 3, height, width), normalised by ``logoflow.normalisation(net)``.
        Crops that a logo fills give the best embeddings.

    Returns
    -------
    NDArray
        Shape (batch, 256). Each row has length 1, so the dot product of two rows is their cosine.

    Raises
    ------
    ValueError
        If the network is built on another backbone.

    Examples
    --------
    >>> net = LogoLite0()
    >>> net.initialize()
    >>> vectors = embed(net, nd.random.normal(shape=(2, 3, 64, 64)))
    >>> vectors.shape
    (2, 256)
    """
    if not isinstance(net, LogoLite0):
        raise ValueError(
            f"{type(net).__name__} has no embedding of logos: build the network with "
            'pretrained_net("logo_lite0") or finetune_net(classes, "logo_lite0").'
        )
    return nd.L2Normalization(net.embedding(net.features(data)))
