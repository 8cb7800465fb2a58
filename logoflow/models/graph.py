"""Networks as graphs: save and load them without their Python code, and compile them."""

import json
from ast import literal_eval
from pathlib import Path

import mxnet as mx
from mxnet import gluon, nd

from logoflow.models.ensemble import backbones_of
from logoflow.models.graph_check import check_shapes, checked_graph
from logoflow.utils.params_files import read_headers

INT8 = "int8 "
"""Prefix of the `architecture` of an INT8 network. The original architecture follows."""


def compile_graph(block: gluon.SymbolBlock, architecture: str, backbone: str | None) -> gluon.Block:
    """Set the architecture and backbone of a graph, and compile it.

    Parameters
    ----------
    block : SymbolBlock
        The graph; changed in place.
    architecture : str
        Name of its architecture (`logoflow.models.build.architecture_of`).
    backbone : str or None
        Name of its backbone, which decides the normalisation.

    Returns
    -------
    Block
        `block` itself.
    """
    block.architecture, block.backbone = architecture, backbone
    block.hybridize(static_alloc=True, static_shape=True)
    return block


def is_graph(net: gluon.Block) -> bool:
    """Tell whether a network was loaded from a graph, so that it has to be saved with its graph.

    Parameters
    ----------
    net : Block

    Returns
    -------
    bool

    Examples
    --------
    >>> is_graph(gluon.nn.Dense(3))
    False
    """
    return isinstance(net, gluon.SymbolBlock)


def graph_of(net: gluon.HybridBlock) -> tuple[str, dict[str, nd.NDArray]]:
    """Return the graph and the weights of a network.

    Parameters
    ----------
    net : HybridBlock
        Initialised network.

    Returns
    -------
    graph : str
        The graph as JSON.
    arrays : dict of str to NDArray
        Weights by ``"arg:<name>"`` and running statistics by ``"aux:<name>"``.

    Examples
    --------
    >>> net = gluon.nn.Dense(3, in_units=4, prefix="dense_")
    >>> net.initialize()
    >>> graph, arrays = graph_of(net)
    >>> sorted(arrays)
    ['arg:dense_bias', 'arg:dense_weight']
    """
    symbol = net(mx.sym.var("data", dtype="float32"))
    auxiliary = set(symbol.list_auxiliary_states())
    arrays = {
        f"{'aux' if name in auxiliary else 'arg'}:{name}": parameter.data(parameter.list_ctx()[0])
        for name, parameter in net.collect_params().items()
    }
    return symbol.tojson(), arrays


def load_graph(
    graph: str,
    weights: Path,
    architecture: str,
    size: tuple[int, int],
    classes: int,
    ctx: mx.Context | list[mx.Context],
) -> gluon.Block:
    """Load a network from its graph and the file of its weights, which a stranger may have written.

    Parameters
    ----------
    graph : str
        The graph as JSON.
    weights : Path
        File with the arrays of `graph_of`.
    architecture : str
        Name of the architecture.
    size : (width, height)
        Size of the network's input, in pixels.
    classes : int
        Number of outputs.
    ctx : Context or list of Context
        Devices for the weights.

    Returns
    -------
    Block
        Compiled network.

    Raises
    ------
    DamagedFileError
        If the graph is not one that logoflow writes, or the weights do not fit it.
    """
    symbol, data = mx.sym.load_json(checked_graph(graph)), mx.sym.var("data", dtype="float32")
    headers = {name.partition(":")[2]: header for name, header in read_headers(weights).items()}
    check_shapes(symbol, headers, size, classes)
    block = gluon.SymbolBlock(symbol, data)
    block.collect_params().load(str(weights), ctx=ctx, cast_dtype=True, dtype_source="saved")
    return compile_graph(block, architecture, backbones_of(architecture.removeprefix(INT8))[0])


def block_from_graph(symbol: mx.sym.Symbol, arrays: dict[str, nd.NDArray]) -> gluon.SymbolBlock:
    """Build a network on the CPU from a graph and its weights.

    Parameters
    ----------
    symbol : Symbol
        The graph.
    arrays : dict of str to NDArray
        Weights as `graph_of` returns them. Weights that the graph does not use are ignored.

    Returns
    -------
    SymbolBlock
        Network that can be called on batches.

    Examples
    --------
    >>> net = gluon.nn.Dense(3, in_units=4)
    >>> net.initialize()
    >>> graph, arrays = graph_of(net)
    >>> block_from_graph(mx.sym.load_json(graph), arrays)(nd.zeros((2, 4))).shape
    (2, 3)
    """
    block = gluon.SymbolBlock(symbol, mx.sym.var("data", dtype="float32"))
    inputs = set(symbol.list_inputs())
    used = {name: array for name, array in arrays.items() if name.split(":")[1] in inputs}
    block.collect_params().load_dict(used, ctx=mx.cpu(), cast_dtype=True, dtype_source="saved")
    return block


def fold_kernel_padding(
    graph: str, arrays: dict[str, nd.NDArray]
) -> tuple[mx.sym.Symbol, dict[str, nd.NDArray]]:
    """Store the padded kernels of EfficientNet-Lite, instead of padding them in the graph.

    Quantization and export need the weights of a convolution as they are used.

    Parameters
    ----------
    graph : str
        Graph from `graph_of`.
    arrays : dict of str to NDArray
        Weights from `graph_of`. They are not changed.

    Returns
    -------
    symbol : Symbol
        The graph without the padding of kernels.
    arrays : dict of str to NDArray
        Its weights with the padded kernels.
    """
    graph_json, arrays = json.loads(graph), dict(arrays)
    nodes = graph_json["nodes"]
    for node in nodes:
        if node["op"] != "Convolution":
            continue
        pad = nodes[node["inputs"][1][0]]
        if pad["op"] != "Pad":
            continue
        weight = nodes[pad["inputs"][0][0]]
        name, pad_width = f"arg:{weight['name']}", literal_eval(pad["attrs"]["pad_width"])
        arrays[name] = nd.pad(arrays[name], mode="constant", constant_value=0, pad_width=pad_width)
        weight.get("attrs", {}).pop("__shape__", None)
        node["inputs"][1] = pad["inputs"][0]
    return mx.sym.load_json(json.dumps(graph_json)), arrays


def fused(net: gluon.Block, data: nd.NDArray, *, one_shape: bool = False) -> gluon.Block:
    """Compile a network so that it computes the same answers faster on a CPU.

    The compiled network shares the weights of `net`, so it follows later changes to them. It is for
    inference, not for training.

    Parameters
    ----------
    net : Block
        Initialised network.
    data : NDArray
        A typical batch of shape (batch, channels, height, width).
    one_shape : bool
        Compile for batches of exactly this shape, if `net` normalises after each convolution. Such
        a network keeps its weights in the layout that oneDNN computes with, which saves most of the
        time of a small batch. Each shape takes memory of its own. The network follows changes to
        the weights of convolutions, but not to those of batch normalisation alone.

    Returns
    -------
    Block
        The compiled network, which takes batches of any size unless `one_shape`. `net` itself on a
        GPU, for an INT8 network, and for a network that cannot be compiled.

    Examples
    --------
    >>> net = gluon.nn.Dense(3, in_units=4)
    >>> net.initialize()
    >>> fused(net, nd.zeros((2, 4)))(nd.zeros((2, 4))).shape
    (2, 3)
    """
    if not isinstance(net, gluon.HybridBlock) or is_graph(net):
        return net
    if data.context.device_type != "cpu":
        return net
    placeholder = mx.sym.var("data", dtype="float32")
    compiled = gluon.SymbolBlock(net(placeholder), [placeholder], params=net.collect_params())
    compiled.optimize_for(data, backend="MKLDNN", static_alloc=True, static_shape=one_shape)
    if one_shape and not _notices_changes(compiled):
        compiled.optimize_for(data, backend="MKLDNN", static_alloc=True)
    return compiled


def _notices_changes(compiled: gluon.SymbolBlock) -> bool:
    """Tell whether a graph that is compiled for one shape would notice changes to its weights.

    In such a graph, each layer of oneDNN keeps a copy of its weights. A convolution that is fused
    with batch normalisation notices when the weights change, and copies them again. Other
    convolutions and fully connected layers keep the old copy.
    """
    nodes = json.loads(compiled._cached_graph[1].tojson())["nodes"]
    with_weights = [node for node in nodes if node["op"].startswith("_sg_mkldnn")]
    return all(node.get("attrs", {}).get("with_bn") == "true" for node in with_weights)
