import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

from logoflow.utils.files import atomic_path, remove_leftovers, verified_file
from logoflow.utils.npz_files import read_npz

KILLED = """
import os, signal, sys
from logoflow.utils.files import atomic_path
with atomic_path(sys.argv[1]) as tmp:
    tmp.write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def small_disk():
    """No file can grow beyond 1000 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_file_is_replaced_at_once_and_leaves_nothing(tmp_path):
    path = tmp_path / "new" / "numbers.bin"
    for content in (b"first", b"second"):
        with verified_file(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert [one.name for one in path.parent.iterdir()] == ["numbers.bin"]


@pytest.mark.parametrize("size", [1001, 5000, 100_000])
def test_a_full_disk_leaves_the_earlier_file_whole(tmp_path, small_disk, size):
    path = tmp_path / "numbers.bin"
    path.write_bytes(b"earlier")
    with pytest.raises(OSError, match="large"), verified_file(path) as file:
        file.write(bytes(size))
    assert path.read_bytes() == b"earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["numbers.bin"]


def test_bytes_that_the_disk_loses_are_noticed(tmp_path):
    path = tmp_path / "numbers.bin"
    path.write_bytes(b"earlier")

    def write_and_lose():
        with verified_file(path) as file:
            file.write(b"12345678")
            file.flush()
            (part,) = tmp_path.glob(".*.part")
            os.truncate(part, 4)

    with pytest.raises(OSError, match="returned other bytes"):
        write_and_lose()
    assert path.read_bytes() == b"earlier"


def test_the_next_process_removes_what_a_killed_one_left(tmp_path):
    path = tmp_path / "numbers.bin"
    died = subprocess.run([sys.executable, "-c", KILLED, str(path)])
    assert died.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with atomic_path(tmp_path / "other.bin") as tmp:
        assert not left.exists()
        assert remove_leftovers(tmp_path) == []
        assert tmp.exists(), "a file that is being written was taken for a leftover"


def test_files_of_others_are_no_leftovers(tmp_path):
    for name in ("movie.mp4.part", ".movie.part", ".movie.ABCDEFGH.part"):
        (tmp_path / name).write_text("")
    assert remove_leftovers(tmp_path) == []


def test_arrays_are_written_in_the_form_of_npz(tmp_path):
    for write in (np.savez, np.savez_compressed):
        with verified_file(tmp_path / "arrays.npz") as file:
            write(file, one=np.arange(5), other=np.eye(2, dtype=np.float16))
        arrays = read_npz(tmp_path / "arrays.npz")
        assert arrays["one"].tolist() == [0, 1, 2, 3, 4]
        assert arrays["other"].dtype == np.float16
