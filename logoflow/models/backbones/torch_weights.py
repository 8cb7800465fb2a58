"""Read a PyTorch weight file with NumPy, without torch and without running code of the file."""

import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

# torch.save before version 1.6 wrote three small pickles (magic number, protocol, machine), the
# pickled object, the list of storages, and the raw bytes of each storage.
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001


class _Storage(NamedTuple):
    """A flat array whose values follow the pickles in the file."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage. Offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_: Any) -> _Tensor:
    """Replace torch's function that rebuilds a tensor. Gradients and hooks are ignored."""
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _TensorUnpickler(pickle.Unpickler):
    """An unpickler that accepts the four names of `_ALLOWED` only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it uses {module}.{name}, which weights do not need")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: tuple) -> _Storage:
        kind, dtype, key, _, length, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"it holds {kind!r}, not a plain storage")
        return _Storage(key, dtype, length)


def read_torch_weights(path: Path | str) -> dict[str, np.ndarray]:
    """Read the tensors of a state dict in the legacy format of torch.save.

    Parameters
    ----------
    path : Path or str
        A ``.pth`` file with float32 and int64 tensors by name.

    Returns
    -------
    dict of str to ndarray
        Tensors by name, in the order of the file.

    Raises
    ------
    ValueError
        If the file has another format, is damaged, or contains anything but tensors.

    Examples
    --------
    >>> weights = read_torch_weights("efficientnet-lite0-57934424.pth")  # doctest: +SKIP
    >>> weights["_conv_stem.weight"].shape  # doctest: +SKIP
    (32, 3, 3, 3)
    """
    try:
        with open(path, "rb") as file:
            return _read(file)
    except (pickle.UnpicklingError, EOFError, TypeError, AttributeError, KeyError, ValueError) as e:
        raise ValueError(f"{path} is not a PyTorch weight file of the legacy format: {e}.") from e


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    def load() -> Any:
        return _TensorUnpickler(file).load()

    if load() != LEGACY_MAGIC or load() != LEGACY_PROTOCOL:
        raise ValueError("its first bytes differ")
    if not load()["little_endian"] or sys.byteorder != "little":
        raise ValueError("the byte order differs from this machine's")
    tensors, keys = load(), load()
    if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise ValueError("it holds more than tensors")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    flat = {key: _read_storage(file, storages[key]) for key in keys}
    return {name: _view(flat[tensor.storage.key], tensor) for name, tensor in tensors.items()}


def _read_storage(file: BinaryIO, storage: _Storage) -> np.ndarray:
    if int.from_bytes(file.read(8), "little") != storage.length:
        raise ValueError(f"storage {storage.key} has another length than announced")
    num_bytes = storage.length * np.dtype(storage.dtype).itemsize
    values = np.frombuffer(file.read(num_bytes), storage.dtype)
    if len(values) != storage.length:
        raise ValueError(f"storage {storage.key} is cut short")
    return values


def _view(flat: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """Copy a tensor out of its storage. Offset and strides must stay inside the storage."""
    last = tensor.offset + sum(
        (size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True)
    )
    if min((tensor.offset, *tensor.strides, *tensor.shape)) < 0 or last >= len(flat):
        raise ValueError("a tensor lies outside its storage")
    strides = [step * flat.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, strides).copy()
