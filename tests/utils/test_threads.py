import os
import subprocess
import sys
from pathlib import Path

import pytest

from logoflow.utils import mxnet_compat
from logoflow.utils.threads import physical_cores, wanted_threads


def run(code, **environment):
    env = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


def test_all_physical_cores_are_used_before_mxnet_is_imported():
    out, err = run("import logoflow, os; print(os.environ['OMP_NUM_THREADS'])")
    assert out == str(physical_cores())
    assert err == ""


def test_the_users_own_setting_is_respected():
    out, _ = run("import logoflow, os; print(os.environ['OMP_NUM_THREADS'])", OMP_NUM_THREADS="7")
    assert out == "7"


@pytest.mark.parametrize(
    ("set_to", "wanted"), [("3", 3), ("4,2", 4), ("", None), ("0", None), ("many", None)]
)
def test_other_libraries_use_as_many_threads_as_mxnet(set_to, wanted, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", set_to)
    assert wanted_threads() == (wanted or physical_cores())


@pytest.mark.slow
def test_importing_mxnet_first_gives_one_warning():
    # NumPy 2 lacks the names that MXNet needs until logoflow is imported: restore them first.
    compat = Path(mxnet_compat.__file__)
    code = f"import os, runpy; runpy.run_path({str(compat)!r})['restore_numpy_names'](); "
    code += "import mxnet, logoflow; print('OMP_NUM_THREADS' in os.environ)"
    out, err = run(code)
    if physical_cores() > 1:
        assert out == "False"
        assert err.count("UserWarning: mxnet was imported before logoflow") == 1


def test_loader_workers_use_one_core_each():
    code = """
import logoflow, cv2, multiprocessing
from mxnet import gluon
class Threads(gluon.data.Dataset):
    def __len__(self): return 4
    def __getitem__(self, number): return cv2.getNumThreads()
loader = gluon.data.DataLoader(Threads(), 1, num_workers=2)
print(cv2.getNumThreads(), [int(batch[0].asscalar()) for batch in loader])
"""
    out, _ = run(code)
    before, workers = out.split(" ", 1)
    assert int(before) >= physical_cores()
    assert workers == "[1, 1, 1, 1]"
