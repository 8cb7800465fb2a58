"""Quantize a network to INT8: 8-bit weights and activations, for CPUs with fast 8-bit products."""

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from types import SimpleNamespace

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.contrib.quantization import calib_graph, quantize_graph

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level, one_pass_layouts
from logoflow.inference.window_logits import iter_window_logits
from logoflow.models.backbones.registry import backbone_of
from logoflow.models.build import architecture_of
from logoflow.models.graph import (
    INT8,
    block_from_graph,
    compile_graph,
    fold_kernel_padding,
    fused,
    graph_of,
    is_graph,
)
from logoflow.utils.timing import seconds_of

BATCH = 16
FLOAT_SHARES = (0, 1 / 4, 1 / 2, 3 / 4, 7 / 8)
"""Shares of a network's depth, from the input on, that stay float. They are tried in this order
until the error of the logits is small enough."""
MAX_ERROR = 0.02
"""Largest error of the logits, as a share of their spread.

On FlickrLogos-27's query photos, an EfficientNet-Lite0 of 3 epochs, which is often unsure, agreed
with its float network in .974 of the answers at an error of .05, in .989 at .042 and .027, and in
.993 at .023 (7/8 float, and 1.15 times as fast without VNNI). Five networks that were trained
longer agreed in .986, .991 and .994 at .05, .043 and .033.
"""

SPEED_PAIRS = 5

Weights = dict[str, nd.NDArray]
Ranges = dict[str, tuple[float, float]]


def quantize(classifier: LogoClassifier, photos: Sequence) -> LogoClassifier:
    """Make an INT8 version of a classifier, and measure how often the two agree.

    The first convolutions stay float, as many as needed (`FLOAT_SHARES`). Their rounding errors
    grow on the way through the network, and INT8 is hardly faster on large maps of few channels.
    On a CPU without 8-bit product instructions (VNNI), sums of two products have 16 bits and may
    overflow.

    Parameters
    ----------
    classifier : LogoClassifier
        On a CPU. It is not changed.
    photos : sequence of picture
        At least 16 photos of the kind to be classified. They give the range of each layer's
        values. Photos that the network was trained on would make the agreement look too good.

    Returns
    -------
    LogoClassifier
        It saves, loads and predicts like any other, but not at levels that score regions, because
        its graph ends in the pooled features. If the default level of `classifier` scores regions,
        the default becomes the last other level with a decision. ``metadata["int8"]`` holds the
        ``agreement``, the share of `photos` for which the two networks have the same likeliest
        class for the whole photo, and ``speed_up``, the time of the float network over the time of
        the INT8 network, measured on this machine with 16 photos.

    Raises
    ------
    ValueError
        If there are too few photos, or the network is an INT8 network or on a GPU.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> photos = [np.full((300, 300, 3), 10 * number, np.uint8) for number in range(16)]
    >>> _ = classifier.predict(photos)  # fixes the shapes
    >>> twin = quantize(classifier, photos)
    >>> sorted(twin.metadata["int8"])
    ['agreement', 'photos', 'speed_up']
    """
    photos = list(photos)
    if len(photos) < BATCH:
        raise ValueError(
            f"There are {len(photos)} photos to measure value ranges on: give at least {BATCH}."
        )
    if is_graph(classifier.net) or classifier.ctx.device_type != "cpu":
        raise ValueError(
            "Only a float network on the CPU can be quantized: load the original classifier "
            "with ctx=mx.cpu()."
        )
    data = nd.stack(*[classifier.preprocess(photo) for photo in photos])
    decisions, level = _without_regions(classifier)
    twin = LogoClassifier(
        _quantized(classifier.net, data),
        classifier.classes,
        classifier.augs,
        classifier.metadata,
        decisions=decisions,
        level=level,
        matcher=classifier.matcher,
    )
    twin.metadata["int8"] = {
        "agreement": agreement(classifier, twin, photos),
        "photos": len(photos),
        "speed_up": round(speed_up(classifier.net, twin.net, data[:BATCH]), 2),
    }
    return twin


def speed_up(float_net: gluon.HybridBlock, int8_net: gluon.Block, data: nd.NDArray) -> float:
    """Time of a float network, fused as `predict` runs it, over the time of an INT8 network.

    Parameters
    ----------
    float_net, int8_net : Block
    data : NDArray
        (photos, 3, height, width), the inputs of both.

    Returns
    -------
    float
        The median of five pairs of runs.
    """
    fast = fused(float_net, data)
    ratios = []
    for _ in range(SPEED_PAIRS):
        float_seconds = seconds_of(lambda: fast(data).asnumpy(), repeats=1)
        int8_seconds = seconds_of(lambda: int8_net(data).asnumpy(), repeats=1)
        ratios.append(float_seconds / int8_seconds)
    return median(ratios)


def _without_regions(classifier: LogoClassifier) -> tuple[dict[Level, Decision], Level]:
    """Return the decisions and default level of an INT8 version, which cannot score regions."""
    decisions = {
        level: decision
        for level, decision in classifier.decisions.items()
        if not one_pass_layouts(_looks_of(level, decision))
    }
    own_looks = _looks_of(classifier.level, classifier.decisions.get(classifier.level))
    if not one_pass_layouts(own_looks):
        return decisions, classifier.level
    if classifier.decisions and not decisions:
        raise ValueError(
            "An INT8 network cannot score regions, and this classifier has decisions for regions "
            'alone: calibrate it for another level too, such as "whole".'
        )
    return decisions, ([Level(), *decisions])[-1]


def _looks_of(level: Level, decision: Decision | None) -> list[Level]:
    """Return the level itself, or the two looks of the level "auto"."""
    stages = decision.stages if decision else None
    return [stages.first, stages.closer] if stages else [level]


def agreement(first: LogoClassifier, second: LogoClassifier, photos: Sequence) -> float:
    """Compute the share of photos for which two networks have the same likeliest class, 0 to 1."""
    first_logits, second_logits = (
        iter_window_logits(photos, "whole", classifier.logits) for classifier in (first, second)
    )
    pairs = zip(first_logits, second_logits, strict=True)
    return float(
        np.mean([logits.argmax() == other_logits.argmax() for logits, other_logits in pairs])
    )


def logit_error(exact: np.ndarray, logits: np.ndarray) -> float:
    """Compute the root mean square error of logits, as a share of the spread of exact logits.

    An error that all classes of a photo share is ignored, since it changes no answer.

    Parameters
    ----------
    exact, logits : ndarray
        (photos, classes).

    Returns
    -------
    float

    Examples
    --------
    >>> logit_error(np.array([[0.0, 4.0]]), np.array([[1.0, 7.0]]))
    0.5
    """
    centred = exact - exact.mean(axis=1, keepdims=True)
    error = logits - logits.mean(axis=1, keepdims=True) - centred
    return float(np.sqrt(np.square(error).mean() / np.square(centred).mean()))


def _quantized(net: gluon.HybridBlock, data: nd.NDArray) -> gluon.SymbolBlock:
    """Quantize as much of a network as possible while its logits stay close."""
    with warnings.catch_warnings(), _silent_backend():
        warnings.simplefilter("ignore")  # MXNet warns "cannot decide type", and then decides
        symbol, weights = fold_kernel_padding(*graph_of(net))
        symbol = symbol.get_backend_symbol("MKLDNN_QUANTIZE")
        exact = _outputs(block_from_graph(symbol, weights), data)
        ranges = _ranges(symbol, weights, data)
        for share in FLOAT_SHARES:
            twin = block_from_graph(*_int8(symbol, weights, ranges, _first_layers(symbol, share)))
            twin = compile_graph(twin, INT8 + architecture_of(net), backbone_of(net))
            if logit_error(exact, _outputs(twin, data)) <= MAX_ERROR:
                break
    return twin


@contextmanager
def _silent_backend() -> Iterator[None]:
    """Keep MXNet from printing that it uses oneDNN."""
    variable = "MXNET_SUBGRAPH_VERBOSE"
    previous_value = os.environ.get(variable)
    os.environ[variable] = "0"
    try:
        yield
    finally:
        os.environ.pop(variable)
        if previous_value is not None:
            os.environ[variable] = previous_value


def _outputs(block: gluon.Block, data: nd.NDArray) -> np.ndarray:
    parts = range(0, len(data), BATCH)
    return np.concatenate([block(data[start : start + BATCH]).asnumpy() for start in parts])


def _ranges(symbol: mx.sym.Symbol, weights: Weights, data: nd.NDArray) -> Ranges:
    """Compute the range of the input's values, and of the output of each step of the graph."""
    steps = symbol.get_internals()
    names = [name for name in steps.list_outputs() if name not in set(symbol.list_inputs())]
    block = block_from_graph(mx.sym.Group([steps[name] for name in names]), weights)
    low, high = [], []
    for number in range(len(data)):  # one by one: the outputs of all steps take much memory
        photo = data[number : number + 1]
        outputs = [photo, *block(photo)]
        low.append([output.min().asscalar() for output in outputs])
        high.append([output.max().asscalar() for output in outputs])
    pairs = zip(np.min(low, axis=0).tolist(), np.max(high, axis=0).tolist(), strict=True)
    return dict(zip(["data", *names], pairs, strict=True))


def _first_layers(symbol: mx.sym.Symbol, share: float) -> list[str]:
    """List the steps in the first part of a graph: `share` of its depth, in convolutions."""
    nodes = json.loads(symbol.tojson())["nodes"]
    depths: list[int] = []
    for node in nodes:
        before = max((depths[source] for source, *_ in node["inputs"]), default=0)
        depths.append(before + (node["op"] == "_sg_mkldnn_conv"))
    limit = share * max(depths)
    pairs = zip(nodes, depths, strict=True)
    return [node["name"] for node, depth in pairs if node["op"] != "null" and depth <= limit]


def _int8(
    symbol: mx.sym.Symbol, weights: Weights, ranges: Ranges, stay_float: list[str]
) -> tuple[mx.sym.Symbol, Weights]:
    """Quantize a fused graph, except for the layers that stay float."""
    weights_of_kind: dict[str, Weights] = {"arg": {}, "aux": {}}
    for key, array in weights.items():
        kind, name = key.split(":")
        weights_of_kind[kind][name] = array
    quantized, _, _, collector = quantize_graph(
        symbol,
        weights_of_kind["arg"],
        weights_of_kind["aux"],
        excluded_sym_names=stay_float,
        quantize_mode="smart",
        quantize_granularity="channel-wise",
        LayerOutputCollector=SimpleNamespace(min_max_dict=ranges),
        calib_mode="customize",
        quantized_dtype="auto",
        logger=None,
    )
    symbol, arguments, auxiliary = calib_graph(
        quantized,
        weights_of_kind["arg"],
        weights_of_kind["aux"],
        collector,
        calib_mode="customize",
        quantized_dtype="auto",
        logger=None,
    )
    arrays = {f"arg:{name}": array for name, array in arguments.items()}
    arrays |= {f"aux:{name}": array for name, array in auxiliary.items()}
    return symbol.get_backend_symbol("MKLDNN_QUANTIZE"), arrays
