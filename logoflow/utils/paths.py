"""The folders of logoflow's files. They do not depend on the current directory."""

import os
from pathlib import Path

from logoflow.utils.addresses import local_path

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
        return local_path(os.environ["LOGOFLOW_HOME"]).resolve()
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
        ``$LOGOFLOW_DATA`` if it is set, else ``data/`` in the checkout if it can be written, else
        ``data/`` in `cache_home`.

    Examples
    --------
    >>> os.environ["LOGOFLOW_DATA"] = "/large-disk/data"
    >>> data_home().as_posix()
    '/large-disk/data'
    >>> del os.environ["LOGOFLOW_DATA"]
    """
    if os.environ.get("LOGOFLOW_DATA"):
        return local_path(os.environ["LOGOFLOW_DATA"]).resolve()
    return _in_checkout("data") or cache_home() / "data"


def runs_home() -> Path:
    """Give the folder for executed notebooks and trained models.

    Returns
    -------
    Path
        ``$LOGOFLOW_RUNS`` if it is set, else ``runs/`` in the checkout if it can be written, else
        ``runs/`` in `cache_home`.

    Examples
    --------
    >>> os.environ["LOGOFLOW_RUNS"] = "/large-disk/runs"
    >>> runs_home().as_posix()
    '/large-disk/runs'
    >>> del os.environ["LOGOFLOW_RUNS"]
    """
    if os.environ.get("LOGOFLOW_RUNS"):
        return local_path(os.environ["LOGOFLOW_RUNS"]).resolve()
    return _in_checkout("runs") or cache_home() / "runs"


def _in_checkout(name: str) -> Path | None:
    """Give a folder in the checkout; None without a checkout, or if the folder is read-only."""
    root = checkout()
    if root is None:
        return None
    folder = root / name
    return folder if os.access(folder if folder.exists() else root, os.W_OK) else None


def make_folder(folder: Path | str) -> Path:
    """Create a folder with its parents, if it does not exist.

    Parameters
    ----------
    folder : Path or str

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    OSError
        If that is not possible. For one of logoflow's own folders, the message names the variable
        that chooses another one.

    Examples
    --------
    >>> make_folder("models/mine").is_dir()
    True
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explained(error, folder) from error
    return folder


def explained(error: OSError, path: Path) -> OSError:
    """Add to an error which variable chooses another folder, if the folder is logoflow's own.

    Parameters
    ----------
    error : OSError
        What the operating system said.
    path : Path
        What could not be written.

    Returns
    -------
    OSError
        An error of the same type.

    Examples
    --------
    >>> print(explained(OSError(30, "Read-only file system"), cache_home() / "weights"))
    [Errno 30] Read-only file system; set LOGOFLOW_HOME to a folder that can be written: '...'
    """
    homes = {
        "LOGOFLOW_DATA": data_home(),
        "LOGOFLOW_RUNS": runs_home(),
        "LOGOFLOW_HOME": cache_home(),
    }
    resolved = Path(path).absolute()
    for variable, home in homes.items():
        if resolved.is_relative_to(home) and error.errno is not None:
            hint = f"{error.strerror}; set {variable} to a folder that can be written"
            return OSError(error.errno, hint, str(path))
    return error
