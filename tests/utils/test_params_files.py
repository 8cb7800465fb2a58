import struct

import mxnet as mx
import numpy as np
import pytest

from logoflow.errors import DamagedFileError
from logoflow.utils.params_files import read_headers, write_params

ARRAYS = {
    "weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "codes": np.array([1, -2, 3], np.int8),
}


def test_a_file_is_the_same_as_mxnets(tmp_path):
    ours = write_params(tmp_path / "ours.params", ARRAYS)
    theirs = tmp_path / "theirs.params"
    arrays = {name: mx.nd.array(array, dtype=array.dtype) for name, array in ARRAYS.items()}
    mx.nd.save(str(theirs), arrays)
    assert ours.read_bytes() == theirs.read_bytes()
    assert [header.shape for header in read_headers(theirs).values()] == [(3, 4), (3,)]


@pytest.mark.parametrize("end", [0, 1, 24, 60, -1])
def test_a_cut_file_is_refused(tmp_path, end):
    path = write_params(tmp_path / "cut.params", ARRAYS)
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(DamagedFileError, match=r"cut\.params is no complete"):
        read_headers(path)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(16, 2**31), (24, 0), (28, 1), (32, 255), (32, 0), (36, 2**31), (40, 1), (52, 9), (60, 77)],
)
def test_a_header_that_lies_is_refused_before_anything_is_allocated(tmp_path, offset, value):
    path = write_params(tmp_path / "lies.params", ARRAYS)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, offset, value)
    path.write_bytes(content)
    with pytest.raises(DamagedFileError):
        read_headers(path)


def test_surplus_bytes_are_refused(tmp_path):
    path = write_params(tmp_path / "long.params", ARRAYS)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DamagedFileError, match="surplus"):
        read_headers(path)
