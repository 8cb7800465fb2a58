"""Which GPUs MXNet can use. A stub replaces the driver, so the tests need no GPU."""

import pytest
from cuda_drivers import build_driver, hide_driver, run_python, write_build

from logoflow.utils.gpus import has_gpu_build

ASK = "from logoflow.utils.gpus import gpu_advice, usable_gpus; print(usable_gpus(), gpu_advice())"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def cpu_build(tmp_path):
    return write_build(tmp_path / "packages", "mxnet")


@pytest.fixture
def gpu_build(tmp_path):
    return write_build(tmp_path / "packages", "mxnet_cu112")


@pytest.mark.parametrize("capability", ["5.0", "5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9"])
def test_gpus_from_maxwell_to_ada_are_usable(capability, driver, gpu_build):
    assert run_python(ASK, driver, packages=gpu_build, STUB_CARDS=capability).stdout == "[0] None\n"


@pytest.mark.parametrize("capability", ["3.7", "9.0", "10.0", "12.0"])
def test_an_unsupported_gpu_is_named(capability, driver, gpu_build):
    output = run_python(ASK, driver, packages=gpu_build, STUB_CARDS=capability).stdout

    assert output == (
        f"[] MXNet cannot use GPU 0 (Card 0, compute capability {capability}): mxnet-cu112 has "
        "code for compute capability 5.0 to 8.9. logoflow uses the CPU instead.\n"
    )


def test_a_supported_gpu_is_used_beside_an_unsupported_one(driver, gpu_build):
    output = run_python(ASK, driver, packages=gpu_build, STUB_CARDS="9.0 8.9").stdout

    assert output.startswith("[1] MXNet cannot use GPU 0 (Card 0, compute capability 9.0)")
    assert output.endswith("logoflow uses GPU 1 instead.\n")


def test_the_cpu_set_up_on_a_machine_with_a_gpu_names_the_command(driver, cpu_build):
    output = run_python(ASK, driver, packages=cpu_build, STUB_CARDS="7.5").stdout

    assert "has a GPU (Card 0), but logoflow is set up for the CPU" in output
    assert output.endswith("run `make setup GPU=1`.\n")


def test_the_cpu_set_up_does_not_mention_an_unsupported_gpu(driver, cpu_build):
    assert run_python(ASK, driver, packages=cpu_build, STUB_CARDS="9.0").stdout == "[] None\n"


def test_a_driver_without_a_gpu_gives_no_advice(driver, cpu_build):
    assert run_python(ASK, driver, packages=cpu_build).stdout == "[] None\n"


def test_without_a_driver_there_is_no_advice_and_no_delay(tmp_path, cpu_build):
    code = """import time
from logoflow.utils.gpus import gpu_advice
start = time.perf_counter()
assert gpu_advice() is None
print(1000 * (time.perf_counter() - start))
"""

    milliseconds = float(run_python(code, hide_driver(tmp_path), packages=cpu_build).stdout)

    assert milliseconds < 5


@pytest.mark.skipif(has_gpu_build(), reason="needs the CPU build of MXNet")
def test_default_ctx_warns_once_and_uses_the_cpu(driver):
    code = """import warnings
import logoflow, mxnet as mx
from logoflow.utils.devices import default_ctx
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert default_ctx(0) == [mx.cpu()] and not caught
    assert default_ctx() == default_ctx() == [mx.cpu()]
print(*[warning.message for warning in caught], sep="\\n")
"""

    asking = run_python(code, driver, STUB_CARDS="8.6")

    assert asking.stdout.count("make setup GPU=1") == 1, asking.stderr
