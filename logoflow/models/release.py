"""Free the memory of compiled graphs."""

from mxnet import gluon


def release_graphs(net: gluon.HybridBlock) -> None:
    """Free the compiled graphs of a network. It compiles them again when it computes next.

    A graph for training holds the values of all layers for a batch: up to 2 GB for
    `efficientnet_lite2` with 32 photos of 160 pixels.

    Parameters
    ----------
    net : HybridBlock
        Its weights stay, and it stays hybridized.

    Examples
    --------
    >>> from mxnet import nd
    >>> net = gluon.nn.Dense(2, in_units=3)
    >>> net.initialize()
    >>> net.hybridize()
    >>> values = net(nd.ones((1, 3)))
    >>> release_graphs(net)
    >>> net(nd.ones((1, 3))) == values
    <BLANKLINE>
    [[1. 1.]]
    <NDArray 1x2 @cpu(0)>
    """
    net.apply(_release)


def _release(block: gluon.Block) -> None:
    if isinstance(block, gluon.HybridBlock):
        block._clear_cached_op()
