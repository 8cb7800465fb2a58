"""Check the graph of a saved network, and build it again from the parts that are allowed."""

import json
import math
import re
from itertools import accumulate
from typing import Any, NamedTuple

import mxnet as mx

from logoflow.errors import DamagedFileError
from logoflow.models.graph_rules import FUSED, FUSED_STEPS, OPERATORS, TRUE, Allowed
from logoflow.utils.params_files import ArrayHeader

MAX_NODES = 20_000
NAME = r"[\w.+/-]{1,300}"
MAX_VALUES = 1 << 28
"""Largest number of values that the steps of a graph return for one photo: 1 GiB as float32."""
INPUT = "data"
PHOTO, WEIGHT, FLOAT, INT8 = "photo", "weight", "float", "int8"


class _Fused(NamedTuple):
    """What a fused step takes and returns, as in `Operator`."""

    maps: int
    weights: int
    is_int8: bool
    returns_int8: bool


def checked_graph(text: str) -> str:
    """Check a graph, and write it again with nothing but what was checked.

    Parameters
    ----------
    text : str
        A graph as JSON.

    Returns
    -------
    str
        The same graph.

    Raises
    ------
    DamagedFileError
        If it has an operator, an attribute or an index that no network of logoflow has.

    Examples
    --------
    >>> data = mx.sym.var("data")
    >>> graph = mx.sym.FullyConnected(data, name="output", num_hidden=3).tojson()
    >>> json.loads(checked_graph(graph))["heads"]
    [[3, 0, 0]]
    >>> checked_graph(mx.sym.exp(data).tojson())
    Traceback (most recent call last):
    logoflow.errors.DamagedFileError: The graph ... has the operator 'exp'...
    """
    try:
        graph = json.loads(text)
        nodes, kinds = _checked_nodes(graph["nodes"])
        heads = graph["heads"]
        _require(isinstance(heads, list) and len(heads) == 1, "it must have one output")
        node, output = _entry(heads[0], len(nodes))
        _require((kinds[node], output) == (FLOAT, 0), "its output is no map of a step")
        _require(node == len(nodes) - 1, "steps follow its output")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedFileError(
            f"The graph of the network is not one that logoflow writes: {error!r}. Get the model "
            "from whoever trained it again; quantize a model of an earlier version again."
        ) from error
    return _to_json(nodes, [[node, output, 0]])


def check_shapes(
    symbol: mx.sym.Symbol, arrays: dict[str, ArrayHeader], photo: tuple[int, int], outputs: int
) -> None:
    """Compare the shapes of stored weights with a graph, and count the values that it computes.

    Nothing is allocated.

    Parameters
    ----------
    symbol : Symbol
        A graph that was checked.
    arrays : dict of str to ArrayHeader
        Stored weights by name, without ``"arg:"`` and ``"aux:"``.
    photo : (width, height)
        Size of the photos that it takes, in pixels.
    outputs : int
        Number of classes.

    Raises
    ------
    DamagedFileError
        If they do not fit together, or if a photo would take too much memory.
    """
    width, height = photo
    names = [name for name in symbol.list_inputs() if name != INPUT]
    missing = sorted(set(names) - set(arrays))
    if missing:
        raise DamagedFileError(f"The weights lack {', '.join(missing[:3])}, which the graph names.")
    shapes = {name: arrays[name].shape for name in names}
    types = {name: arrays[name].dtype for name in names}
    steps = symbol.get_internals()
    try:
        stored, results, auxiliary = steps.infer_shape(**shapes, data=(1, 3, height, width))
        steps.infer_type(**types, data="float32")
    except (mx.MXNetError, ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise DamagedFileError(f"The weights do not fit the graph ({reason}).") from error
    if results is None:
        raise DamagedFileError("The weights do not fit the graph: some shapes cannot be known.")
    inferred = dict(zip(steps.list_arguments(), stored, strict=True))
    inferred |= dict(zip(steps.list_auxiliary_states(), auxiliary, strict=True))
    for name, shape in shapes.items():
        _require_equal(name, inferred[name], shape)
    _require_equal("the output", results[-1], (1, outputs))
    _check_sums(symbol, results)
    values = sum(math.prod(shape) for shape in results)
    if values > MAX_VALUES:
        raise DamagedFileError(f"The graph computes {values:,} values for one photo.")


def _require_equal(name: str, found: tuple, expected: tuple) -> None:
    if tuple(found) != tuple(expected):
        raise DamagedFileError(f"The shape of {name} is {expected}, but the graph needs {found}.")


def _check_sums(symbol: mx.sym.Symbol, shapes: list[tuple[int, ...]]) -> None:
    """Compare the maps that a fused convolution adds. oneDNN writes one into the other's memory."""
    nodes, kinds = _checked_nodes(json.loads(symbol.tojson())["nodes"])
    first_outputs = list(accumulate((3 if kind == INT8 else 1 for kind in kinds), initial=0))
    for node, first_output in zip(nodes, first_outputs, strict=False):
        if node["op"] in FUSED and (fused := _fused(node)).maps == 2:
            added = first_outputs[node["inputs"][1 + fused.weights][0]]
            _require_equal(node["name"], shapes[added], shapes[first_output])


def _checked_nodes(nodes: list) -> tuple[list[dict], list[str]]:
    """Check all nodes. Return what they need, and the kind of each one's first output."""
    _require(isinstance(nodes, list) and 1 < len(nodes) <= MAX_NODES, "its nodes are no list")
    checked: list[dict] = []
    kinds: list[str] = []
    for node in nodes:
        clean, kind = _checked_node(node, kinds)
        checked.append(clean)
        kinds.append(kind)
    names = [node["name"] for node in checked]
    _require(len(set(names)) == len(names), "two nodes have one name")
    _require(INPUT in names and kinds[names.index(INPUT)] == PHOTO, f"it has no input {INPUT!r}")
    return checked, kinds


def _checked_node(node: dict, kinds: list[str]) -> tuple[dict, str]:
    """Check a node. `kinds` are those of the nodes before it, the only ones that it may use."""
    name, operator = _name_of(node), node["op"]
    if operator == "null":
        _require(not node.get("inputs"), f"the input {name} has inputs")
        return {"op": "null", "name": name, "inputs": []}, PHOTO if name == INPUT else WEIGHT
    entries = [_entry(entry, len(kinds)) for entry in node["inputs"]]
    clean = {"op": operator, "name": name, "inputs": [[*entry, 0] for entry in entries]}
    if operator in FUSED:
        clean["attrs"] = _attributes(node, FUSED[operator])
        clean["subgraphs"] = [_fused_graph(node, clean["attrs"])]
        fused = _fused(clean)
        _check_inputs(clean, kinds, fused.maps, fused.weights, fused.is_int8)
        return clean, INT8 if fused.returns_int8 else FLOAT
    _require(operator in OPERATORS, f"it has the operator {operator!r}")
    _require("subgraphs" not in node, f"{name} has a graph of its own")
    rules = OPERATORS[operator]
    clean["attrs"] = _attributes(node, rules.attributes, rules.required)
    maps = int(clean["attrs"].get("num_args", rules.maps))
    weights = rules.weights - (clean["attrs"].get("no_bias") in TRUE)
    _check_inputs(clean, kinds, maps, weights, rules.takes_int8)
    return clean, INT8 if rules.returns_int8 else FLOAT


def _check_inputs(node: dict, kinds: list[str], maps: int, weights: int, is_int8: bool) -> None:
    """Check that a step gets maps, then weights, then the ranges of maps that have 8 bits."""
    entries = [tuple(entry[:2]) for entry in node["inputs"]]
    name, allowed_kinds = node["name"], (INT8,) if is_int8 else (FLOAT, PHOTO)
    added = entries[1 + weights : maps + weights] if weights else entries[1:maps]
    sources = [*entries[:1], *added]
    _require(len(sources) == maps, f"{name} lacks an input")
    _require(
        all(kinds[source] in allowed_kinds and output == 0 for source, output in sources),
        f"{name} takes another kind of input",
    )
    _require(
        all(kinds[source] == WEIGHT for source, _ in entries[1 : 1 + weights] if weights),
        f"the weights of {name} are no weights",
    )
    ranges = [(source, end) for source, _ in sources for end in (1, 2)] if is_int8 else []
    _require(entries[maps + weights :] == ranges, f"{name} has other inputs than it needs")


def _fused_graph(node: dict, attributes: dict[str, str]) -> dict:
    """Check the graph of a fused step: a chain, in which each weight stands before its user."""
    name, subgraphs = node["name"], node["subgraphs"]
    _require(isinstance(subgraphs, list) and len(subgraphs) == 1, f"{name} needs one graph")
    nodes: list[dict] = []
    waiting: list[list[int]] = []  # variables and the step before, which the next step takes
    for inner in subgraphs[0]["nodes"]:
        number, operator = len(nodes), inner["op"]
        clean = {"op": operator, "name": _name_of(inner), "inputs": []}
        if operator != "null":
            _require(operator in OPERATORS, f"it has the operator {operator!r}")
            _require("subgraphs" not in inner, f"{name} has a graph in its graph")
            rules = OPERATORS[operator]
            clean["attrs"] = _attributes(inner, rules.attributes, rules.required)
            weights = rules.weights - (clean["attrs"].get("no_bias") in TRUE)
            _require(len(waiting) == rules.maps + weights, f"{name} fuses too few inputs")
            entries = [[*_entry(entry, number), 0] for entry in inner["inputs"]]
            _require(entries == waiting, f"{name} fuses steps in another order")
            clean["inputs"], waiting = waiting, []
        nodes.append(clean)
        waiting = [*waiting, [number, 0, 0]]
        _require(len(nodes) < 20, f"{name} fuses too many steps")
    heads = [[len(nodes) - 1, 0, 0]]
    _require(subgraphs[0]["heads"] == heads and waiting == heads, f"{name} has another output")
    _check_flags(node["op"], name, nodes, attributes)
    return json.loads(_to_json(nodes, heads))


def _check_flags(operator: str, name: str, nodes: list[dict], attributes: dict[str, str]) -> None:
    """Check that the attributes of a fused step say which steps it fuses."""
    steps = " ".join(inner["op"] for inner in nodes if inner["op"] != "null")
    match = FUSED_STEPS[operator].fullmatch(steps)
    if match is None:
        raise ValueError(f"{name} fuses {steps}")
    for flag, step in match.groupdict().items():
        _require((attributes.get(flag) in TRUE) == (step is not None), f"{name} contradicts {flag}")


def _fused(node: dict) -> _Fused:
    """Tell what a checked fused step takes and returns."""
    attributes, nodes = node["attrs"], node["subgraphs"][0]["nodes"]
    maps = 1 + any(inner["op"] == "elemwise_add" for inner in nodes)
    inputs = sum(inner["op"] == "null" for inner in nodes)
    is_int8 = attributes.get("quantized") in TRUE
    returns_int8 = is_int8 and attributes.get("enable_float_output") not in TRUE
    ranged = all(f"{end}_calib_range" in attributes for end in ("min", "max"))
    _require(ranged == returns_int8, f"{node['name']} has a range too few or too many")
    by_channel = attributes.get("channel_wise_quantize") in TRUE
    needs_channels = is_int8 and node["op"] == "_sg_mkldnn_fully_connected"
    _require(by_channel == needs_channels, f"{node['name']} is not quantized by channel")
    return _Fused(maps, inputs - maps, is_int8, returns_int8)


def _attributes(
    node: dict, allowed: dict[str, Allowed], required: tuple[str, ...] = ()
) -> dict[str, str]:
    attributes = node.get("attrs", {})
    for name, value in attributes.items():
        _require(
            name in allowed and isinstance(value, str) and allowed[name](value),
            f"{node['name']} has the attribute {str(name)[:50]}={str(value)[:50]!r}",
        )
    missing = set(required) - set(attributes)
    _require(not missing, f"{node['name']} lacks {missing}")
    return dict(attributes)


def _name_of(node: dict) -> str:
    name = node["name"]
    _require(
        isinstance(name, str) and re.fullmatch(NAME, name) is not None,
        f"a node is named {str(name)[:50]!r}",
    )
    _require(not node.get("control_deps"), f"{name} waits for other nodes")
    return name


def _entry(entry: Any, before: int) -> tuple[int, int]:
    """Read the index of a node and of its output, among the nodes before.

    The third number counts how often a weight was written to. Nothing depends on it.
    """
    node, output, version = entry
    _require(all(type(value) is int for value in entry), f"{entry} is no index")
    _require(0 <= node < before and 0 <= output <= 2, f"no node has the index {entry}")
    _require(0 <= version < 1000, f"the index {entry} has another version")
    return node, output


def _to_json(nodes: list[dict], heads: list[list[int]]) -> str:
    graph = {
        "nodes": nodes,
        "arg_nodes": [number for number, node in enumerate(nodes) if node["op"] == "null"],
        "heads": heads,
        "attrs": {"mxnet_version": ["int", 10901]},
    }
    return json.dumps(graph)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
