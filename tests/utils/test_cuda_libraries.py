"""mxnet-cu112 finds its libraries; without them, the message names what to install.

The last tests need mxnet-cu112 and the nvidia wheels. They run in this environment if it has
them, or in the one that LOGOFLOW_GPU_VENV names, and need no GPU.
"""

import os
import sys
from pathlib import Path

import pytest
from cuda_drivers import build_cuda, build_driver, hide_driver, run_python, write_build

from logoflow.utils.cuda_libraries import LIBRARIES
from logoflow.utils.gpus import has_gpu_build

LOAD = "from logoflow.utils.cuda_libraries import load_cuda_libraries; load_cuda_libraries()"
LOAD_WITH_ONLY = """import sys
from logoflow.utils.cuda_libraries import load_cuda_libraries
sys.path[:] = [{!r}]
load_cuda_libraries()
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture(scope="module")
def cuda(tmp_path_factory):
    return build_cuda(tmp_path_factory.mktemp("cuda"))


@pytest.fixture
def no_driver(tmp_path):
    return hide_driver(tmp_path)


@pytest.fixture
def gpu_python() -> str:
    """A Python that has mxnet-cu112 and the nvidia wheels."""
    folder = os.environ.get("LOGOFLOW_GPU_VENV")
    if folder:
        return str(Path(folder) / "bin" / "python")
    if not has_gpu_build():
        pytest.skip("mxnet-cu112 is not installed here, and LOGOFLOW_GPU_VENV is not set")
    return sys.executable


def test_nothing_happens_with_the_cpu_build_of_mxnet(no_driver, tmp_path):
    cpu_build = write_build(tmp_path / "packages", "mxnet")

    loading = run_python(LOAD, no_driver, packages=cpu_build)

    assert (loading.returncode, loading.stderr) == (0, "")


def test_nothing_happens_without_mxnet(no_driver, tmp_path):
    loading = run_python(LOAD_WITH_ONLY.format(str(tmp_path)), no_driver)

    assert (loading.returncode, loading.stderr) == (0, "")


def test_a_missing_driver_is_named(no_driver, tmp_path):
    gpu_build = write_build(tmp_path / "packages", "mxnet_cu112")

    loading = run_python(LOAD, no_driver, packages=gpu_build)

    assert "ImportError: mxnet-cu112 is installed, but the NVIDIA driver" in loading.stderr
    assert "Install the driver" in loading.stderr
    assert "`make setup GPU=0`" in loading.stderr


def test_a_missing_library_is_named_with_its_package(driver, tmp_path):
    if run_python("import ctypes; ctypes.CDLL('libcudart.so.11.0')", driver).returncode == 0:
        pytest.skip("the linker finds the CUDA 11 libraries on this machine")
    gpu_build = write_build(tmp_path / "packages", "mxnet_cu112")

    loading = run_python(LOAD_WITH_ONLY.format(str(gpu_build)), driver)

    assert "ImportError: mxnet-cu112 needs libcudart.so.11.0" in loading.stderr
    assert "pip install 'nvidia-cuda-runtime-cu11'" in loading.stderr
    assert "make setup GPU=1" in loading.stderr


def test_libraries_may_come_from_the_linker(driver, cuda, tmp_path):
    gpu_build = write_build(tmp_path / "packages", "mxnet_cu112")

    loading = run_python(LOAD_WITH_ONLY.format(str(gpu_build)), driver, cuda)

    assert (loading.returncode, loading.stderr) == (0, "")


def test_libraries_of_the_wheels_win_over_those_of_the_linker(driver, cuda, gpu_python):
    code = f"{LOAD}; print(open('/proc/self/maps').read())"

    loading = run_python(code, driver, cuda, python=gpu_python)

    assert loading.returncode == 0, loading.stderr
    assert str(cuda) not in loading.stdout
    for folder, names in LIBRARIES.values():
        for name in names.split():
            assert f"site-packages/nvidia/{folder}/lib/{name}\n" in loading.stdout


@pytest.mark.parametrize(("runs", "fusion"), [("11070", "0"), ("11080", "1"), ("12040", "1")])
def test_mxnet_fuses_operators_only_with_a_recent_driver(runs, fusion, driver, gpu_python):
    code = f"import os; {LOAD}; print(os.environ.get('MXNET_USE_FUSION', '1'))"

    loading = run_python(code, driver, python=gpu_python, STUB_CUDA=runs)

    assert loading.stdout.strip() == fusion, loading.stderr


def test_the_gpu_build_of_mxnet_works_without_a_gpu(driver, gpu_python):
    code = f"""{LOAD}
import mxnet as mx
from mxnet import autograd, gluon, nd

assert mx.runtime.Features().is_enabled("CUDNN")
assert mx.context.num_gpus() == 0
net = gluon.nn.HybridSequential()
net.add(gluon.nn.Conv2D(4, 3), gluon.nn.BatchNorm(), gluon.nn.Flatten(), gluon.nn.Dense(1))
net.initialize()
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {{"learning_rate": 0.01}})
photos, losses = nd.random.uniform(shape=(8, 3, 6, 6)), []
for _ in range(20):
    with autograd.record():
        loss = (net(photos) - 1) ** 2
    loss.backward()
    trainer.step(8)
    losses.append(loss.mean().asscalar())
assert losses[-1] < losses[0] / 2, losses
"""

    training = run_python(code, driver, python=gpu_python)

    assert training.returncode == 0, training.stderr
