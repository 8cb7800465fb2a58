import importlib
import inspect
import subprocess
import sys

import logoflow as lf


def test_every_public_name_is_in_the_module_that_the_list_names():
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


def public_functions():
    """Yield the name and value of every public function and every public method."""
    for name in lf.__all__:
        value = getattr(lf, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and value.__module__.startswith("logoflow"):
            for key, member in vars(value).items():
                function = getattr(member, "__func__", member)  # of a classmethod
                if inspect.isfunction(function) and not key.startswith("_"):
                    yield f"{name}.{key}", function


def test_public_functions_have_annotations():
    """py.typed promises annotations, and mypy ignores functions without any."""
    bare = []
    for name, function in public_functions():
        signature = inspect.signature(function)
        annotations = {
            key: parameter.annotation
            for key, parameter in signature.parameters.items()
            if key not in ("self", "cls")
        }
        annotations["return"] = signature.return_annotation
        bare += [f"{name}: {key}" for key, a in annotations.items() if a is inspect.Signature.empty]
    assert bare == []
