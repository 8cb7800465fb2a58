import multiprocessing
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from logoflow.errors import WorkerError
from logoflow.loading import photo_loader
from logoflow.loading.loaders import make_loaders


def batches_of(root, num_workers):
    np.random.seed(3)  # noqa: NPY002 - Gluon's sampler uses it
    loader = make_loaders(root, "article", 4, num_workers=num_workers).val
    return [(photos.asnumpy(), labels.asnumpy()) for photos, labels in loader]


@pytest.mark.slow
def test_with_little_shared_memory_batches_go_through_pipes_and_are_the_same(
    small_root, monkeypatch
):
    expected = batches_of(small_root, 0)
    monkeypatch.setattr(photo_loader, "free_shared_memory", lambda: 64 << 20 >> 6)
    with pytest.warns(UserWarning, match="/dev/shm has 1 MB free.*--shm-size"):
        batches = batches_of(small_root, 2)
    assert len(batches) == len(expected)
    for (photos, labels), (same_photos, same_labels) in zip(batches, expected, strict=True):
        assert np.array_equal(photos, same_photos)
        assert np.array_equal(labels, same_labels)


def test_workers_that_do_not_answer_are_an_error_that_says_what_to_do(small_root, monkeypatch):
    def no_answer(_):
        raise multiprocessing.TimeoutError

    loader = make_loaders(small_root, "article", 4).val
    monkeypatch.setattr(photo_loader.DataLoader, "__iter__", no_answer)
    with pytest.raises(WorkerError, match="use fewer num_workers, or 0"):
        list(loader)


FOUR_WORKERS = """
import sys, logoflow as lf
loaders = lf.make_loaders(sys.argv[1], "article", 14, num_workers=4)
for _ in range(2):
    print(sum(len(labels) for _, labels in loaders.train))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root")
def test_four_workers_do_not_stand_still_in_a_small_container(small_root):
    mount = "mount -t tmpfs -o size=4m tmpfs /dev/shm && "
    run = [sys.executable, "-W", "ignore", "-c", FOUR_WORKERS, str(small_root)]
    probe = subprocess.run(["unshare", "-m", "sh", "-c", mount + "true"], check=False)
    if probe.returncode:
        pytest.skip("This container may not mount.")
    command = ["unshare", "-m", "sh", "-c", mount + 'exec "$@"', "sh", *run]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    assert answer.stdout.split() == ["14", "14"]
