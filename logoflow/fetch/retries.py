"""Repeat a failed request while its error may pass, with growing waits between attempts."""

import hashlib
from collections.abc import Callable
from itertools import count
from time import sleep
from typing import TypeVar

from logoflow.errors import FetchError
from logoflow.fetch.rate_limit import MAX_WAIT

# Seconds before the second attempt. Each further wait is twice as long.
BACKOFF = 0.5

_Result = TypeVar("_Result")


def with_retries(attempt: Callable[[], _Result], retries: int) -> _Result:  # type: ignore[return]
    """Call `attempt`, and call it again after a wait while its error is transient.

    Parameters
    ----------
    attempt : callable
        Takes no arguments and raises FetchError when it fails.
    retries : int
        Largest number of calls after the first one.

    Returns
    -------
    object
        The return value of `attempt`.

    Raises
    ------
    FetchError
        The error of the last attempt. Its reason states the number of attempts. If the server asks
        for a wait of more than 30 seconds, there are no further attempts.

    Examples
    --------
    >>> with_retries(lambda: "picture", retries=2)
    'picture'
    """
    for attempts in count(1):
        try:
            return attempt()
        except FetchError as error:
            wait = waiting_time(error, attempts)
            if not error.transient or attempts > retries or wait > MAX_WAIT:
                if attempts == 1:
                    raise
                reason = f"{error.reason} (after {attempts} attempts)"
                raise copy_error(error, error.url, reason) from error
        sleep(wait)


def waiting_time(error: FetchError, attempts: int) -> float:
    """Compute the wait before the next attempt, in seconds.

    Parameters
    ----------
    error : FetchError
        Error of the last attempt. If it has a `retry_after`, that is the wait.
    attempts : int
        Failed attempts so far, at least 1. Without a `retry_after` the wait doubles with each.

    Returns
    -------
    float
        Seconds.

    Notes
    -----
    The wait is multiplied by a jitter of 0.5 to 1.5 that is derived from the URL. URLs of one host
    that failed together are therefore not repeated together, and every run waits equally long.

    Examples
    --------
    >>> waiting_time(FetchError("http_error", "http://a.example/", "busy", retry_after=7.0), 1)
    7.0
    """
    if error.retry_after:
        return error.retry_after
    digest = hashlib.sha256(f"{attempts} {error.url}".encode("utf-8", "surrogatepass")).digest()
    jitter = 0.5 + int.from_bytes(digest[:4], "big") / 2**32
    return BACKOFF * 2 ** (attempts - 1) * jitter


def copy_error(error: FetchError, url: str, reason: str) -> FetchError:
    """Copy an error with another URL and another reason.

    Parameters
    ----------
    error : FetchError
        The original error.
    url, reason : str
        Values for the copy.

    Returns
    -------
    FetchError
        With the `kind`, `transient` and `retry_after` of the original.

    Examples
    --------
    >>> error = FetchError("timeout", "http://a.example/", "too slow", transient=True)
    >>> copy_error(error, "http://b.example/", "redirected").transient
    True
    """
    return FetchError(error.kind, url, reason, error.transient, error.retry_after)
