"""A real server of pictures and real Dask workers, for the tests of bulk."""

import pytest
from distributed import Client
from pictures import serving

from logoflow.web.bulk.dask_cluster import local_cluster


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def cluster():
    """A client of one worker process on this machine."""
    with local_cluster(workers=1, cores=1) as started, Client(started) as client:
        yield client
