import ast
import inspect
import pickle
from pathlib import Path

import pytest

import logoflow as lf
from logoflow import errors

PACKAGE = Path(errors.__file__).parent
BUILT_IN_BASES = {
    "AddressError": ValueError,
    "ArtworkError": ValueError,
    "ClassListError": ValueError,
    "ClassifierError": ValueError,
    "DamagedFileError": ValueError,
    "ImageError": ValueError,
    "NotPreparedError": FileNotFoundError,
    "NotebookError": RuntimeError,
    "ResumeError": ValueError,
    "TooManyPixels": ValueError,
    "WorkerError": RuntimeError,
}


def exception_classes():
    return [value for _, value in inspect.getmembers(errors, inspect.isclass)]


def is_exception(node):
    """Return whether the bases of a class statement look like exceptions."""
    bases = [ast.unparse(base) for base in node.bases]
    return any(base.endswith(("Error", "Exception", "TooManyPixels")) for base in bases)


def test_every_exception_derives_from_logoflow_error():
    assert len(exception_classes()) == 17
    assert all(issubclass(error, errors.LogoflowError) for error in exception_classes())


@pytest.mark.parametrize(("name", "base"), BUILT_IN_BASES.items())
def test_callers_can_catch_the_built_in_exception_too(name, base):
    assert issubclass(getattr(errors, name), base)


def test_exceptions_are_defined_in_one_module_only():
    elsewhere = [
        f"{path.name}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if path.name != "errors.py" and isinstance(node, ast.ClassDef) and is_exception(node)
    ]
    assert elsewhere == []


def test_one_except_clause_catches_them_all(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(lf.LogoflowError, match="broken.jpg"):
        lf.read_image(tmp_path / "broken.jpg")
    with pytest.raises(lf.LogoflowError, match="local pictures"):
        lf.fetch_image("broken.jpg")


def test_exceptions_survive_pickling():
    for error in (errors.ClassListError("two lists"), errors.ImageError("broken")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))


def test_a_fetch_error_survives_pickling_and_hides_passwords():
    error = errors.FetchError("refused", "http://ann:secret@example.com/a@b", "credentials")
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.url, str(again)) == (error.kind, error.url, str(error))
    assert (again.transient, again.retry_after) == (False, None)
    assert "secret" not in str(error)
    assert str(error) == "http://***@example.com/a@b: credentials [refused]"
