"""Each test starts its own Python, because changes to NumPy would outlive the test."""

import ast
import multiprocessing
import os
import subprocess
import sys

import pytest

from logoflow.utils.mxnet_compat import DROPPED, FINANCIAL, RENAMED


def run(program: str, **environment: str) -> str:
    """Run a program in a new interpreter and return what it prints, errors included."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_numpy_gets_the_missing_names_and_no_others():
    program = (
        "import numpy, logoflow\n"
        "before = dict(vars(numpy))\n"
        "import mxnet\n"
        "modules = {name for name, value in vars(numpy).items() if hasattr(value, '__path__')}\n"
        "import sys\n"
        "modules |= {name for name in vars(numpy) if 'numpy.' + name in sys.modules}\n"
        "new = set(vars(numpy)) - set(before) - modules\n"
        "print(sorted(new))\n"
        "print([n for n in before if before[n] is not vars(numpy)[n]])\n"
    )
    names, changed = run(program).splitlines()
    assert set(ast.literal_eval(names)) <= {*RENAMED, *DROPPED, *FINANCIAL}
    assert changed == "[]", "existing names of NumPy have changed"


def test_importing_logoflow_alone_imports_no_numpy():
    program = "import sys, logoflow; print('numpy' in sys.modules, 'mxnet' in sys.modules)"
    assert run(program) == "False False\n"


def test_mxnet_computes_with_the_restored_names():
    program = (
        "import logoflow, mxnet as mx\n"
        "mx.npx.set_np()\n"
        "print(mx.np.array([1.0, 2.0]) > 1.5, mx.np.NINF, mx.np.sum(mx.np.ones(3)))\n"
        "import numpy\n"
        "print(numpy.msort([[2, 1], [1, 2]]).tolist())\n"
        "numpy.pmt(0.1, 1, 1)\n"
    )
    output = run(program)
    assert output.splitlines()[0] == "[False  True] -inf 3.0"
    assert output.splitlines()[1] == "[[1, 1], [2, 2]]"


@pytest.mark.slow
def test_mxnet_looks_up_every_restored_name():
    """While it is imported, MXNet looks up every name that NumPy lacks."""
    program = (
        "import numpy, sys, logoflow.utils.mxnet_compat as compat\n"
        "names = {*compat.RENAMED, *compat.DROPPED, *compat.FINANCIAL}\n"
        "lacked = {name for name in names if not compat._has(numpy, name)}\n"
        "asked, own = set(), numpy.__getattr__\n"
        "def answer(name):\n"
        "    if name in lacked and 'mxnet' in sys._getframe(1).f_globals['__name__']:\n"
        "        asked.add(name)\n"
        "        return float if name == 'bool' else 0.0\n"
        "    return own(name)\n"
        "numpy.__getattr__ = answer\n"
        "compat.restore_numpy_names = None\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != '_BeforeMXNet']\n"
        "import mxnet\n"
        "print(sorted(lacked - asked))\n"
    )
    assert run(program).splitlines()[-1] == "[]"


def test_the_switch_leaves_numpy_alone():
    program = (
        "import numpy, logoflow\n"
        "from logoflow.utils.mxnet_compat import DROPPED, RENAMED, _has\n"
        "lacked = [name for name in (*RENAMED, *DROPPED) if not _has(numpy, name)]\n"
        "try:\n"
        "    import mxnet\n"
        "except AttributeError:\n"
        "    pass\n"
        "print(len(lacked) > 0, [name for name in lacked if _has(numpy, name)])\n"
    )
    assert run(program, LOGOFLOW_MXNET_COMPAT="0") == "True []\n"


def test_onnx_gets_its_mapping_back():
    onnx = pytest.importorskip("onnx")
    assert onnx
    program = (
        "import numpy as np\n"
        "from logoflow.utils.mxnet_compat import restore_onnx_mapping\n"
        "restore_onnx_mapping()\n"
        "from onnx import TensorProto, mapping\n"
        "assert mapping.NP_TYPE_TO_TENSOR_TYPE[np.dtype('float32')] == TensorProto.FLOAT\n"
        "assert mapping.TENSOR_TYPE_TO_NP_TYPE[TensorProto.INT64] == np.dtype('int64')\n"
        "assert mapping.NP_TYPE_TO_TENSOR_TYPE[np.dtype('bool')] == TensorProto.BOOL\n"
        "print('right')\n"
    )
    assert run(program) == "right\n"


@pytest.mark.slow
@pytest.mark.parametrize("chosen", ["fork", "spawn"])
def test_worker_processes_start_by_fork_unless_the_program_chooses_otherwise(chosen):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this platform cannot fork")
    first = "" if chosen == "fork" else "multiprocessing.set_start_method('spawn'); "
    program = f"import multiprocessing; {first}import logoflow, mxnet; "
    program += "print(multiprocessing.get_start_method())"
    assert run(program) == f"{chosen}\n"


@pytest.mark.slow
def test_mxnet_is_imported_without_packages_that_it_does_not_need_and_they_work_afterwards():
    program = (
        "import sys, logoflow, mxnet\n"
        "print('sklearn' in sys.modules, 'scipy.stats' in sys.modules)\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "print(LogisticRegression().fit([[0], [1]], [0, 1]).predict([[1]]))\n"
        "from scipy import stats\n"
        "print(stats.norm.cdf(0))\n"
    )
    assert run(program).splitlines() == ["False False", "[1]", "0.5"]


@pytest.mark.slow
def test_scikit_learn_that_the_program_has_imported_stays():
    program = (
        "import sklearn, logoflow, mxnet.model\n"
        "print(mxnet.model.BASE_ESTIMATOR is sklearn.base.BaseEstimator)\n"
    )
    assert run(program) == "True\n"
