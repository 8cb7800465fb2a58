"""The restricted reader of PyTorch files. The files are written as torch.save wrote them."""

import os
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from logoflow.models.backbones.torch_weights import (
    LEGACY_MAGIC,
    LEGACY_PROTOCOL,
    read_torch_weights,
)

VALUES = np.arange(6, dtype="float32")


class Named:
    """Pickled as a call of a function by module and name, like the tensors of torch."""

    def __init__(self, function: str, *arguments):
        self.function, self.arguments = function, arguments


class Storage:
    def __init__(self, key: str, length: int):
        self.key, self.length = key, length


class TorchPickler(pickle._Pickler):
    """Writes `Named` and `Storage` as torch.save writes tensors and storages."""

    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", Global("torch FloatStorage"), obj.key, "cpu", obj.length, None)
        return None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(pickle.GLOBAL + obj.name.replace(" ", "\n").encode() + b"\n")
        elif isinstance(obj, Named):
            self.save(Global(obj.function))
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


class Global:
    def __init__(self, name: str):
        self.name = name


def tensor(offset=0, shape=(2, 3), strides=(3, 1), length=6) -> Named:
    arguments = (Storage("7", length), offset, shape, strides, False, OrderedDict())
    return Named("torch._utils _rebuild_tensor_v2", *arguments)


def write_legacy(path, content, values=VALUES, length=6):
    """Write `content` on one storage, as torch.save did before version 1.6."""
    machine = {"protocol_version": LEGACY_PROTOCOL, "little_endian": True, "type_sizes": {}}
    with open(path, "wb") as file:
        for part in (LEGACY_MAGIC, LEGACY_PROTOCOL, machine, content, ["7"]):
            TorchPickler(file, protocol=2).dump(part)
        file.write(struct.pack("<q", length) + values.tobytes())
    return path


def test_tensors_are_read(tmp_path):
    path = write_legacy(tmp_path / "net.pth", {"whole": tensor(), "part": tensor(4, (2,), (1,))})
    weights = read_torch_weights(path)
    assert weights["whole"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert weights["part"].tolist() == [4, 5]


def test_transposed_tensors_are_read(tmp_path):
    path = write_legacy(tmp_path / "net.pth", {"turned": tensor(0, (3, 2), (1, 3))})
    assert read_torch_weights(path)["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("function", ["os system", "builtins eval", "torch load"])
def test_no_other_function_is_called(tmp_path, function):
    marker = tmp_path / "planted"
    path = write_legacy(tmp_path / "net.pth", {"w": Named(function, f"touch {marker}")})
    with pytest.raises(ValueError, match=function.replace(" ", ".")):
        read_torch_weights(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "outside",
    [tensor(offset=1), tensor(shape=(3, 3)), tensor(strides=(-3, 1)), tensor(length=10**9)],
)
def test_tensor_outside_its_storage_is_refused(tmp_path, outside):
    with pytest.raises(ValueError, match="storage"):
        read_torch_weights(write_legacy(tmp_path / "net.pth", {"w": outside}))


def test_truncated_file_is_refused(tmp_path):
    path = write_legacy(tmp_path / "net.pth", {"w": tensor()})
    os.truncate(path, path.stat().st_size - 4)
    with pytest.raises(ValueError, match="cut short"):
        read_torch_weights(path)


def test_other_formats_are_refused(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"PK\x03\x04 torch's newer format is a zip archive")
    with pytest.raises(ValueError, match=r"net\.pth is not a PyTorch weight file"):
        read_torch_weights(path)
