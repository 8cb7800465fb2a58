"""The Dask cluster that does the work, and the classifier's way to its workers."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, wait
from distributed.client import FuturesCancelledError
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.system import MEMORY_LIMIT

import logoflow
from logoflow.utils.threads import physical_cores
from logoflow.web.bulk import worker as tasks

_CORES_EACH = 4  # of a local worker: more threads make one net little faster
_WAIT = 60  # seconds for a first worker, or for another one once all are gone
_ATTEMPTS = 5  # to bring them the classifier
_NAMED = "logoflow-of "  # that, the client's name and the run's: a classifier at the workers
GONE = (
    "The scheduler is gone. The shards that were written are whole: start it again and make the "
    "same call; it goes on from there."
)
_SETTINGS = {
    "distributed.admin.tick.limit": "1h",  # a net at work holds the loop up, and that is all right
    # Dask watches its own threads a hundred times a second, which is a twentieth of a core.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    # Dask has memory handed back at once; a net asks for the same again, and takes half as long
    # again for that.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
_SCHEDULER = {
    "allowed_failures": 1,  # the rest is found out URL by URL
    "dashboard_address": "127.0.0.1:0",  # where Dask's own is taken, it would warn
}


class ShipClassifier(WorkerPlugin):
    """Brings a classifier to each worker once, to those too that come later or come back."""

    def __init__(self, run: str, pickled: bytes, ours: bool, client: str) -> None:
        self.run, self.pickled, self.version = run, pickled, logoflow.__version__
        self.ours = ours
        self.name = f"{_NAMED}{client} {run}"  # whose it is tells when nobody needs it any more

    def setup(self, worker: object) -> None:
        """Put it where `logoflow.web.bulk.worker` finds it."""
        if logoflow.__version__ != self.version:
            raise RuntimeError(
                f"logoflow {logoflow.__version__} is there, and the client has {self.version}"
            )
        if self.ours:  # a Ctrl-C is for the client, which then stops its workers
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        tasks.ship(self.run, self.pickled)

    def teardown(self, worker: object) -> None:
        """Let go of it."""
        tasks.unship(self.run)


@contextmanager
def connected(cluster: object, run: str, pickled: bytes) -> Iterator[Client]:
    """Give a client of a cluster whose workers have the classifier.

    Parameters
    ----------
    cluster : None, str, Client or Cluster
        None starts workers on this machine, with all its cores, and stops them afterwards. A
        string is a scheduler's address.
    run : str
        What tasks know the classifier by.
    pickled : bytes
        The classifier.

    Raises
    ------
    ConnectionError
        No scheduler there, or no worker that could do the work; the message says why.
    """
    with _client_of(cluster) as client:
        plugin = ShipClassifier(run, pickled, cluster is None, client.id)
        _clear(client)
        _bring(client, plugin)
        try:
            yield client
        finally:
            if cluster is not None and client.status == "running":
                with suppress(Exception):  # what ended the run says more
                    client.unregister_worker_plugin(plugin.name)


def _bring(client: Client, plugin: ShipClassifier) -> None:
    """Give the classifier to the workers that are there, and to the scheduler for those to come."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        _wait_for_a_worker(client)
        try:
            client.register_plugin(plugin)
            break
        except OSError:  # a worker went down just then: whoever comes gets it too
            if not attempts_left:
                raise
        except Exception as error:
            raise ConnectionError(
                f"The workers of {client.scheduler.address} cannot run logoflow ({error}). "
                "Install there what is installed here."
            ) from error


def _clear(client: Client) -> None:
    """Take from the workers what clients that were killed left there: they cannot any more."""

    def left(dask_scheduler: Any) -> list[str]:  # in here, since logoflow need not be there
        ours = [name for name in dask_scheduler.worker_plugins if name.startswith(named)]
        owners = [name.removeprefix(named).rpartition(" ")[0] for name in ours]
        there = dask_scheduler.clients
        return [name for name, owner in zip(ours, owners, strict=True) if owner not in there]

    named = _NAMED
    with suppress(Exception):  # the run can do without
        for name in client.run_on_scheduler(left):
            client.unregister_worker_plugin(name)


def _wait_for_a_worker(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=_WAIT)
    except TimeoutError as error:
        raise ConnectionError(
            f"No worker came to {client.scheduler.address} within {_WAIT} seconds. Start some "
            "with `dask worker`; in a script of your own, have the call below "
            '`if __name__ == "__main__":`, since workers import the script.'
        ) from error
    except OSError as error:
        raise ConnectionError(GONE) from error


def count_workers(client: Client) -> int:
    """Tell how many workers there are.

    Raises
    ------
    ConnectionError
        If the scheduler is gone.
    """
    try:
        return len(client.nthreads())
    except OSError as error:
        raise ConnectionError(GONE) from error


def wait_for_one(client: Client, futures: list[Future]) -> set[Future]:
    """Wait until one of them is done at least.

    Raises
    ------
    ConnectionError
        If the scheduler is gone, or all workers are and no other comes.
    """
    seen = time.monotonic()
    while True:
        try:
            return wait(futures, timeout=_WAIT / 12, return_when="FIRST_COMPLETED").done
        except FuturesCancelledError as error:
            raise ConnectionError(GONE) from error
        except TimeoutError:
            if count_workers(client):
                seen = time.monotonic()
            elif time.monotonic() - seen > _WAIT:
                raise ConnectionError(
                    f"All workers of {client.scheduler.address} are gone, for {_WAIT} seconds now. "
                    "The shards that were written are whole: start workers with `dask worker` "
                    "and make the same call; it goes on from there."
                ) from None


@contextmanager
def _client_of(cluster: object) -> Iterator[Client]:
    if isinstance(cluster, Client):
        yield cluster
    elif cluster is None:
        with local_cluster() as own, Client(own) as client:
            yield client
    else:
        try:
            client = Client(cluster, timeout=_WAIT / 6)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"No Dask scheduler answers at {cluster} ({error}). Start one with "
                "`dask scheduler`, or leave the cluster out to use this machine."
            ) from error
        with client:
            yield client


@contextmanager
def local_cluster(workers: int | None = None, cores: int | None = None) -> Iterator[LocalCluster]:
    """Start workers on this machine, reachable from nowhere else.

    Parameters
    ----------
    workers : int, optional
        By default one for every four cores.
    cores : int, optional
        Threads of each worker's net; by default all cores are shared out.
    """
    total = int(os.environ.get("OMP_NUM_THREADS") or physical_cores())
    workers = workers or max(1, total // _CORES_EACH)
    cores = cores or max(1, total // workers)
    before = os.environ.get("OMP_NUM_THREADS")
    # Dask hands its workers what stands here when they start; it is 1 by Dask's own default.
    os.environ["OMP_NUM_THREADS"] = str(cores)
    try:
        with (
            dask.config.set(_SETTINGS),
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=MEMORY_LIMIT // workers,
                dashboard_address=None,
                scheduler_kwargs=_SCHEDULER,
                silence_logs=50,  # what a worker's death means, our own message says
            ) as cluster,
        ):
            yield cluster
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
