"""Make MXNet 1.9.1 work with current releases of NumPy, onnx and Python.

MXNet had its last release in 2022. ``import logoflow`` installs the changes that MXNet needs; they
take effect right before the first ``import mxnet``. The environment variable
``LOGOFLOW_MXNET_COMPAT=0`` switches them off.

- NumPy has dropped about twenty names that MXNet looks up (`RENAMED`, `DROPPED`, `FINANCIAL`). The
  missing ones are added again. All of them except ``bool`` are used only while MXNet is imported.
- onnx has dropped the module ``onnx.mapping``, which MXNet's exporter imports
  (`restore_onnx_mapping`).
- MXNet imports scikit-learn and scipy.stats if they are installed, for its old estimators and for
  its own tests. Their import takes as long as the rest of MXNet's import. logoflow uses neither the
  estimators nor the tests, so MXNet does not see the packages.
- Since Python 3.14, worker processes start by forkserver. MXNet's DataLoader passes objects to its
  workers that only a fork can pass on, so fork becomes the default again unless the program has
  chosen a start method.
"""

import importlib.machinery
import math
import multiprocessing
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable

SWITCH = "LOGOFLOW_MXNET_COMPAT"

# Names that MXNet looks up, and NumPy's current names for the same objects.
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
# Names without a replacement in NumPy: three constants and a function, from the same files.
DROPPED = {
    "NINF": -math.inf,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "msort": lambda a: sys.modules["numpy"].sort(a, axis=0),
}
# Financial functions. MXNet only refers to them while it is imported and never calls them.
FINANCIAL = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")


def prepare_for_mxnet(*steps: Callable[[], None]) -> None:
    """Register functions that run right before MXNet is imported for the first time.

    Nothing is imported now, so a program that only imports `logoflow` does not wait for NumPy.

    Parameters
    ----------
    *steps : callable
        Called in this order, without arguments.

    Examples
    --------
    >>> prepare_for_mxnet(restore_numpy_names)
    """
    if "mxnet" not in sys.modules:
        sys.meta_path.insert(0, _BeforeMXNet(steps))


class _BeforeMXNet:
    """An import hook that finds no module: on ``import mxnet`` it runs the steps, once."""

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
    """Tell whether the user allows logoflow to adapt NumPy, onnx and Python to MXNet."""
    return os.environ.get(SWITCH, "1") != "0"


def restore_numpy_names() -> None:
    """Add the names to NumPy that MXNet looks up and NumPy has dropped.

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
        warnings.simplefilter("ignore")  # NumPy warns about some names, even if they are missing
        return hasattr(module, name)


def _refuse(*arguments: object, **options: object) -> None:
    raise NotImplementedError(
        "NumPy no longer has financial functions: use the package numpy_financial."
    )


def restore_onnx_mapping() -> None:
    """Add the module ``mapping`` to onnx, which MXNet's exporter imports.

    It contains two tables that convert onnx's data types to NumPy's and back. The function does
    nothing if onnx still has the module.

    Raises
    ------
    ModuleNotFoundError
        If onnx is not installed.

    Examples
    --------
    >>> restore_onnx_mapping()
    >>> import onnx.mapping
    >>> onnx.TensorProto.FLOAT in onnx.mapping.TENSOR_TYPE_TO_NP_TYPE
    True
    """
    import onnx
    from onnx.helper import tensor_dtype_to_np_dtype

    if hasattr(onnx, "mapping") or not is_switched_on():
        return
    # Types that NumPy lacks (bfloat16, float8, ...) have numbers above 15. MXNet exports none.
    data_types = [number for number in onnx.TensorProto.DataType.values() if 0 < number <= 15]
    mapping = types.ModuleType("onnx.mapping")
    mapping.TENSOR_TYPE_TO_NP_TYPE = {
        number: tensor_dtype_to_np_dtype(number) for number in data_types
    }
    mapping.NP_TYPE_TO_TENSOR_TYPE = {
        dtype: number for number, dtype in mapping.TENSOR_TYPE_TO_NP_TYPE.items()
    }
    onnx.mapping = sys.modules["onnx.mapping"] = mapping


HIDDEN = ("sklearn", "scipy.stats")
"""Packages that MXNet imports if they are installed, and that nothing here needs from it."""


def hide_from_mxnet() -> None:
    """Let ``import mxnet`` go on without the packages in `HIDDEN` that are not yet imported."""
    if is_switched_on():
        sys.meta_path.insert(0, _NothingForMXNet())


class _NothingForMXNet:
    """An import hook that does not find the packages in `HIDDEN` while MXNet is being imported."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()  # other threads may import them meanwhile

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in HIDDEN and self.thread == threading.get_ident() and self in sys.meta_path:
            if _is_being_imported("mxnet"):
                raise ModuleNotFoundError(f"MXNet needs no {name}.", name=name)
            sys.meta_path.remove(self)
        return None


def _is_being_imported(name: str) -> bool:
    """Tell whether a module is in `sys.modules` but not complete."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return getattr(spec, "_initializing", False)


def start_workers_by_fork() -> None:
    """Make fork the default start method of worker processes, as it was before Python 3.14."""
    if not is_switched_on() or "fork" not in multiprocessing.get_all_start_methods():
        return
    if multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")
