"""The Dask cluster that does the work, and how its workers get the classifier."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, wait
from distributed.client import FuturesCancelledError
from distributed.core import Status
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.system import MEMORY_LIMIT

import logoflow
from logoflow.utils.threads import physical_cores
from logoflow.web.bulk.classifiers import register_classifier, unregister_classifier

_CORES_PER_WORKER = 4  # of a local worker: with more threads a network is hardly faster
_WORKER_TIMEOUT = 60  # seconds to wait for the first worker, or for another once all are gone
_LOCAL_TIMEOUT = 600  # the same for workers of this machine, which always start again
_REVIVAL_INTERVAL = 1.0  # seconds between two looks at the workers of this machine
_REGISTER_ATTEMPTS = 5
_PLUGIN_PREFIX = "logoflow-of "  # the names of the client and the run follow
SCHEDULER_GONE = (
    "The scheduler is gone. The shards that were written are complete. Start the scheduler again "
    "and make the same call: it continues from there."
)
_SETTINGS = {
    # By default Dask gives up a worker for good that does not return within 15 seconds. A worker
    # that starts again while others start too, or that crashes again, takes longer.
    "distributed.deploy.lost-worker-timeout": "1000d",
    "distributed.comm.timeouts.connect": "120s",  # on a busy machine
    "distributed.admin.tick.limit": "1h",  # a busy network blocks the event loop; no warning needed
    # Dask samples its own threads a hundred times a second, which takes a twentieth of a core.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    # By default Dask makes malloc return freed memory at once. A network asks for the same memory
    # again for every batch, and would take half as long again.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
_GIVEN_UP = (Status.closed, Status.failed)  # of a nanny
_SCHEDULER_OPTIONS = {
    "allowed_failures": 1,  # after that, dispatch looks for the URL that crashes workers
    "dashboard_address": "127.0.0.1:0",  # any free port: Dask warns if its default port is taken
}


class ClassifierPlugin(WorkerPlugin):
    """Register a classifier once at every worker, also at workers that join or restart later."""

    def __init__(self, run: str, pickled: bytes, is_local: bool, client: str) -> None:
        self.run, self.pickled, self.version = run, pickled, logoflow.__version__
        self.is_local = is_local
        self.name = f"{_PLUGIN_PREFIX}{client} {run}"  # shows when its client no longer exists

    def setup(self, worker: object) -> None:
        """Register the classifier in the worker's process."""
        if logoflow.__version__ != self.version:
            raise RuntimeError(
                f"logoflow {logoflow.__version__} is there, and the client has {self.version}"
            )
        if self.is_local:  # the client handles Ctrl-C, and then stops its workers
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        register_classifier(self.run, self.pickled)

    def teardown(self, worker: object) -> None:
        """Remove the classifier from the worker's process."""
        unregister_classifier(self.run)


@contextmanager
def connected(cluster: object, run: str, pickled: bytes) -> Iterator[Client]:
    """Connect to a cluster and give its workers the classifier.

    Parameters
    ----------
    cluster : None, str, distributed.Client or Cluster
        None starts workers on this machine, with all its cores, and stops them afterwards. A
        string is the address of a scheduler.
    run : str
        Key under which tasks find the classifier.
    pickled : bytes
        The classifier.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ConnectionError
        If no scheduler answers, or no worker can do the work. The message says why.
    """
    with _client_of(cluster) as client:
        plugin = ClassifierPlugin(run, pickled, cluster is None, client.id)
        _remove_orphans(client)
        _register(client, plugin)
        try:
            yield client
        finally:
            if cluster is not None and client.status == "running":
                with suppress(Exception):  # the error that ended the run says more
                    client.unregister_worker_plugin(plugin.name)


def _register(client: Client, plugin: ClassifierPlugin) -> None:
    """Give the classifier to the present workers, and to the scheduler for later ones."""
    for attempts_left in reversed(range(_REGISTER_ATTEMPTS)):
        _wait_for_a_worker(client)
        try:
            client.register_plugin(plugin)
            break
        except OSError:  # a worker crashed just now; the one that replaces it gets the plugin too
            if not attempts_left:
                raise
        except Exception as error:
            raise ConnectionError(
                f"The workers of {client.scheduler.address} cannot run logoflow ({error}). "
                "Install the same packages there as here."
            ) from error


def _remove_orphans(client: Client) -> None:
    """Remove the classifiers of clients that were killed before they could do so."""

    def orphans(dask_scheduler: Any) -> list[str]:  # local: the scheduler may not have logoflow
        names = [name for name in dask_scheduler.worker_plugins if name.startswith(prefix)]
        owners = [name.removeprefix(prefix).rpartition(" ")[0] for name in names]
        clients = dask_scheduler.clients
        return [name for name, owner in zip(names, owners, strict=True) if owner not in clients]

    prefix = _PLUGIN_PREFIX
    with suppress(Exception):  # the run works without this
        for name in client.run_on_scheduler(orphans):
            client.unregister_worker_plugin(name)


def _worker_timeout(client: Client) -> float:
    """Seconds to wait for a worker. Those that `local_cluster` started always come back."""
    return _LOCAL_TIMEOUT if isinstance(client.cluster, LocalCluster) else _WORKER_TIMEOUT


def _wait_for_a_worker(client: Client) -> None:
    timeout = _worker_timeout(client)
    try:
        client.wait_for_workers(1, timeout=timeout)
    except TimeoutError as error:
        raise ConnectionError(
            f"No worker connected to {client.scheduler.address} within {timeout} seconds. "
            "Start workers with `dask worker`. In a script of your own, put the call below "
            '`if __name__ == "__main__":`, because workers import the script.'
        ) from error
    except OSError as error:
        raise ConnectionError(SCHEDULER_GONE) from error


def count_workers(client: Client) -> int:
    """Return the number of workers.

    Raises
    ------
    ConnectionError
        If the scheduler is gone.
    """
    try:
        return len(client.nthreads())
    except OSError as error:
        raise ConnectionError(SCHEDULER_GONE) from error


def wait_for_any(
    client: Client, futures: list[Future], on_wait: Callable[[], object] = lambda: None
) -> set[Future]:
    """Wait until at least one future is done, and return those that are.

    While it waits, it calls `on_wait` every few seconds.

    Raises
    ------
    ConnectionError
        If the scheduler is gone, or if all workers are gone and none returns.
    """
    last_seen, timeout = time.monotonic(), _worker_timeout(client)
    while True:
        try:
            return wait(futures, timeout=_WORKER_TIMEOUT / 12, return_when="FIRST_COMPLETED").done
        except FuturesCancelledError as error:
            raise ConnectionError(SCHEDULER_GONE) from error
        except TimeoutError:
            on_wait()
            if count_workers(client):
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > timeout:
                raise ConnectionError(
                    f"All workers of {client.scheduler.address} have been gone for "
                    f"{timeout} seconds. The shards that were written are complete. Start "
                    "workers with `dask worker` and make the same call: it continues from there."
                ) from None


@contextmanager
def _client_of(cluster: object) -> Iterator[Client]:
    if isinstance(cluster, Client):
        yield cluster
    elif cluster is None:
        with local_cluster() as started, Client(started) as client:
            yield client
    else:
        try:
            client = Client(cluster, timeout=_WORKER_TIMEOUT / 6)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"No Dask scheduler answers at {cluster} ({error}). Start one with "
                "`dask scheduler`, or leave out `cluster` to use this machine."
            ) from error
        with client:
            yield client


@contextmanager
def local_cluster(workers: int | None = None, cores: int | None = None) -> Iterator[LocalCluster]:
    """Start workers on this machine. No other machine can reach them.

    Parameters
    ----------
    workers : int, optional
        Number of worker processes. Default: one for every four cores.
    cores : int, optional
        Threads of each worker's network. Default: all cores, shared equally.

    Yields
    ------
    distributed.LocalCluster
    """
    total = int(os.environ.get("OMP_NUM_THREADS") or physical_cores())
    workers = workers or max(1, total // _CORES_PER_WORKER)
    with (
        # Dask passes this variable on to the workers that it starts. Dask's own default is 1.
        _environment_variable("OMP_NUM_THREADS", str(cores or max(1, total // workers))),
        dask.config.set(_SETTINGS),
        _started_cluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=MEMORY_LIMIT // workers,
            dashboard_address=None,
            scheduler_kwargs=_SCHEDULER_OPTIONS,
            silence_logs=50,  # our own messages say what the death of a worker means
        ) as cluster,
        _revived(cluster),
    ):
        yield cluster


def _started_cluster(**options: Any) -> LocalCluster:
    """Start a cluster. If it fails, say what the reason usually is: Dask's own error does not."""
    try:
        return LocalCluster(**options)
    except RuntimeError as error:
        raise RuntimeError(
            "The worker processes did not start. What they printed above says why. If this is a "
            "script, they import it: put your call of classify_urls below this line, indented:\n\n"
            '    if __name__ == "__main__":\n'
        ) from error


@contextmanager
def _revived(cluster: LocalCluster) -> Iterator[None]:
    """Replace the nannies of a cluster that have given up, as long as the block runs.

    A nanny starts its worker again when the worker dies, but closes itself when the worker dies
    while it starts. Dask does not replace such a nanny.
    """

    ended = threading.Event()

    async def watch() -> None:
        while not ended.is_set():
            await asyncio.sleep(_REVIVAL_INTERVAL)
            closed = [name for name, nanny in cluster.workers.items() if nanny.status in _GIVEN_UP]
            if closed and cluster.status == Status.running:
                for name in closed:
                    del cluster.workers[name]
                with suppress(Exception):  # the next look tries again
                    await cluster._correct_state()

    cluster.loop.add_callback(watch)  # type: ignore[union-attr]
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _environment_variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
