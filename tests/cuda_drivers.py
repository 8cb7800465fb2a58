"""Stand-ins for the NVIDIA driver and CUDA libraries, and Pythons that find them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from logoflow.utils.cuda_libraries import LIBRARIES

REPO = Path(__file__).resolve().parent.parent

# STUB_CARDS="8.6 9.0" are the compute capabilities of its cards; without it there is no card.
# libmxnet.so needs the functions at the end to be there, and calls none of them here.
SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DONE = 0, NO_DEVICE = 100, MAJOR = 75 };

static int read_cards(int wanted, int *major, int *minor) {
    const char *cards = getenv("STUB_CARDS");
    int count = 0, length;
    while (cards && sscanf(cards, "%d.%d%n", major, minor, &length) == 2) {
        if (count++ == wanted) break;
        cards += length;
    }
    return count;
}

int cuInit(unsigned flags) { int a, b; return read_cards(0, &a, &b) ? DONE : NO_DEVICE; }
int cuDriverGetVersion(int *version) {
    const char *set = getenv("STUB_CUDA");
    *version = set ? atoi(set) : 12040;
    return DONE;
}
int cuDeviceGetCount(int *count) { int a, b; *count = read_cards(-1, &a, &b); return DONE; }
int cuDeviceGet(int *device, int number) { *device = number; return DONE; }
int cuDeviceGetName(char *name, int size, int device) {
    snprintf(name, size, "Card %d", device);
    return DONE;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    int major, minor;
    read_cards(device, &major, &minor);
    *value = attribute == MAJOR ? major : minor;
    return DONE;
}

#define UNUSED(function) int function(void) { return NO_DEVICE; }
UNUSED(cuDevicePrimaryCtxRetain) UNUSED(cuGetErrorString) UNUSED(cuGraphKernelNodeGetParams)
UNUSED(cuGraphNodeGetType) UNUSED(cuLaunchKernel) UNUSED(cuModuleGetFunction)
UNUSED(cuModuleLoadData) UNUSED(cuModuleLoadDataEx) UNUSED(cuModuleUnload)
"""


def build_library(file: Path, source: str) -> None:
    """Compile C into a shared library; skip the test where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler (cc or gcc) to build a stand-in for a library")
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-o", str(file), "-"]
    subprocess.run(command, input=source, text=True, check=True)


def build_driver(folder: Path) -> Path:
    """Put a libcuda.so.1 into a folder."""
    build_library(folder / "libcuda.so.1", SOURCE)
    return folder


def build_cuda(folder: Path) -> Path:
    """Put libraries named as those of CUDA 11.2 into a folder, as conda does."""
    for _, names in LIBRARIES.values():
        for name in names.split():
            build_library(folder / name, "int nvrtcVersion(int *a, int *b) { *a = 11; *b = 2; }")
    return folder


def hide_driver(folder: Path) -> Path:
    """Make a folder in which the linker finds a broken libcuda.so.1, and so no driver."""
    (folder / "libcuda.so.1").touch()
    return folder


def write_build(folder: Path, distribution: str) -> Path:
    """Lay out site-packages as pip does for a build of MXNet; its library is not needed."""
    (folder / "mxnet").mkdir(parents=True)
    (folder / "mxnet" / "__init__.py").touch()
    (folder / f"{distribution}-1.9.1.dist-info").mkdir()
    return folder


def run_python(
    code: str,
    *libraries: Path,
    packages: Path | None = None,
    python: str = sys.executable,
    **settings: str,
) -> subprocess.CompletedProcess:
    """Run code in a Python that finds these libraries and, first of all, these packages."""
    path = [str(folder) for folder in (packages, REPO) if folder is not None]
    environment = os.environ | {
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
        "PYTHONPATH": os.pathsep.join(path),
        **settings,
    }
    return subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True)
