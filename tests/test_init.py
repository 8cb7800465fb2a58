import importlib
import subprocess
import sys

import logoflow as lf


def test_every_public_name_is_where_the_list_says():
    for name in lf.__all__:
        assert getattr(lf, name) is getattr(importlib.import_module(lf._HOME_OF[name]), name)


def test_importing_logoflow_does_not_import_mxnet():
    code = "import sys, logoflow; print('mxnet' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "False"
    )


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(lf, "prepare_datesets")
