"""Packages that only a part of logoflow needs: ``pip install "logoflow[bulk]"`` and the like."""

from importlib.util import find_spec

# Import names, by the extra of pyproject.toml that installs them.
EXTRAS = {
    "bulk": ("cloudpickle", "dask", "distributed", "pyarrow"),
    "export": ("onnx",),
    "notebooks": ("ipykernel", "nbclient", "nbconvert", "nbformat", "papermill"),
    "read": ("onnxruntime", "rapidfuzz", "rapidocr"),
    "sample": ("resvg_py", "simplepycons", "skimage"),
}


def require_extra(extra: str) -> None:
    """Raise an error that names what to install, unless an extra's packages are there.

    Parameters
    ----------
    extra : str
        ``"bulk"``, ``"export"``, ``"notebooks"``, ``"read"`` or ``"sample"``.

    Raises
    ------
    ModuleNotFoundError
        If a package of the extra is not installed.

    Examples
    --------
    >>> require_extra("bulk")
    """
    missing = [package for package in EXTRAS[extra] if find_spec(package) is None]
    if missing:
        raise ModuleNotFoundError(
            f"This part of logoflow needs {', '.join(missing)}, which is not installed. Install "
            f"it with `pip install 'logoflow[{extra}]'`.",
            name=missing[0],
        )
