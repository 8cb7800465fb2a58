"""Graphs that a stranger altered are refused before MXNet sees them."""

import json

import mxnet as mx
import pytest
from mxnet import gluon, nd

from logoflow.errors import DamagedFileError
from logoflow.models.article_nets import lenet5
from logoflow.models.graph import graph_of
from logoflow.models.graph_check import check_shapes, checked_graph
from logoflow.utils.params_files import ArrayHeader


@pytest.fixture(scope="module")
def saved():
    """A graph with its weights."""
    net = lenet5(3)
    net.initialize()
    net(nd.zeros((1, 3, 64, 64)))
    return graph_of(net)


def headers(arrays):
    return {
        name.split(":")[1]: ArrayHeader(array.shape, str(array.dtype.__name__))
        for name, array in arrays.items()
    }


def altered(graph, change):
    content = json.loads(graph)
    change(content["nodes"])
    return json.dumps(content)


def first(nodes, operator):
    return next(node for node in nodes if node["op"] == operator)


def test_a_graph_of_ours_computes_the_same_after_the_check(saved):
    graph, arrays = saved
    data = nd.random.uniform(shape=(2, 3, 64, 64))
    answers = []
    for text in (graph, checked_graph(graph)):
        block = gluon.SymbolBlock(mx.sym.load_json(text), mx.sym.var("data"))
        block.collect_params().load_dict(arrays)
        answers.append(block(data).asnumpy().tolist())
    assert answers[0] == answers[1]


@pytest.mark.parametrize("operator", ["_Native", "_NDArray", "Custom", "_CustomFunction", "RNN"])
def test_operators_that_no_network_of_ours_has_are_refused(saved, operator):
    def rename(nodes):
        first(nodes, "Activation")["op"] = operator

    with pytest.raises(DamagedFileError, match=f"operator '{operator}'"):
        checked_graph(altered(saved[0], rename))


@pytest.mark.parametrize("index", [-1, 10**6, 2**31, 2**63, 1.0, None, True])
def test_indices_out_of_range_are_refused(saved, index):
    def point(nodes):
        first(nodes, "Pooling")["inputs"][0][0] = index

    with pytest.raises(DamagedFileError):
        checked_graph(altered(saved[0], point))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel", "(0, 0)"),
        ("stride", "(0, 2)"),
        ("kernel", "(5, 99999)"),
        ("num_filter", "999999999"),
        ("num_group", "0"),
        ("info", "0x7f0000000000"),
    ],
)
def test_attributes_and_values_out_of_range_are_refused(saved, name, value):
    def change(nodes):
        first(nodes, "Convolution")["attrs"][name] = value

    with pytest.raises(DamagedFileError, match=name):
        checked_graph(altered(saved[0], change))


def test_weights_in_place_of_maps_are_refused(saved):
    def swap(nodes):
        first(nodes, "Convolution")["inputs"].reverse()

    with pytest.raises(DamagedFileError, match="kind of input|no weights"):
        checked_graph(altered(saved[0], swap))


def test_deep_nesting_is_no_crash():
    with pytest.raises(DamagedFileError):
        checked_graph("[" * 100_000)


def test_shapes_are_compared_before_anything_is_allocated(saved):
    graph, arrays = saved
    symbol, right = mx.sym.load_json(checked_graph(graph)), headers(arrays)
    check_shapes(symbol, right, (64, 64), 3)
    name = next(iter(right))
    wrong = {
        "do not fit": {**right, name: ArrayHeader((1 << 30, 1 << 10), "float32")},
        "lack": {key: value for key, value in right.items() if key != name},
    }
    for message, weights in wrong.items():
        with pytest.raises(DamagedFileError, match=message):
            check_shapes(symbol, weights, (64, 64), 3)
    with pytest.raises(DamagedFileError, match="output"):
        check_shapes(symbol, right, (64, 64), 4)
