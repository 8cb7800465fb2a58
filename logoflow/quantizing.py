"""INT8 twins: weights and activations as 8-bit numbers, for processors that multiply these fast."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import mxnet as mx
import numpy as np
from mxnet import gluon, nd
from mxnet.contrib.quantization import quantize_net_v2

from logoflow.backbones import backbone_of
from logoflow.classifier import LogoClassifier
from logoflow.graphs import INT8, as_graph, is_graph
from logoflow.models import architecture_of, build_net

BATCH = 16


def quantize(
    classifier: LogoClassifier, photos: Sequence, *, exclude: Sequence[str] = ()
) -> LogoClassifier:
    """Give a classifier's INT8 twin, and measure how often it agrees.

    Look at the agreement before you rely on it: EfficientNet-Lite0's twin gave the float net's
    answer for three photos in four only (ImageNet's classes, 96 photos of the sample). It pays on
    processors with instructions for 8-bit products; without them fused floats are about as fast.

    Parameters
    ----------
    classifier : LogoClassifier
        On a CPU. It stays as it is.
    photos : sequence of picture
        At least 16, of the kind it will see, validation photos say: the range of each layer's
        values is measured on them.
    exclude : sequence of str
        Layers whose name holds one of these stay float.

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
    >>> small = classifier.quantize(paths)
    >>> small.facts["int8"]
    {'agreement': 0.76, 'photos': 96}
    """
    photos = list(photos)
    if len(photos) < BATCH:
        raise ValueError(f"{len(photos)} photos to measure ranges on: give {BATCH} at least.")
    if is_graph(classifier.net) or classifier.ctx.device_type != "cpu":
        raise ValueError("Only a float net on the CPU has an INT8 twin.")
    data = nd.stack(*[classifier.preprocess(photo) for photo in photos])
    net = _quantized(_copy(classifier), data, exclude)
    twin = LogoClassifier(
        *(net, classifier.classes, classifier.augs, classifier.facts),
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


def _copy(classifier: LogoClassifier) -> gluon.HybridBlock:
    """A net of its own: quantizing recompiles what it is given."""
    net = build_net(architecture_of(classifier.net), len(classifier.classes))
    pairs = zip(
        net.collect_params().values(), classifier.net.collect_params().values(), strict=True
    )
    for parameter, own in pairs:
        parameter.shape = own.shape
        parameter.initialize(mx.init.Zero(), ctx=classifier.ctx)
        parameter.set_data(own.data(classifier.ctx))
    return net


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


def _quantized(
    net: gluon.HybridBlock, data: nd.NDArray, exclude: Sequence[str]
) -> gluon.SymbolBlock:
    architecture, backbone = architecture_of(net), backbone_of(net)
    whole = data[: len(data) // BATCH * BATCH]  # MXNet would fill a last batch up with repeats
    with warnings.catch_warnings(), _silent_backend():
        warnings.simplefilter("ignore")  # "cannot decide type": it goes on to decide it
        twin = quantize_net_v2(
            net,
            quantized_dtype="auto",
            quantize_mode="smart",
            quantize_granularity="channel-wise",
            exclude_layers_match=list(exclude),
            calib_data=mx.io.NDArrayIter(whole, batch_size=BATCH),
            calib_mode="naive",
        )
    return as_graph(twin, INT8 + architecture, backbone)
