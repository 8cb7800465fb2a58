"""What MXNet 1.9.1 expects of NumPy, onnx and Python, and their current releases no longer have.

MXNet had its last release in 2022. ``import logoflow`` prepares for it, and ``import mxnet`` then
finds what it expects. The environment variable ``LOGOFLOW_MXNET_COMPAT=0`` switches this off.

- NumPy lacks some twenty names (`RENAMED`, `DROPPED`, `FINANCIAL`). They are given back where they
  are missing. All but ``bool`` are only looked up while MXNet is imported.
- onnx lacks the module ``onnx.mapping``, which MXNet's exporter imports (`restore_onnx_mapping`).
- Python starts worker processes by forkserver from 3.14 on. MXNet's DataLoader hands its workers
  what only a fork can hand on, so fork becomes the default again, unless the program has chosen a
  method of its own.
"""

import importlib.machinery
import math
import multiprocessing
import os
import sys
import types
import warnings
from collections.abc import Callable

SWITCH = "LOGOFLOW_MXNET_COMPAT"

# The name that MXNet looks up, and NumPy's current name for the same thing.
RENAMED = {
    "bool": "bool_",  # missing in NumPy 1.24 to 1.26; the type of MXNet's boolean arrays
    # Constants (mxnet/numpy/utils.py, Gluon's event handlers).
    "Inf": "inf",
    "PINF": "inf",
    "NAN": "nan",
    "NaN": "nan",
    # Functions (mxnet/numpy/fallback.py, mxnet/numpy_dispatch_protocol.py).
    "alltrue": "all",
    "sometrue": "any",
    "product": "prod",
    "round_": "round",
    "trapz": "trapezoid",
    "in1d": "isin",
}
# Names that NumPy has no other name for: three constants and a function of the same files.
DROPPED = {
    "NINF": -math.inf,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "msort": lambda a: sys.modules["numpy"].sort(a, axis=0),
}
# Financial functions. MXNet gives them names of its own while it is imported, and never calls them.
FINANCIAL = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")


def prepare_for_mxnet(*steps: Callable[[], None]) -> None:
    """Have steps done right before MXNet is imported for the first time in this process.

    Nothing is imported now: a program that only wants `logoflow`'s names does not wait for NumPy.

    Parameters
    ----------
    *steps : callable
        Called in order, without arguments.

    Examples
    --------
    >>> prepare_for_mxnet(restore_numpy_names)
    """
    if "mxnet" not in sys.modules:
        sys.meta_path.insert(0, _BeforeMXNet(steps))


class _BeforeMXNet:
    """A finder that finds nothing: it is asked for mxnet, takes the steps and goes away."""

    def __init__(self, steps: tuple[Callable[[], None], ...]):
        self.steps = steps

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "mxnet" and self in sys.meta_path:
            sys.meta_path.remove(self)
            for step in self.steps:
                step()
        return None


def is_switched_on() -> bool:
    """Tell whether the user lets logoflow adapt NumPy, onnx and Python to MXNet."""
    return os.environ.get(SWITCH, "1") != "0"


def restore_numpy_names() -> None:
    """Give NumPy the names that MXNet looks up, where NumPy lacks them, and no others.

    Examples
    --------
    >>> restore_numpy_names()
    >>> import numpy
    >>> numpy.NINF
    -inf
    """
    if not is_switched_on():
        return
    import numpy as np

    for name, current in RENAMED.items():
        if not _has(np, name):
            setattr(np, name, getattr(np, current))
    for name, value in (DROPPED | dict.fromkeys(FINANCIAL, _refuse)).items():
        if not _has(np, name):
            setattr(np, name, value)


def _has(module: types.ModuleType, name: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of some names whether it has them or not
        return hasattr(module, name)


def _refuse(*arguments: object, **options: object) -> None:
    raise NotImplementedError("NumPy has no financial functions any more: use numpy_financial.")


def restore_onnx_mapping() -> None:
    """Give onnx its module ``mapping`` back, which MXNet's exporter imports.

    It holds two tables, from onnx's numbers of types to NumPy's types and back. Nothing happens
    where onnx still has it.

    Raises
    ------
    ModuleNotFoundError
        If onnx is not installed.
    """
    import onnx
    from onnx.helper import tensor_dtype_to_np_dtype

    if hasattr(onnx, "mapping") or not is_switched_on():
        return
    # Types beyond NumPy's own (bfloat16, float8, ...) come after STRING and belong to no MXNet net.
    kinds = [kind for kind in onnx.TensorProto.DataType.values() if 0 < kind <= 15]
    mapping = types.ModuleType("onnx.mapping")
    mapping.TENSOR_TYPE_TO_NP_TYPE = {kind: tensor_dtype_to_np_dtype(kind) for kind in kinds}
    mapping.NP_TYPE_TO_TENSOR_TYPE = {
        dtype: kind for kind, dtype in mapping.TENSOR_TYPE_TO_NP_TYPE.items()
    }
    onnx.mapping = sys.modules["onnx.mapping"] = mapping


def start_workers_by_fork() -> None:
    """Make fork the way that worker processes start, as it was before Python 3.14."""
    if not is_switched_on() or "fork" not in multiprocessing.get_all_start_methods():
        return
    if multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")
