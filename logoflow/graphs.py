"""Nets that are a graph and weights, without the Python that once built them: INT8 ones."""

from pathlib import Path

import mxnet as mx
from mxnet import gluon

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


def graph_of(net: gluon.SymbolBlock) -> tuple[str, dict[str, mx.nd.NDArray]]:
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
