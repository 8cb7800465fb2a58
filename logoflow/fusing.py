"""Faster answers from a trained net: convolution, normalisation and activation in one step."""

import mxnet as mx
from mxnet import gluon, nd

from logoflow.graphs import is_graph


def fused(net: gluon.Block, data: nd.NDArray) -> gluon.Block:
    """Give a net's twin that answers the same and, on a CPU, sooner.

    The twin shares the net's weights, whatever becomes of them, and is for answers only, not for
    training. It takes batches of any size.

    Parameters
    ----------
    net : Block
        Initialised.
    data : NDArray
        (batch, channels, height, width), what it will be given.

    Returns
    -------
    Block
        `net` itself where nothing can be gained: on a GPU, for an INT8 net, or if it cannot be
        compiled.

    Examples
    --------
    >>> quick = fused(net, data)
    >>> quick(data).asnumpy()
    """
    if not isinstance(net, gluon.HybridBlock) or is_graph(net):
        return net
    if data.context.device_type != "cpu":
        return net
    place = mx.sym.var("data", dtype="float32")
    twin = gluon.SymbolBlock(net(place), [place], params=net.collect_params())
    # With static_shape too, it would not see the weights that a trainer changes.
    twin.optimize_for(data, backend="MKLDNN", static_alloc=True)
    return twin
