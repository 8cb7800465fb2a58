"""Good manners towards servers: few requests at once, waits between tries, a no is a no."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic, sleep
from typing import TypeVar

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from logoflow.errors import FetchError

# The name that servers know this program by: it begins the User-Agent header.
OUR_NAME = "logoflow"
# Seconds before the second try; each further wait is twice as long.
BACKOFF = 0.5
# A server that wants to be left alone for longer is not waited for.
MAX_WAIT = 30.0
# Nor is it believed that it wants to be for longer than a day: a wrong header must have an end.
_LONGEST_REST = 86_400.0
# Hosts whose wish to be left alone is remembered; a hostile list of URLs may have any number.
_MOST_RESTING = 1000

_FORBIDDING = {"noai", "noimageai", "noindex", "noimageindex"}
# Directives that have a colon of their own: what stands before it is not a program's name.
_WITH_VALUE = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}

_Result = TypeVar("_Result")
_lock = threading.Lock()


@dataclass
class _Host:
    """Threads that make a request to one host, or wait for their turn to."""

    requests: int = 0
    threads: int = 0
    turn: threading.Condition = field(default_factory=lambda: threading.Condition(_lock))


_hosts: dict[tuple[str, int], _Host] = {}
# Until when, on the monotonic clock, a host wants to be left alone.
_resting: dict[tuple[str, int], float] = {}


@contextmanager
def host_slot(url: str, host: str, port: int, limit: int) -> Iterator[float]:
    """Wait until fewer than `limit` requests go to a host, and count as one inside the block.

    A transient FetchError with a `retry_after` that leaves the block makes everyone leave that
    host alone for so long.

    Parameters
    ----------
    url : str
        What the turn is for, for the error message.
    host : str
        In lower case. With `port`, what is counted by, in this process.
    port : int
        As connected to.
    limit : int
        At least 1. A thread inside one host's block must not ask for another.

    Yields
    ------
    float
        Seconds waited.

    Raises
    ------
    FetchError
        The host has asked to be left alone, for longer than the 30 seconds that are waited.
    """
    start = monotonic()
    key = host, port
    with _lock:
        here = _hosts.setdefault(key, _Host())
        here.threads += 1
    try:
        with _lock:
            _wait_for_turn(url, key, limit)
            here.requests += 1
        try:
            yield monotonic() - start
        except FetchError as error:
            if error.transient and error.retry_after:
                _let_rest(key, error.retry_after)
            raise
        finally:
            with _lock:
                here.requests -= 1
    finally:
        with _lock:
            here.threads -= 1
            # One is enough: if that one still may not go, a later request's end wakes the next.
            here.turn.notify()
            if not here.threads:  # a long run sees more hosts than should be remembered
                del _hosts[key]


def _wait_for_turn(url: str, key: tuple[str, int], limit: int) -> None:
    """Wait, with the lock held, until a host may be asked once more."""
    here, rested = _hosts[key], 0.0
    while True:
        now = monotonic()
        rest = _resting.get(key, now) - now
        if rest > 0:
            if rested + rest > MAX_WAIT:
                raise _left_alone(url, key[0], rest)
            here.turn.wait(rest)
            rested += monotonic() - now
        elif here.requests < limit:
            return
        else:
            here.turn.wait()


def _let_rest(key: tuple[str, int], seconds: float) -> None:
    """Have a host left alone for so long, by those too who wait for their turn already."""
    until = monotonic() + min(seconds, _LONGEST_REST)
    with _lock:
        _resting[key] = max(until, _resting.get(key, until))
        while len(_resting) > _MOST_RESTING:
            del _resting[min(_resting, key=_resting.__getitem__)]
        _hosts[key].turn.notify_all()


def _left_alone(url: str, host: str, seconds: float) -> FetchError:
    """Build the error for a URL whose host is not asked, because it rests."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    reason = (
        f"not asked: {host} answered that it is busy and wants to be left alone until "
        f"{until:%Y-%m-%d %H:%M:%S} UTC; try again then"
    )
    return FetchError("http_error", url, reason, transient=True, retry_after=seconds)


def with_retries(attempt: Callable[[], _Result], retries: int) -> _Result:  # type: ignore[return]
    """Call `attempt`, and again after a wait while its error is transient.

    Parameters
    ----------
    attempt : callable
        Takes nothing; raises FetchError.
    retries : int
        Calls after the first one, at most.

    Returns
    -------
    object
        What `attempt` returned.

    Raises
    ------
    FetchError
        The last attempt's; its reason tells after how many. Earlier than `retries` allows where
        the server asks to be left alone for more than 30 seconds.
    """
    for made in count(1):
        try:
            return attempt()
        except FetchError as error:
            wait = waiting_time(error, made)
            if not error.transient or made > retries or wait > MAX_WAIT:
                if made == 1:
                    raise
                reason = f"{error.reason} (after {made} attempts)"
                raise restated(error, error.url, reason) from error
        sleep(wait)


def restated(error: FetchError, url: str, reason: str) -> FetchError:
    """The same error about another URL or in other words."""
    return FetchError(error.kind, url, reason, error.transient, error.retry_after)


def waiting_time(error: FetchError, made: int) -> float:
    """Seconds to wait after `made` failed attempts: as long as the server asks, else a backoff.

    The jitter, half to one and a half of the wait, comes from the URL: many URLs of one host
    that failed together are not tried together, and every run does the same.

    Examples
    --------
    >>> waiting_time(FetchError("http_error", "http://a.example/", "busy", retry_after=7.0), 1)
    7.0
    """
    if error.retry_after:
        return error.retry_after
    digest = hashlib.sha256(f"{made} {error.url}".encode("utf-8", "surrogatepass")).digest()
    jitter = 0.5 + int.from_bytes(digest[:4], "big") / 2**32
    return BACKOFF * 2 ** (made - 1) * jitter


def retry_after(header: str | None) -> float | None:
    """Read a Retry-After header, seconds or a date, as seconds from now; None if it says nothing.

    Examples
    --------
    >>> retry_after("120")
    120
    """
    try:
        return None if header is None else Retry().parse_retry_after(header)
    except (HTTPError, ValueError, OverflowError):
        return None


def opt_out(headers: Iterable[str]) -> str | None:
    """Find what in an answer's X-Robots-Tag headers forbids programs like this one to take it.

    The directives are those that img2dataset honours. ``bot: directive, ...`` is meant for that
    bot alone.

    Parameters
    ----------
    headers : iterable of str
        The value of each such header.

    Returns
    -------
    str or None
        The directive, such as ``"noai"``, or None.

    Examples
    --------
    >>> opt_out(["otherbot: noindex", "max-snippet: 5, NoAI"])
    'noai'
    """
    for header in headers:
        meant_for = ""
        for directive in header.lower().split(","):
            name, colon, rest = directive.partition(":")
            if colon and _is_bot(name.strip()):
                meant_for, directive = name.strip(), rest
            if meant_for in ("", "*", OUR_NAME) and directive.strip() in _FORBIDDING:
                return directive.strip()
    return None


def _is_bot(name: str) -> bool:
    """Whether it names a program, and neither a directive nor a piece of a date's time."""
    return name not in _WITH_VALUE and " " not in name
