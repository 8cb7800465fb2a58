"""Nets that are a graph and weights, without the Python that once built them: INT8 ones."""

import json
from ast import literal_eval
from pathlib import Path

import mxnet as mx
from mxnet import gluon, nd

from logoflow.ensembles import kinds_of

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
    symbol = net(mx.sym.var("data"))
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
    return as_graph(block, architecture, kinds_of(architecture.removeprefix(INT8))[0])


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
    """Let convolutions do the padding that a graph has in front of them.

    A convolution pads both sides alike, so for TensorFlow's one pixel less on the top and left
    there is a step before it that copies the map, and as floats even in an INT8 net. A kernel
    with a row and a column of zeros there answers the same without that step: EfficientNet-Lite0
    is twice as fast.

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
        pad, weight = (nodes[source] for source, *_ in node["inputs"][:2])
        if not _is_zero_pad(pad) or node["attrs"].get("dilate", "(1, 1)") != "(1, 1)":
            continue
        _pad_in_convolution(node, pad, weight, arrays)
    return mx.sym.load_json(json.dumps(stored)), arrays


def _is_zero_pad(node: dict) -> bool:
    """Whether a step puts zeros around maps, and does nothing else."""
    if node["op"] != "Pad" or node["attrs"].get("mode", "constant") != "constant":
        return False
    if float(node["attrs"].get("constant_value", 0)):
        return False
    return literal_eval(node["attrs"]["pad_width"])[:4] == (0, 0, 0, 0)


def _pad_in_convolution(node: dict, pad: dict, weight: dict, arrays: dict[str, nd.NDArray]) -> None:
    """Have a convolution take what its padding takes, with a kernel that is as much wider."""
    top, bottom, left, right = literal_eval(pad["attrs"]["pad_width"])[4:]
    kernel, most = arrays[f"arg:{weight['name']}"], (max(top, bottom), max(left, right))
    more = (most[0] - top, most[0] - bottom, most[1] - left, most[1] - right)
    kernel = nd.pad(kernel, mode="constant", constant_value=0, pad_width=(0, 0, 0, 0, *more))
    own = literal_eval(node["attrs"].get("pad", "(0, 0)"))
    node["attrs"]["pad"] = str((most[0] + own[0], most[1] + own[1]))
    node["attrs"]["kernel"] = str(kernel.shape[2:])
    node["inputs"][0] = pad["inputs"][0]
    weight.get("attrs", {}).pop("__shape__", None)
    arrays[f"arg:{weight['name']}"] = kernel
