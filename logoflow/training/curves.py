"""Write learning curves for TensorBoard while a network trains."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from logoflow.utils.addresses import local_path
from logoflow.utils.extras import require_extra

OnRow = Callable[[int, Mapping[str, float]], None]
"""A function that takes an epoch or a step, and values by name."""

FLUSH_SECONDS = 1
"""Seconds, approximately, after which TensorBoard shows a new row."""


def log_folder(log_dir: Path | str | None) -> Path | None:
    """Return the folder for learning curves, before a training starts.

    Parameters
    ----------
    log_dir : Path, str or None

    Returns
    -------
    Path or None

    Raises
    ------
    ModuleNotFoundError
        If the packages of the extra ``tensorboard`` are missing.
    ValueError
        If `log_dir` is not a path.

    Examples
    --------
    >>> log_folder(None) is None
    True
    """
    if log_dir is None:
        return None
    if not isinstance(log_dir, str | os.PathLike):
        raise ValueError(f"log_dir must be the path of a folder, not {log_dir!r}.")
    require_extra("tensorboard")
    return local_path(log_dir)


@contextmanager
def curve_writer(log_dir: Path | None, network: str) -> Iterator[OnRow | None]:
    """Open a writer of learning curves.

    Parameters
    ----------
    log_dir : Path or None
        Folder for TensorBoard. None: nothing is written.
    network : str
        Name of the network's folder in it.

    Yields
    ------
    callable or None
        It writes a row of values. None without a folder.

    Examples
    --------
    >>> with curve_writer(Path("logs"), "member0") as write:
    ...     write(1, {"loss": 0.7})
    >>> [path.name.split(".")[0] for path in Path("logs/member0").iterdir()]
    ['events']
    """
    if log_dir is None:
        yield None
        return
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(log_dir / network), flush_secs=FLUSH_SECONDS)

    def write(step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    try:
        yield write
    finally:
        writer.close()
