"""Where logoflow keeps things: decided here, never from the current directory."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def cache_home() -> Path:
    """Folder of everything that can be fetched again: weights, pictures by URL.

    Returns
    -------
    Path
        ``$LOGOFLOW_HOME`` if set, else ``$XDG_CACHE_HOME/logoflow``, else ``~/.cache/logoflow``.
        It need not exist yet.
    """
    if os.environ.get("LOGOFLOW_HOME"):
        return Path(os.environ["LOGOFLOW_HOME"]).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "logoflow"


def checkout() -> Path | None:
    """Root of the git checkout that this package runs from, or None for an installed wheel."""
    root = _PACKAGE.parent
    return root if (root / "Makefile").is_file() and (root / "notebooks").is_dir() else None


def data_home() -> Path:
    """Folder that data sets are built in or fetched to.

    Returns
    -------
    Path
        ``$LOGOFLOW_DATA`` if set, else ``data/`` of the checkout, else ``data/`` in the cache.
    """
    if os.environ.get("LOGOFLOW_DATA"):
        return Path(os.environ["LOGOFLOW_DATA"]).expanduser().resolve()
    root = checkout()
    return (root or cache_home()) / "data"


def runs_home() -> Path:
    """Folder of executed notebooks and trained models: ``$LOGOFLOW_RUNS``, else ``runs/``."""
    if os.environ.get("LOGOFLOW_RUNS"):
        return Path(os.environ["LOGOFLOW_RUNS"]).expanduser().resolve()
    root = checkout()
    return (root or cache_home()) / "runs"
