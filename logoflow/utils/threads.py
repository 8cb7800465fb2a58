"""Set the number of threads: by default, MXNet leaves half of the cores idle."""

import os
import sys
import threading
import warnings
from pathlib import Path

network_lock = threading.RLock()
"""Held while a network runs. MXNet builds and compiles a network at its first use, and two threads
that do so at once break it."""


def physical_cores() -> int:
    """Count the physical cores that this process may use.

    Returns
    -------
    int
        At least 1. The hyper-threads of a core count once. If the kernel does not report them
        (in some containers and on other systems), every processor counts as a core.

    Examples
    --------
    >>> 1 <= physical_cores() <= os.cpu_count()
    True
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    processors = allowed or set(range(os.cpu_count() or 1))
    cores = set()
    for cpu in processors:
        topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(topology.read_text().strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))


def use_all_cores() -> None:
    """Set ``OMP_NUM_THREADS`` to the number of physical cores, unless the user has set it.

    MXNet reads the variable when it is imported. Without it, MXNet uses half of the processors on
    x86, which leaves half of the cores idle on machines without hyper-threads. Setting the
    variable made all networks 1.6 to 2.2 times faster there.

    Warns
    -----
    UserWarning
        If MXNet has been imported already, so that setting the variable has no effect.

    Examples
    --------
    >>> use_all_cores()
    """
    if "OMP_NUM_THREADS" in os.environ:
        return
    cores = physical_cores()
    if "mxnet" in sys.modules and cores > 1:
        warnings.warn(
            "mxnet was imported before logoflow, so it may use only half of the cores. "
            "Import logoflow first, or set OMP_NUM_THREADS before Python starts.",
            stacklevel=3,
        )
        return
    os.environ["OMP_NUM_THREADS"] = str(cores)


def wanted_threads() -> int:
    """Give the number of threads for libraries that do not use OpenMP: as many as MXNet uses.

    Returns
    -------
    int
        ``OMP_NUM_THREADS``, or the number of physical cores if it is not set to a number.

    Examples
    --------
    >>> wanted_threads() >= 1
    True
    """
    omp_threads = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(omp_threads) if omp_threads.isdecimal() and int(omp_threads) else physical_cores()


def one_core_per_fork() -> None:
    """Limit OpenCV to one core in forked processes, such as the workers of a DataLoader.

    MXNet limits its own threads after a fork. OpenCV would start as many threads in each worker
    as there are cores.

    Examples
    --------
    >>> one_core_per_fork()
    """
    os.register_at_fork(after_in_child=_opencv_on_one_core)


def _opencv_on_one_core() -> None:
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(0)
