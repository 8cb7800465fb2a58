"""The classifiers of a worker process, by run."""

import hashlib
import socket
from functools import lru_cache
from typing import Any

import cloudpickle

_digest_of_run: dict[str, str] = {}
_pickled: dict[str, bytes] = {}  # by the hash of the bytes: runs may share a classifier


def register_classifier(run: str, pickled: bytes) -> None:
    """Store a run's pickled classifier in this process. It is unpickled at its first use.

    Parameters
    ----------
    run : str
        Key of the run.
    pickled : bytes
        The classifier, pickled by cloudpickle.

    Examples
    --------
    >>> register_classifier("run-1", cloudpickle.dumps("a classifier"))
    >>> classifier_of("run-1")
    'a classifier'
    >>> unregister_classifier("run-1")
    """
    _digest_of_run[run] = hashlib.sha256(pickled).hexdigest()
    _pickled[_digest_of_run[run]] = pickled


def unregister_classifier(run: str) -> None:
    """Drop a run's pickled classifier, unless another run has the same one.

    The classifiers that were used last stay in memory in unpickled form, so that the next run with
    the same classifier starts at once.
    """
    _digest_of_run.pop(run, None)
    for digest in set(_pickled) - set(_digest_of_run.values()):
        del _pickled[digest]


def digest_of(run: str) -> str | None:
    """Return the SHA-256 of a run's pickled classifier, or None if none is registered."""
    return _digest_of_run.get(run)


def classifier_of(run: str) -> Any:
    """Return the classifier that is registered for a run.

    Raises
    ------
    RuntimeError
        If no classifier is registered for the run in this process.
    """
    if run not in _digest_of_run:
        raise RuntimeError(
            f"The worker on {socket.gethostname()} was not given the classifier. Its log says why; "
            "it may have another version of logoflow. Stop this worker, then make the same call "
            "again."
        )
    return _unpickled(_digest_of_run[run])


@lru_cache(maxsize=2)  # a long-lived worker sees many models
def _unpickled(digest: str) -> Any:
    return cloudpickle.loads(_pickled[digest])
