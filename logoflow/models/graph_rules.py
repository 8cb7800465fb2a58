"""The operators and attributes that the graph of a saved network may have.

MXNet runs whatever a graph names, native code included, and some operators divide by an attribute.
So only the operators that logoflow's own networks consist of are allowed, each with its attributes
and the values that these can have.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

Allowed = Callable[[str], bool]

MAX_WINDOW = 64  # of kernels, strides, paddings
MAX_CHANNELS = 65_536


def _whole(low: int, high: int) -> Allowed:
    def allowed(text: str) -> bool:
        return bool(re.fullmatch(r"-?\d{1,9}", text)) and low <= int(text) <= high

    return allowed


def _pair(low: int, high: int) -> Allowed:
    def allowed(text: str) -> bool:
        match = re.fullmatch(r"\((\d{1,4}), ?(\d{1,4})\)", text)
        return match is not None and all(low <= int(side) <= high for side in match.groups())

    return allowed


def _one_of(*values: str) -> Allowed:
    return lambda text: text in values


def _number(text: str) -> bool:
    if not re.fullmatch(r"[-+.0-9eE]{1,40}", text):
        return False
    try:
        return math.isfinite(float(text)) and abs(float(text)) < 1e30
    except ValueError:
        return False


_BOOL = _one_of("True", "False", "true", "false", "1", "0")
_RANGES = {"min_calib_range": _number, "max_calib_range": _number}
_WINDOW = {
    "kernel": _pair(1, MAX_WINDOW),
    "stride": _pair(1, MAX_WINDOW),
    "pad": _pair(0, MAX_WINDOW),
    "layout": _one_of("NCHW", "None"),
}
_BATCH_NORM = {
    "axis": _one_of("1"),
    "eps": _number,
    "fix_gamma": _BOOL,
    "momentum": _number,
    "use_global_stats": _BOOL,
}
_POOLING = {
    **_WINDOW,
    "global_pool": _BOOL,
    "pool_type": _one_of("avg", "max"),
    "pooling_convention": _one_of("full", "valid"),
    "count_include_pad": _BOOL,
}
_ACTIVATION = {"act_type": _one_of("relu", "sigmoid", "tanh")}
_CONVOLUTION = {
    **_WINDOW,
    "dilate": _pair(1, MAX_WINDOW),
    "no_bias": _BOOL,
    "num_filter": _whole(1, MAX_CHANNELS),
    "num_group": _whole(1, MAX_CHANNELS),
}
_FULLY_CONNECTED = {
    "flatten": _BOOL,
    "no_bias": _BOOL,
    "num_hidden": _whole(1, MAX_CHANNELS),
}
_SCALAR = {"scalar": _number, "is_int": _BOOL}


class Operator(NamedTuple):
    """What a step of a graph takes and returns.

    Parameters
    ----------
    attributes : dict of str to callable
        Tells by the name of an attribute whether a value is allowed.
    required : tuple of str
        Attributes that must be there.
    maps : int
        Number of inputs that are outputs of other steps, or the photo. They come first.
    weights : int
        Number of inputs after them that are weights.
    takes_int8, returns_int8 : bool
        Whether the maps have 8 bits. Each such map comes with its lowest and its highest value,
        which follow the weights.
    """

    attributes: dict[str, Allowed] = {}
    required: tuple[str, ...] = ()
    maps: int = 1
    weights: int = 0
    takes_int8: bool = False
    returns_int8: bool = False


OPERATORS = {
    "Activation": Operator(_ACTIVATION, ("act_type",)),
    "BatchNorm": Operator(_BATCH_NORM, weights=4),
    "Convolution": Operator(_CONVOLUTION, ("kernel", "num_filter"), weights=2),
    "Dropout": Operator({"p": _number, "axes": _one_of("()"), "cudnn_off": _BOOL}),
    "Flatten": Operator(),
    "FullyConnected": Operator(_FULLY_CONNECTED, ("num_hidden",), weights=2),
    "Pooling": Operator(_POOLING),
    "_contrib_dequantize": Operator({"out_type": _one_of("float32")}, takes_int8=True),
    "_contrib_quantize_v2": Operator(
        {**_RANGES, "out_type": _one_of("auto", "int8", "uint8")},
        tuple(_RANGES),
        returns_int8=True,
    ),
    "_contrib_quantized_act": Operator(
        {"act_type": _one_of("relu")}, ("act_type",), takes_int8=True, returns_int8=True
    ),
    "_contrib_quantized_batch_norm": Operator(
        {**_BATCH_NORM, **_RANGES},
        tuple(_RANGES),
        weights=4,
        takes_int8=True,
        returns_int8=True,
    ),
    "_contrib_quantized_flatten": Operator(takes_int8=True, returns_int8=True),
    "_contrib_quantized_pooling": Operator(_POOLING, takes_int8=True, returns_int8=True),
    "_div_scalar": Operator(_SCALAR, ("scalar",)),
    "_mul_scalar": Operator(_SCALAR, ("scalar",)),
    "_plus_scalar": Operator(_SCALAR, ("scalar",)),
    "add_n": Operator({"num_args": _whole(1, 64)}, ("num_args",)),
    "broadcast_div": Operator(maps=2),
    "clip": Operator({"a_min": _number, "a_max": _number}, ("a_min", "a_max")),
    "elemwise_add": Operator(maps=2),
    "log_softmax": Operator({"axis": _one_of("-1")}),
    "sqrt": Operator(),
    "square": Operator(),
    "sum": Operator({"axis": _one_of("1"), "keepdims": _BOOL}, ("axis",)),
}
"""Allowed operators by their names in MXNet."""

FUSED = {
    "_sg_mkldnn_conv": {
        **_RANGES,
        "quantized": _BOOL,
        "with_act": _BOOL,
        "with_bn": _BOOL,
        "with_postsum_act": _BOOL,
        "with_sum": _BOOL,
    },
    "_sg_mkldnn_fully_connected": {
        **_RANGES,
        "channel_wise_quantize": _BOOL,
        "enable_float_output": _BOOL,
        "quantized": _BOOL,
        "with_eltwise": _BOOL,
    },
}
"""Allowed attributes of oneDNN's fused operators, each of which has a graph of its own."""

FUSED_STEPS = {
    "_sg_mkldnn_conv": re.compile(
        "Convolution(?P<with_bn> BatchNorm)?(?P<with_act> (Activation|clip))?"
        "(?P<with_sum> elemwise_add(?P<with_postsum_act> (Activation|clip))?)?"
    ),
    "_sg_mkldnn_fully_connected": re.compile("FullyConnected(?P<with_eltwise> (Activation|clip))?"),
}
"""Steps that they may fuse. Each group is an attribute that must be true if the step is there."""
TRUE = ("True", "true", "1")
