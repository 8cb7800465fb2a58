"""Measure what a learner needs on one server for a class: memory, processor time, waiting time.

    python benchmarks/classroom.py --learners 1 --threads 1

Every learner runs the notebooks one after another, in a kernel of their own, as JupyterLab does.
Memory is what all processes of one learner hold at most; pages that several processes share count
once. JupyterLab itself is measured too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS_BETWEEN_LOOKS = 0.5
NB_CONVERT = ["-m", "nbconvert", "--to", "notebook", "--execute", "--log-level=WARN"]
NB_CONVERT += ["--KernelManager.transport_encryption=auto"]  # else each kernel warns


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    paths = [next(NOTEBOOKS.glob(f"{number}_*.ipynb")) for number in options.notebooks]
    environment = {"OMP_NUM_THREADS": str(options.threads), "LOGOFLOW_PROGRESS": "0"}
    with ThreadPoolExecutor(options.learners) as pool:
        learners = list(pool.map(lambda _: run_all(paths, environment), range(options.learners)))
    print(f"{options.learners} learners at once, {options.threads} threads each; the slowest:")
    print(pd.concat(learners).groupby(level=0).max().round(1).to_string())
    print(f"JupyterLab without notebooks: {memory_of_jupyterlab():.0f} MB")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", nargs="+", default=["00", "01", "02", "03", "04"])
    parser.add_argument("--learners", type=int, default=1, help="how many run them at once")
    parser.add_argument("--threads", type=int, default=1, help="of MXNet, for each learner")
    return parser


def run_all(paths: Sequence[Path], environment: Mapping[str, str]) -> pd.DataFrame:
    """Run notebooks one after another, and return a row for each."""
    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, **environment, "LOGOFLOW_RUNS": folder}
        rows = {
            path.stem: watch([sys.executable, *NB_CONVERT, f"--output-dir={folder}", path], own)
            for path in paths
        }
    return pd.DataFrame(rows).T


def watch(command: Sequence[str | Path], environment: Mapping[str, str]) -> dict[str, float]:
    """Run a command, and return its time, its processor time and its largest memory."""
    start, memory = time.monotonic(), 0.0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        memory = max(memory, memory_of(process.pid))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if status:
        raise subprocess.CalledProcessError(status, [*map(str, command)])
    seconds = time.monotonic() - start
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "processor seconds": cpu, "memory in MB": memory}


def memory_of(pid: int) -> float:
    """Return the megabytes that a process and its children hold."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.NoSuchProcess:  # it ended between two looks
        pass
    return total / 1e6


def memory_of_jupyterlab() -> float:
    """Start JupyterLab without a browser, and return the megabytes that it holds."""
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        for line in server.stderr:
            if "is running at" in line:
                break
        time.sleep(2)
        memory = memory_of(server.pid)
        server.terminate()
    return memory


if __name__ == "__main__":
    main()
