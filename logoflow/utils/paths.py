"""The folders of logoflow's files. They do not depend on the current directory."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from logoflow.errors import AddressError

# A scheme has two letters or more: C:/ would be a drive. pathlib turns s3:// into s3:/.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.:-]+):/+(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(\w+|\{[^}]*\})")
_PACKAGE = Path(__file__).resolve().parents[1]


def local_path(path: str | os.PathLike) -> Path:
    """Convert what a user wrote to the path of a file or folder on this machine.

    Parameters
    ----------
    path : str or path
        ``~``, environment variables such as ``$HOME`` and addresses such as ``file:///photos`` are
        expanded. A path with a dollar sign that exists as it is written stays as it is.

    Returns
    -------
    Path

    Raises
    ------
    AddressError
        If the path is an address of another machine, such as ``s3://bucket/model``, or names an
        environment variable that is not set, or is empty.

    Examples
    --------
    >>> local_path("file:///photos/a%20cup.jpg").as_posix()
    '/photos/a cup.jpg'
    >>> local_path("~/photos") == Path.home() / "photos"
    True
    """
    text = os.fspath(path)
    if not text:
        raise AddressError("An empty text is no path: name a file or folder.")
    address = remote_address(text)
    if address is not None:
        raise AddressError(
            f"{address} is not on this machine, and this function needs a file or folder that is. "
            "Copy it to this machine first, and pass its path here."
        )
    if text.lower().startswith("file:"):
        text = _path_of_file_url(text)
    elif "$" in text and not os.path.lexists(os.path.expanduser(text)):
        text = _with_variables(text)
    return Path(text).expanduser()


def remote_address(path: str | os.PathLike) -> str | None:
    """Return the address of a file or folder on another machine; None for a local path.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    str or None

    Examples
    --------
    >>> remote_address(Path("s3://bucket/model"))
    's3://bucket/model'
    >>> remote_address("~/model"), remote_address("file:///model")
    (None, None)
    """
    match = _ADDRESS.fullmatch(os.fspath(path))
    if match is None or match[1].lower() == "file":
        return None
    return f"{match[1].lower()}://{match[2]}"


def _path_of_file_url(url: str) -> str:
    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        if host not in ("", "localhost") or not slash:
            raise AddressError(
                f"{url} names the machine {host!r}. Write three slashes for a file on this "
                "machine, as in file:///home/me/photos."
            )
        rest = slash + rest
    return unquote(rest)


def _with_variables(text: str) -> str:
    """Replace environment variables. A part of a path that is nothing but an unset one is wrong."""
    expanded = os.path.expandvars(text)
    for part in Path(expanded).parts:
        match = _VARIABLE.fullmatch(part)
        if match:
            raise AddressError(
                f"{text}: the environment variable {match[1].strip('{}')} is not set. Set it, or "
                "write the path in full."
            )
    return expanded


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
