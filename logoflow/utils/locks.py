"""Locks between processes, which the operating system releases when a process ends."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The errors of file systems without locks, such as some network and cloud folders.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF}


def lock_file(handle: int, *, shared: bool = False, wait: bool = True) -> bool:
    """Lock an open file or folder until it is closed.

    Parameters
    ----------
    handle : int
        Its descriptor.
    shared : bool
        Whether other processes may have a shared lock at the same time.
    wait : bool
        Whether to wait for a process that has a lock.

    Returns
    -------
    bool
        False if another process has a lock, or if the file system has no locks.

    Examples
    --------
    >>> with open("one.txt", "w") as one, open("one.txt") as other:
    ...     lock_file(one.fileno()), lock_file(other.fileno(), wait=False)
    (True, False)
    """
    operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, operation if wait else operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


@contextmanager
def locked_folder(folder: Path | str, *, shared: bool = False) -> Iterator[None]:
    """Lock a folder, and wait for the processes that have locked it before.

    Where the file system has no locks, nothing is locked.

    Parameters
    ----------
    folder : Path or str
        A folder that exists. No file is created in it.
    shared : bool
        Whether to only keep out those that lock it for themselves.

    Examples
    --------
    >>> with locked_folder("."):
    ...     _ = Path("one.txt").write_text("1")
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock_file(handle, shared=shared)
        yield
    finally:
        os.close(handle)
