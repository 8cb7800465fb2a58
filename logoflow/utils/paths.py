"""The folders of logoflow's files. They do not depend on the current directory."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def cache_home() -> Path:
    """Give the folder for files that can be downloaded again, such as weights and images.

    Returns
    -------
    Path
        ``$LOGOFLOW_HOME`` if it is set, else ``$XDG_CACHE_HOME/logoflow``, else
        ``~/.cache/logoflow``. The folder may not exist yet.

    Examples
    --------
    >>> os.environ["LOGOFLOW_HOME"] = "/cache/logoflow"
    >>> cache_home().as_posix()
    '/cache/logoflow'
    >>> del os.environ["LOGOFLOW_HOME"]
    """
    if os.environ.get("LOGOFLOW_HOME"):
        return Path(os.environ["LOGOFLOW_HOME"]).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "logoflow"


def checkout() -> Path | None:
    """Find the root of the git checkout that this package runs from.

    Returns
    -------
    Path or None
        None if the package is installed from a wheel.

    Examples
    --------
    >>> root = checkout()
    >>> root is None or (root / "notebooks").is_dir()
    True
    """
    root = _PACKAGE.parent
    return root if (root / "Makefile").is_file() and (root / "notebooks").is_dir() else None


def notebooks_home() -> Path:
    """Give the folder of the numbered notebooks: the checkout's, or the one inside the package.

    Returns
    -------
    Path

    Examples
    --------
    >>> (notebooks_home() / "01_prepare_data.ipynb").is_file()
    True
    """
    root = checkout()
    return root / "notebooks" if root else _PACKAGE / "notebooks"


def data_home() -> Path:
    """Give the folder for data sets.

    Returns
    -------
    Path
        ``$LOGOFLOW_DATA`` if it is set, else ``data/`` in the checkout, else ``data/`` in
        `cache_home`.

    Examples
    --------
    >>> os.environ["LOGOFLOW_DATA"] = "/large-disk/data"
    >>> data_home().as_posix()
    '/large-disk/data'
    >>> del os.environ["LOGOFLOW_DATA"]
    """
    if os.environ.get("LOGOFLOW_DATA"):
        return Path(os.environ["LOGOFLOW_DATA"]).expanduser().resolve()
    root = checkout()
    return (root or cache_home()) / "data"


def runs_home() -> Path:
    """Give the folder for executed notebooks and trained models.

    Returns
    -------
    Path
        ``$LOGOFLOW_RUNS`` if it is set, else ``runs/`` in the checkout, else ``runs/`` in
        `cache_home`.

    Examples
    --------
    >>> os.environ["LOGOFLOW_RUNS"] = "/large-disk/runs"
    >>> runs_home().as_posix()
    '/large-disk/runs'
    >>> del os.environ["LOGOFLOW_RUNS"]
    """
    if os.environ.get("LOGOFLOW_RUNS"):
        return Path(os.environ["LOGOFLOW_RUNS"]).expanduser().resolve()
    root = checkout()
    return (root or cache_home()) / "runs"
