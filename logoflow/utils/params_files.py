"""Write and check ``.params`` files of MXNet.

MXNet does not notice when the disk has no room for the end of such a file, so logoflow writes them
itself, byte for byte as MXNet does. MXNet also believes the sizes that a file states: one wrong
byte makes it allocate gigabytes. So logoflow compares the sizes with the length of the file first.
"""

import math
import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from logoflow.errors import DamagedFileError
from logoflow.utils.files import verified_file

LIST_MAGIC = 0x112
DENSE_MAGIC = 0xF993FAC9  # an array in the form that MXNet has written since version 1.0
DENSE_STORAGE = 0
DEVICES = (1, 2, 3, 5)  # CPU, GPU and two kinds of CPU memory: where the array was when saved
MAX_DEVICE = 64
MAX_DIMENSIONS = 8
MAX_SIDE = 1 << 31
MAX_ARRAYS = 100_000
MAX_NAME = 1000
DTYPES = {0: "float32", 1: "float64", 2: "float16", 3: "uint8", 4: "int32", 5: "int8", 6: "int64"}
_CODES = {dtype: code for code, dtype in DTYPES.items()}


class ArrayHeader(NamedTuple):
    """Shape and type of a stored array."""

    shape: tuple[int, ...]
    dtype: str


def write_params(path: Path | str, arrays: dict[str, np.ndarray]) -> Path:
    """Write arrays as `mxnet.nd.save` does, read the file back, and only then replace `path`.

    Parameters
    ----------
    path : Path or str
        The file.
    arrays : dict of str to ndarray
        By name.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        If the disk has no room for the file. `path` is then as it was.

    Examples
    --------
    >>> import mxnet as mx
    >>> _ = write_params("one.params", {"weight": np.ones((3, 4), np.float32)})
    >>> mx.nd.load("one.params")["weight"].shape
    (3, 4)
    """
    with verified_file(path) as file:
        file.write(struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays)))
        for array in arrays.values():
            shape, code = array.shape, _CODES[str(array.dtype)]
            file.write(struct.pack("<IiI", DENSE_MAGIC, DENSE_STORAGE, len(shape)))
            file.write(struct.pack(f"<{len(shape)}q", *shape))
            file.write(struct.pack("<iii", DEVICES[0], 0, code))
            file.write(np.ascontiguousarray(array).data)
        file.write(struct.pack("<Q", len(arrays)))
        for name in arrays:
            encoded = name.encode("utf-8")
            file.write(struct.pack("<Q", len(encoded)) + encoded)
    return Path(path)


def read_headers(path: Path | str) -> dict[str, ArrayHeader]:
    """Read the names, shapes and types of the arrays in a ``.params`` file.

    Parameters
    ----------
    path : Path or str
        A file that `mxnet.nd.save` or `Block.save_parameters` wrote.

    Returns
    -------
    dict of str to ArrayHeader
        By name, in the order of the file.

    Raises
    ------
    DamagedFileError
        If the file is cut, has surplus bytes, or contradicts itself.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.save("two.params", {"weight": mx.nd.zeros((3, 4)), "bias": mx.nd.zeros(3)})
    >>> read_headers("two.params")["weight"]
    ArrayHeader(shape=(3, 4), dtype='float32')
    """
    with open(path, "rb") as file:
        try:
            names, headers = _read_list(file)
        except (struct.error, UnicodeDecodeError) as error:
            raise _damaged(path, str(error)) from error
        except ValueError as error:
            raise _damaged(path, str(error)) from error
    return dict(zip(names, headers, strict=True))


def _damaged(path: Path | str, reason: str) -> DamagedFileError:
    return DamagedFileError(
        f"{path} is no complete .params file of MXNet ({reason}). Copy it again, or train again."
    )


def _read_list(file: BinaryIO) -> tuple[list[str], list[ArrayHeader]]:
    size = os.fstat(file.fileno()).st_size
    magic, reserved, count = _read(file, "<QQQ")
    if (magic, reserved) != (LIST_MAGIC, 0):
        raise ValueError("its first bytes are not those of such a file")
    _require(count <= MAX_ARRAYS, f"it announces {count} arrays")
    headers = [_read_array(file, size) for _ in range(count)]
    (name_count,) = _read(file, "<Q")
    _require(name_count == count, f"it has {count} arrays and {name_count} names")
    names = [_read_name(file) for _ in range(count)]
    _require(len(set(names)) == count, "two arrays have one name")
    _require(file.tell() == size, f"it has {size - file.tell()} surplus bytes")
    return names, headers


def _read_array(file: BinaryIO, size: int) -> ArrayHeader:
    """Read the header of an array, and skip its values."""
    magic, storage, dimensions = _read(file, "<IiI")
    _require((magic, storage) == (DENSE_MAGIC, DENSE_STORAGE), "an array has an unknown form")
    _require(1 <= dimensions <= MAX_DIMENSIONS, f"an array has {dimensions} dimensions")
    shape = _read(file, f"<{dimensions}q")
    _require(all(1 <= side < MAX_SIDE for side in shape), f"an array has the shape {shape}")
    device, number, code = _read(file, "<iii")
    _require(device in DEVICES and 0 <= number < MAX_DEVICE, "an array names an unknown device")
    _require(code in DTYPES, f"an array has the unknown type {code}")
    end = file.tell() + math.prod(shape) * np.dtype(DTYPES[code]).itemsize
    _require(end <= size, f"an array of shape {shape} does not fit into {size} bytes")
    file.seek(end)
    return ArrayHeader(shape, DTYPES[code])


def _read_name(file: BinaryIO) -> str:
    (length,) = _read(file, "<Q")
    _require(1 <= length <= MAX_NAME, f"a name has {length} bytes")
    (name,) = _read(file, f"<{length}s")
    return name.decode("utf-8")


def _read(file: BinaryIO, form: str) -> tuple:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
