"""INT8 twins: weights and activations as 8-bit numbers, for processors that multiply these fast."""

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.contrib.quantization import calib_graph, quantize_graph

from logoflow.inference.classifier import LogoClassifier
from logoflow.models.backbones.registry import backbone_of
from logoflow.models.build import architecture_of
from logoflow.models.graph import (
    INT8,
    block_from_graph,
    compile_graph,
    fold_kernel_padding,
    graph_of,
    is_graph,
)

BATCH = 16
FLOAT_SHARES = (0, 1 / 4, 1 / 2, 3 / 4, 7 / 8)
"""How much of a net's depth, from the photo on, may stay float; the first that will do is taken."""
ERROR = 0.02
"""What will do: the logits' error as a share of their spread.

Of FlickrLogos-27's query photos an EfficientNet-Lite0 of 3 epochs, often unsure, got the float
net's answer in .974 with an error of .05, in .989 with .042 and .027, in .993 with .023 (7/8 float,
and 1.15 times as fast without VNNI). Five that were trained longer: .986, .991, .994 with .05,
.043, .033.
"""

Weights = dict[str, nd.NDArray]
Ranges = dict[str, tuple[float, float]]


def quantize(classifier: LogoClassifier, photos: Sequence) -> LogoClassifier:
    """Give a classifier's INT8 twin, and measure how often it agrees.

    The first convolutions stay float as far as it takes (`FLOAT_SHARES`): what they round away
    grows on its way through the net, and on large maps of few channels INT8 is hardly faster.
    Without instructions for 8-bit products (VNNI) they may also overflow: sums of two products
    are then held in 16 bits.

    Parameters
    ----------
    classifier : LogoClassifier
        On a CPU. It stays as it is.
    photos : sequence of picture
        At least 16, of the kind it will see: the range of each layer's values is measured on
        them. With photos that it was trained on the agreement looks better than it is.

    Returns
    -------
    LogoClassifier
        It saves, loads and predicts like any other. ``facts["int8"]`` says how often its whole-
        photo answer is the float net's, ``agreement``, 0 to 1, on how many ``photos``.

    Raises
    ------
    ValueError
        If there are too few photos, or the net is INT8 already or on a GPU.

    Examples
    --------
    >>> small = quantize(classifier, paths)
    >>> small.facts["int8"]
    {'agreement': 0.996, 'photos': 270}
    """
    photos = list(photos)
    if len(photos) < BATCH:
        raise ValueError(f"{len(photos)} photos to measure ranges on: give {BATCH} at least.")
    if is_graph(classifier.net) or classifier.ctx.device_type != "cpu":
        raise ValueError("Only a float net on the CPU has an INT8 twin.")
    data = nd.stack(*[classifier.preprocess(photo) for photo in photos])
    twin = LogoClassifier(
        _quantized(classifier.net, data),
        classifier.classes,
        classifier.augs,
        classifier.facts,
        decisions=classifier.decisions,
        views=classifier.views,
        matcher=classifier.matcher,
    )
    twin.facts["int8"] = {"agreement": agreement(classifier, twin, photos), "photos": len(photos)}
    return twin


def agreement(one: LogoClassifier, other: LogoClassifier, photos: Sequence) -> float:
    """Share of photos for which two classifiers' nets have the same likeliest class, 0 to 1."""
    answers = [
        np.concatenate([logits.argmax(axis=1) for logits in classifier.window_logits(photos, 1)])
        for classifier in (one, other)
    ]
    return float(np.mean(answers[0] == answers[1]))


def logit_error(exact: np.ndarray, logits: np.ndarray) -> float:
    """Root mean square error of logits, (photos, classes), as a share of the exact ones' spread.

    What all classes of a photo share counts for nothing: it changes no answer.
    """
    centred = exact - exact.mean(axis=1, keepdims=True)
    error = logits - logits.mean(axis=1, keepdims=True) - centred
    return float(np.sqrt(np.square(error).mean() / np.square(centred).mean()))


def _quantized(net: gluon.HybridBlock, data: nd.NDArray) -> gluon.SymbolBlock:
    """Quantize as much of a net as leaves its answers what they are."""
    with warnings.catch_warnings(), _silent_backend():
        warnings.simplefilter("ignore")  # "cannot decide type": it goes on to decide it
        symbol, weights = fold_kernel_padding(*graph_of(net))
        symbol = symbol.get_backend_symbol("MKLDNN_QUANTIZE")
        exact = _outputs(block_from_graph(symbol, weights), data)
        ranges = _ranges(symbol, weights, data)
        for share in FLOAT_SHARES:
            twin = block_from_graph(*_int8(symbol, weights, ranges, _first_layers(symbol, share)))
            twin = compile_graph(twin, INT8 + architecture_of(net), backbone_of(net))
            if logit_error(exact, _outputs(twin, data)) <= ERROR:
                break
    return twin


@contextmanager
def _silent_backend() -> Iterator[None]:
    """Keep MXNet from printing that it uses oneDNN."""
    name = "MXNET_SUBGRAPH_VERBOSE"
    before = os.environ.get(name)
    os.environ[name] = "0"
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def _outputs(block: gluon.Block, data: nd.NDArray) -> np.ndarray:
    parts = range(0, len(data), BATCH)
    return np.concatenate([block(data[start : start + BATCH]).asnumpy() for start in parts])


def _ranges(symbol: mx.sym.Symbol, weights: Weights, data: nd.NDArray) -> Ranges:
    """Least and greatest value that photos give each step's outputs, and of the photos."""
    steps = symbol.get_internals()
    names = [name for name in steps.list_outputs() if name not in set(symbol.list_inputs())]
    block = block_from_graph(mx.sym.Group([steps[name] for name in names]), weights)
    low, high = [], []
    for number in range(len(data)):  # one by one: all steps' outputs at once take much memory
        photo = data[number : number + 1]
        outputs = [photo, *block(photo)]
        low.append([output.min().asscalar() for output in outputs])
        high.append([output.max().asscalar() for output in outputs])
    pairs = zip(np.min(low, axis=0).tolist(), np.max(high, axis=0).tolist(), strict=True)
    return dict(zip(["data", *names], pairs, strict=True))


def _first_layers(symbol: mx.sym.Symbol, share: float) -> list[str]:
    """Name the steps up to a share of the convolutions on the longest way through a graph."""
    nodes = json.loads(symbol.tojson())["nodes"]
    depths: list[int] = []
    for node in nodes:
        before = max((depths[source] for source, *_ in node["inputs"]), default=0)
        depths.append(before + (node["op"] == "_sg_mkldnn_conv"))
    most = share * max(depths)
    pairs = zip(nodes, depths, strict=True)
    return [node["name"] for node, depth in pairs if node["op"] != "null" and depth <= most]


def _int8(
    symbol: mx.sym.Symbol, weights: Weights, ranges: Ranges, stay_float: list[str]
) -> tuple[mx.sym.Symbol, Weights]:
    """Quantize a graph that is fused for it, all but the layers named."""
    kinds: dict[str, Weights] = {"arg": {}, "aux": {}}
    for name, array in weights.items():
        kind, name = name.split(":")
        kinds[kind][name] = array
    how = {"calib_mode": "customize", "quantized_dtype": "auto", "logger": None}
    *parts, collector = quantize_graph(
        symbol,
        kinds["arg"],
        kinds["aux"],
        excluded_sym_names=stay_float,
        quantize_mode="smart",
        quantize_granularity="channel-wise",
        LayerOutputCollector=SimpleNamespace(min_max_dict=ranges),
        **how,
    )
    symbol, arguments, auxiliary = calib_graph(
        parts[0], kinds["arg"], kinds["aux"], collector, **how
    )
    arrays = {f"arg:{name}": array for name, array in arguments.items()}
    arrays |= {f"aux:{name}": array for name, array in auxiliary.items()}
    return symbol.get_backend_symbol("MKLDNN_QUANTIZE"), arrays
