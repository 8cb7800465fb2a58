import struct
import zipfile

import numpy as np
import pytest

from logoflow.errors import DamagedFileError
from logoflow.utils.npz_files import read_npz


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, labels=np.arange(1000), names=np.array(["a", "b"]))
    return path


def test_all_arrays_are_read_or_some(path):
    assert sorted(read_npz(path)) == ["labels", "names"]
    assert read_npz(path, ["labels"])["labels"][999] == 999


def test_a_missing_array_is_named(path):
    with pytest.raises(DamagedFileError, match="no array 'boxes'"):
        read_npz(path, ["boxes"])


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_cut_file_is_named(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DamagedFileError, match=r"arrays\.npz is damaged"):
        read_npz(path)


def test_every_flipped_bit_of_the_values_is_noticed(path):
    content, right = path.read_bytes(), read_npz(path)["labels"]
    for position in range(0, len(content), 37):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :]
        )
        try:
            labels = read_npz(path, ["labels"])["labels"]
        except DamagedFileError:
            continue
        assert np.array_equal(labels, right), f"a wrong value after a change at {position}"


def bomb(path, size, announced):
    header = str({"descr": "|u1", "fortran_order": False, "shape": (announced,)}).encode()
    header += b" " * (117 - len(header)) + b"\n"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.npy", "w") as file,
    ):
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))


@pytest.mark.parametrize(("size", "announced"), [(1 << 20, 1 << 40), (64 << 20, 64 << 20)])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, size, announced):
    bomb(tmp_path / "bomb.npz", size, announced)
    with pytest.raises(DamagedFileError, match="announce|size"):
        read_npz(tmp_path / "bomb.npz")


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "objects.npz", things=np.array([{}, []], dtype=object))
    with pytest.raises(DamagedFileError, match="object"):
        read_npz(tmp_path / "objects.npz")
