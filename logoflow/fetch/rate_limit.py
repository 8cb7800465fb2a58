"""Limit the requests to one host, and pause for hosts that ask for a break."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from logoflow.errors import FetchError

# Seconds. A host that asks for a longer break is not waited for: its URLs fail at once.
MAX_WAIT = 30.0
# Seconds. A longer Retry-After is cut to a day, so that a wrong header does not block a host.
_MAX_PAUSE = 86_400.0
# Pauses are kept for this many hosts, because a hostile list of URLs may name any number.
_MAX_PAUSED_HOSTS = 1000

_lock = threading.Lock()


@dataclass
class _Host:
    """Running requests to one host, and the threads that run or wait for one."""

    requests: int = 0
    threads: int = 0
    changed: threading.Condition = field(default_factory=lambda: threading.Condition(_lock))


# Both by (host, port). The times at which pauses end are on the monotonic clock.
_hosts: dict[tuple[str, int], _Host] = {}
_paused_until: dict[tuple[str, int], float] = {}


@contextmanager
def host_slot(url: str, host: str, port: int, limit: int) -> Iterator[float]:
    """Wait until fewer than `limit` requests to a host are running, then count as one.

    If a transient FetchError with a `retry_after` leaves the block, every thread of this process
    pauses requests to the host for that long.

    Parameters
    ----------
    url : str
        The URL to request. It appears in the error message.
    host : str
        Host name or address, in lower case.
    port : int
        Port of the connection. Requests are counted per host and port.
    limit : int
        Requests that may run at once, at least 1. A thread inside the block of one host must not
        ask for a slot of another host.

    Yields
    ------
    float
        Seconds spent waiting.

    Raises
    ------
    FetchError
        If the host asked for a pause and the wait would exceed 30 seconds.

    Examples
    --------
    >>> with host_slot("http://a.example/logo.png", "a.example", 80, limit=8) as waited:
    ...     print(f"waited {waited:.0f} seconds")
    waited 0 seconds
    """
    start = monotonic()
    key = host, port
    with _lock:
        state = _hosts.setdefault(key, _Host())
        state.threads += 1
    try:
        with _lock:
            _wait_for_slot(url, key, limit)
            state.requests += 1
        try:
            yield monotonic() - start
        except FetchError as error:
            if error.transient and error.retry_after:
                _pause(key, error.retry_after)
            raise
        finally:
            with _lock:
                state.requests -= 1
    finally:
        with _lock:
            state.threads -= 1
            # Waking one thread is enough: if it still has to wait, the end of a later request
            # wakes the next one.
            state.changed.notify()
            if not state.threads:  # a long run meets too many hosts to remember them all
                del _hosts[key]


def _wait_for_slot(url: str, key: tuple[str, int], limit: int) -> None:
    """Wait, with the lock held, until one more request to a host may start."""
    state, paused = _hosts[key], 0.0
    while True:
        now = monotonic()
        remaining = _paused_until.get(key, now) - now
        if remaining > 0:
            if paused + remaining > MAX_WAIT:
                raise _paused_error(url, key[0], remaining)
            state.changed.wait(remaining)
            paused += monotonic() - now
        elif state.requests < limit:
            return
        else:
            state.changed.wait()


def _pause(key: tuple[str, int], seconds: float) -> None:
    """Pause requests to a host, also for the threads that already wait for a slot."""
    until = monotonic() + min(seconds, _MAX_PAUSE)
    with _lock:
        _paused_until[key] = max(until, _paused_until.get(key, until))
        while len(_paused_until) > _MAX_PAUSED_HOSTS:
            del _paused_until[min(_paused_until, key=_paused_until.__getitem__)]
        _hosts[key].changed.notify_all()


def _paused_error(url: str, host: str, seconds: float) -> FetchError:
    """Build the error for a URL that is not requested because its host is paused."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    reason = (
        f"not requested: {host} answered that it is busy and asked for no requests until "
        f"{until:%Y-%m-%d %H:%M:%S} UTC; try again then"
    )
    return FetchError("http_error", url, reason, transient=True, retry_after=seconds)
