"""Optional packages, which extras such as ``pip install "logoflow[bulk]"`` install."""

from importlib.util import find_spec

# The import names of the packages that each extra of pyproject.toml installs.
EXTRAS = {
    "artwork": ("resvg_py", "simplepycons"),
    "bulk": ("cloudpickle", "dask", "distributed", "pyarrow"),
    "export": ("onnx",),
    "notebooks": ("ipykernel", "nbclient", "nbconvert", "nbformat", "papermill"),
    "read": ("onnxruntime", "rapidfuzz", "rapidocr"),
    "sample": ("resvg_py", "simplepycons", "skimage"),
    "serve": ("onnx", "onnxruntime", "python_multipart", "starlette", "uvicorn"),
    "tensorboard": ("tensorboardX",),
}


def require_extra(extra: str) -> None:
    """Raise an error unless the packages of an extra are installed.

    Parameters
    ----------
    extra : str
        ``"artwork"``, ``"bulk"``, ``"export"``, ``"notebooks"``, ``"read"``, ``"sample"``,
        ``"serve"`` or ``"tensorboard"``.

    Raises
    ------
    ModuleNotFoundError
        If a package is missing. The message gives the command that installs it.

    Examples
    --------
    >>> require_extra("bulk")
    """
    missing = [package for package in EXTRAS[extra] if find_spec(package) is None]
    if missing:
        raise ModuleNotFoundError(
            f"This part of logoflow needs packages that are not installed: {', '.join(missing)}. "
            f"Install them with `pip install 'logoflow[{extra}]'`.",
            name=missing[0],
        )
