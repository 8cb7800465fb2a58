"""Load the CUDA libraries that mxnet-cu112 needs from NVIDIA's wheels on PyPI."""

import ctypes
import os
import sys
from pathlib import Path

from logoflow.utils.gpus import has_gpu_build

# For each package on PyPI, its folder in site-packages/nvidia and its libraries. The order matters:
# a library comes after the libraries that it needs. The parts of cuDNN are listed because
# libcudnn.so.8 opens them by name and would find another version on LD_LIBRARY_PATH first.
LIBRARIES = {
    "nvidia-cuda-runtime-cu11": ("cuda_runtime", "libcudart.so.11.0"),
    "nvidia-cuda-nvrtc-cu11": ("cuda_nvrtc", "libnvrtc.so.11.2"),
    "nvidia-cublas-cu11": ("cublas", "libcublasLt.so.11 libcublas.so.11"),
    "nvidia-cudnn-cu11<9": (
        "cudnn",
        "libcudnn_ops_infer.so.8 libcudnn_ops_train.so.8 libcudnn_cnn_infer.so.8 "
        "libcudnn_cnn_train.so.8 libcudnn_adv_infer.so.8 libcudnn_adv_train.so.8 libcudnn.so.8",
    ),
    "nvidia-cufft-cu11": ("cufft", "libcufft.so.10"),
    "nvidia-cusolver-cu11": ("cusolver", "libcusolver.so.11"),
    "nvidia-curand-cu11": ("curand", "libcurand.so.10"),
    "nvidia-nvtx-cu11": ("nvtx", "libnvToolsExt.so.1"),
    "nvidia-nccl-cu11": ("nccl", "libnccl.so.2"),
}


def load_cuda_libraries() -> None:
    """Load the CUDA libraries that mxnet-cu112 needs. Call this before ``import mxnet``.

    The libraries come from the ``nvidia-*-cu11`` wheels, or from wherever the linker finds them
    (conda). With another build of MXNet, the function does nothing.

    Raises
    ------
    ImportError
        If the NVIDIA driver or a library is missing. The message tells what to install.

    Examples
    --------
    >>> load_cuda_libraries()  # doctest: +SKIP
    """
    if not has_gpu_build():
        return
    driver = _load_driver()
    for package, (folder, names) in LIBRARIES.items():
        for name in names.split():
            _load(package, folder, name)
    _adapt_settings(driver)


def _load_driver() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise ImportError(
            "mxnet-cu112 is installed, but the NVIDIA driver that it needs is not "
            f"({error}). Install the driver, or set up logoflow for the CPU: run "
            '`make setup GPU=0`, or `pip uninstall mxnet-cu112` and `pip install "logoflow[cpu]"`.'
        ) from error


def _load(package: str, folder: str, name: str) -> None:
    """Load a library from its wheel, or from wherever the linker finds it."""
    try:
        ctypes.CDLL(_find_in_wheel(folder, name) or name)
    except OSError as error:
        raise ImportError(
            f"mxnet-cu112 needs {name}, which cannot be loaded ({error}). Install it with "
            f"`pip install '{package}'`, or all CUDA libraries with `make setup GPU=1`."
        ) from error


def _find_in_wheel(folder: str, name: str) -> str | None:
    files = (Path(entry, "nvidia", folder, "lib", name) for entry in sys.path)
    return next((str(file) for file in files if file.is_file()), None)


def _adapt_settings(driver: ctypes.CDLL) -> None:
    """Set environment variables that MXNet reads, unless the user has set them."""
    # MXNet was compiled with an older cuDNN 8 and warns about all others, although they work.
    os.environ.setdefault("MXNET_CUDNN_LIB_CHECKING", "0")
    # MXNet fuses operators by compiling them to PTX at run time. A driver that is older than the
    # compiler refuses this PTX.
    supported, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(supported))
    compiler = ctypes.CDLL("libnvrtc.so.11.2")
    compiler.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    if supported.value < 1000 * major.value + 10 * minor.value:
        os.environ.setdefault("MXNET_USE_FUSION", "0")
