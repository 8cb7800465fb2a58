"""Find the GPUs of this machine, and the GPUs that mxnet-cu112 can use."""

import ctypes
import functools
import os
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

# mxnet-cu112 contains machine code for these compute capabilities, and no PTX. Machine code runs on
# GPUs with the same major version and the same or a higher minor version.
COMPILED_FOR = ((5, 0), (6, 0), (7, 0), (8, 0), (8, 6))


def has_gpu_build() -> bool:
    """Tell whether the installed MXNet is mxnet-cu112, without importing it."""
    # importlib.util.find_spec would call the import hook that calls this function.
    spec = PathFinder.find_spec("mxnet")
    if spec is None or spec.origin is None:
        return False
    site_packages = Path(spec.origin).parents[1]
    return any(name.startswith("mxnet_cu112-") for name in os.listdir(site_packages))


class Gpu(NamedTuple):
    """A GPU as the driver describes it.

    Parameters
    ----------
    name : str
        Product name, such as ``"Tesla T4"``.
    capability : (int, int)
        Compute capability, major and minor version.
    """

    name: str
    capability: tuple[int, int]


def usable_gpus() -> list[int]:
    """List the GPUs that mxnet-cu112 has machine code for.

    Returns
    -------
    list of int
        GPU numbers as in ``mx.gpu(number)``. Empty if there is no NVIDIA driver.

    Examples
    --------
    >>> usable_gpus()  # GPU 0 is an RTX 4090, GPU 1 an H100  # doctest: +SKIP
    [0]
    """
    return [number for number, gpu in enumerate(_read_gpus()) if _is_supported(gpu)]


def gpu_advice() -> str | None:
    """Explain why MXNet cannot use a GPU of this machine.

    Returns
    -------
    str or None
        None if there is no GPU, if mxnet-cu112 can use every GPU, or if the CPU build of MXNet is
        installed and mxnet-cu112 could not use any GPU either.

    Examples
    --------
    >>> print(gpu_advice())  # doctest: +SKIP
    This machine has a GPU (Tesla T4), but logoflow is set up for the CPU. ...
    """
    gpus, usable = _read_gpus(), usable_gpus()
    if not has_gpu_build():
        if not usable:
            return None
        return (
            f"This machine has a GPU ({gpus[usable[0]].name}), but logoflow is set up for the "
            "CPU. To use the GPU, run `make setup GPU=1`."
        )
    refused = [_describe(n, gpu) for n, gpu in enumerate(gpus) if n not in usable]
    if not refused:
        return None
    return (
        f"MXNet cannot use {', '.join(refused)}: mxnet-cu112 has code for compute capability "
        f"5.0 to 8.9. logoflow uses {f'GPU {usable[0]}' if usable else 'the CPU'} instead."
    )


@functools.cache
def _read_gpus() -> tuple[Gpu, ...]:
    """Ask the driver, because nvidia-smi may be missing and ignores CUDA_VISIBLE_DEVICES."""
    count = ctypes.c_int()
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return ()
    return tuple(_read_gpu(driver, number) for number in range(count.value))


def _read_gpu(driver: ctypes.CDLL, number: int) -> Gpu:
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    driver.cuDeviceGet(ctypes.byref(device), number)
    driver.cuDeviceGetName(name, len(name), device)
    major, minor = ctypes.c_int(), ctypes.c_int()
    for attribute, value in ((75, major), (76, minor)):  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
    return Gpu(name.value.decode(errors="replace"), (major.value, minor.value))


def _is_supported(gpu: Gpu) -> bool:
    major, minor = gpu.capability
    return any(
        major == compiled_major and minor >= compiled_minor
        for compiled_major, compiled_minor in COMPILED_FOR
    )


def _describe(number: int, gpu: Gpu) -> str:
    major, minor = gpu.capability
    return f"GPU {number} ({gpu.name}, compute capability {major}.{minor})"
