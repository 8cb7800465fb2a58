"""Nets that are a graph and weights, without the Python that once built them: INT8 ones."""

import json
from ast import literal_eval
from pathlib import Path

import mxnet as mx
from mxnet import gluon, nd

from logoflow.models.ensemble import backbones_of

INT8 = "int8 "
"""How the `architecture` of such a net begins; what follows is what it was made of."""


def as_graph(block: gluon.SymbolBlock, architecture: str, backbone: str | None) -> gluon.Block:
    """Give a graph the names that `logoflow` knows its nets by, and compile it."""
    block.architecture, block.backbone = architecture, backbone
    block.hybridize(static_alloc=True, static_shape=True)
    return block


def is_graph(net: gluon.Block) -> bool:
    """Tell whether a net has to be saved with its graph."""
    return isinstance(net, gluon.SymbolBlock)


def graph_of(net: gluon.HybridBlock) -> tuple[str, dict[str, nd.NDArray]]:
    """Give a net's graph as JSON, and its weights by ``"arg:<name>"`` and ``"aux:<name>"``."""
    symbol = net(mx.sym.var("data", dtype="float32"))
    auxiliary = set(symbol.list_auxiliary_states())
    arrays = {
        f"{'aux' if name in auxiliary else 'arg'}:{name}": parameter.data(parameter.list_ctx()[0])
        for name, parameter in net.collect_params().items()
    }
    return symbol.tojson(), arrays


def read_graph(
    graph: Path, weights: Path, architecture: str, ctx: mx.Context | list[mx.Context]
) -> gluon.Block:
    """Read what `graph_of` gave, from two files."""
    symbol, data = mx.sym.load(str(graph)), mx.sym.var("data", dtype="float32")
    block = gluon.SymbolBlock(symbol, data)
    block.collect_params().load(str(weights), ctx=ctx, cast_dtype=True, dtype_source="saved")
    return as_graph(block, architecture, backbones_of(architecture.removeprefix(INT8))[0])


def block_of(symbol: mx.sym.Symbol, arrays: dict[str, nd.NDArray]) -> gluon.SymbolBlock:
    """Make a net on the CPU of a graph and those of `graph_of`'s weights that it uses."""
    block = gluon.SymbolBlock(symbol, mx.sym.var("data", dtype="float32"))
    parameters, used = block.collect_params(), set(symbol.list_inputs())
    own = {name: array for name, array in arrays.items() if name.split(":")[1] in used}
    parameters.load_dict(own, ctx=mx.cpu(), cast_dtype=True, dtype_source="saved")
    return block


def without_pads(
    graph: str, arrays: dict[str, nd.NDArray]
) -> tuple[mx.sym.Symbol, dict[str, nd.NDArray]]:
    """Widen kernels once and for all where a graph does so each time: EfficientNet-Lite's.

    What quantizes or exports a graph takes a convolution's weights for what is stored.

    Parameters
    ----------
    graph, arrays : str, dict of str to NDArray
        What `graph_of` gives. Neither is changed.

    Returns
    -------
    Symbol, dict of str to NDArray
        The graph and its weights, the wider kernels among them.
    """
    stored, arrays = json.loads(graph), dict(arrays)
    nodes = stored["nodes"]
    for node in nodes:
        if node["op"] != "Convolution":
            continue
        pad = nodes[node["inputs"][1][0]]
        if pad["op"] != "Pad":
            continue
        weight = nodes[pad["inputs"][0][0]]
        name, width = f"arg:{weight['name']}", literal_eval(pad["attrs"]["pad_width"])
        arrays[name] = nd.pad(arrays[name], mode="constant", constant_value=0, pad_width=width)
        weight.get("attrs", {}).pop("__shape__", None)
        node["inputs"][1] = pad["inputs"][0]
    return mx.sym.load_json(json.dumps(stored)), arrays


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
