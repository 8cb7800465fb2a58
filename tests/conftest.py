"""Fixtures that several test modules share."""

import gc
import os
from pathlib import Path

import matplotlib as mpl
import psutil
import pytest
from loopback_servers import JPEG, Server, own_resolver, serving, watch_dialling

import logoflow  # noqa: F401  before mxnet, which test modules import first
from logoflow.datasets.flickrlogos32 import read_flickrlogos32
from logoflow.datasets.prepare import prepare_splits
from logoflow.datasets.sample.build import make_sample
from logoflow.utils.threads import physical_cores

# Set before mxnet is imported: parallel test processes share the cores.
if processes := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    os.environ["OMP_NUM_THREADS"] = str(max(1, physical_cores() // processes))

MUCH_MEMORY = 2e9  # bytes
REPO = Path(__file__).resolve().parent.parent
mpl.use("Agg")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the checkout with real photos; tests skip if it is missing."""
    folder = REPO.parent / "shared"
    if not (folder / "flickrlogos27").is_dir():
        pytest.skip("needs ../shared/flickrlogos27, which is not published with the project")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Keep tests away from the user's own cache, data sets and runs."""
    for name in ("HOME", "DATA", "RUNS"):
        monkeypatch.setenv(f"LOGOFLOW_{name}", str(tmp_path_factory.mktemp(name.lower())))


@pytest.fixture(autouse=True, scope="module")
def compiled_networks_are_freed():
    """Free networks that a module has left in circles of references: each may hold 650 MB."""
    yield
    if psutil.Process().memory_info().rss > MUCH_MEMORY:
        gc.collect()


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory) -> Path:
    """A sample of two brands in FlickrLogos-32's layout: per split 4 photos a brand, 6 no-logo."""
    base = tmp_path_factory.mktemp("small")
    return make_sample(base, brands=2, train=4, val=4, test=4, no_logo=6, longest_side=256)


@pytest.fixture(scope="session")
def small_root(small_sample, tmp_path_factory) -> Path:
    """The small sample, prepared: classes adidas, aldi and no-logo; 14 photos per split."""
    root = tmp_path_factory.mktemp("small-root") / "root"
    prepare_splits(read_flickrlogos32(small_sample), root)
    return root


@pytest.fixture
def server():
    """A server on loopback with /good.jpg and many faulty answers."""
    with serving(Server()) as running:
        running.put("/good.jpg", JPEG)
        yield running


@pytest.fixture
def dialled(monkeypatch):
    """All addresses that were dialled; any address but loopback fails the test."""
    yield from watch_dialling(monkeypatch)


@pytest.fixture
def resolver(monkeypatch):
    """A DNS resolver that the test controls."""
    return own_resolver(monkeypatch)
