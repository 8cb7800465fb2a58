"""HTTP connections that check every address before they connect, and that keep a deadline."""

import http.client
import io
import socket
import ssl
import threading
import time
from concurrent import futures
from functools import lru_cache, partial

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Url

from logoflow.errors import FetchError, TooManyBytes
from logoflow.fetch.addresses import refusal_reason

# Seconds. The longest wait for more data within an answer, even if the deadline is later.
READ_TIMEOUT = 10.0
# Bytes that an answer may send in addition to its body: headers and chunk sizes.
_OVERHEAD = 1 << 20
_MAX_INTERIM_ANSWERS = 10  # early hints (103) and the like, before the answer itself


class Deadline:
    """A point in time at which all waiting has to end.

    Parameters
    ----------
    seconds : float
        Time from now until the deadline.

    Examples
    --------
    >>> deadline = Deadline(20.0)
    >>> 19 < deadline.seconds_left() <= 20
    True
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Return the seconds until the deadline, more than 0. Raise TimeoutError after it."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time allowed is over")
        return seconds

    def extend(self, seconds: float) -> None:
        """Postpone the deadline, for time that does not count against it."""
        self._end += seconds


def open_connection(
    url: Url, deadline: Deadline, connect_timeout: float, allow_private: bool, max_bytes: int
) -> HTTPConnection:
    """Create a connection to the host of a URL. It connects with its first request.

    Proxies from environment variables are ignored, because a proxy would resolve the host itself
    and bypass the checks.

    Parameters
    ----------
    url : urllib3.util.Url
        URL with a host and the scheme ``http`` or ``https``.
    deadline : Deadline
        Limits every wait, from the lookup of the host to the last byte of the answer.
    connect_timeout : float
        Seconds for lookup, connecting and the TLS handshake together.
    allow_private : bool
        See `logoflow.fetch.addresses.check_address`.
    max_bytes : int
        Largest body as sent, before decompression. Reading raises TooManyBytes after this number
        of bytes and one MiB for headers.

    Returns
    -------
    urllib3.connection.HTTPConnection
        Its request raises FetchError of kind ``refused`` for a forbidden address. Its attribute
        `private` is True if the connection needed `allow_private`.

    Examples
    --------
    >>> from urllib3.util import parse_url
    >>> url = parse_url("http://example.com/logo.png")
    >>> open_connection(url, Deadline(20.0), 5.0, False, 20_000_000).port
    80
    """
    host = url.host.strip("[]")
    if url.scheme == "https":
        connection = _CheckedHTTPS(host, url.port or 443, ssl_context=_ssl_context())
    else:
        connection = _CheckedHTTP(host, url.port or 80)
    connection.requested_url = url.url
    connection.deadline = deadline
    connection.connect_timeout = connect_timeout
    connection.allow_private = allow_private
    connection.response_class = partial(_LimitedResponse, deadline, max_bytes)
    return connection


class _CheckedConnection:
    """Look a host up, check its addresses, and connect to an address that was checked."""

    private = False

    def _new_conn(self) -> socket.socket:
        limit = Deadline(min(self.connect_timeout, self.deadline.seconds_left()))
        addresses = _look_up(self.host, self.port, limit.seconds_left())
        for ip in addresses:  # check all addresses before connecting to any
            reason = refusal_reason(ip, self.allow_private)
            if reason:
                raise FetchError("refused", self.requested_url, f"{self.host} is at {ip}: {reason}")
        self.private = any(refusal_reason(ip) for ip in addresses)
        sock = _dial(addresses, self.port, limit)
        sock.settimeout(limit.seconds_left())  # for a TLS handshake that may follow
        return sock


class _CheckedHTTP(_CheckedConnection, HTTPConnection):
    pass


class _CheckedHTTPS(_CheckedConnection, HTTPSConnection):
    pass


class _LimitedResponse(http.client.HTTPResponse):
    """An answer. Every read, of headers too, respects the deadline and the byte limit."""

    def __init__(
        self, deadline: Deadline, max_bytes: int, sock: socket.socket, *args, **options
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp = _MeasuredFile(_LimitedReader(self.fp.detach(), sock, deadline, max_bytes))

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status of the answer, and skip early hints and other notes before it."""
        for _ in range(_MAX_INTERIM_ANSWERS):
            version, status, reason = super()._read_status()
            if not 102 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("the server sends early hints without end")


class _MeasuredFile(io.BufferedReader):
    """A buffered file that refuses to read everything to its end at once."""

    def read(self, size: int | None = -1) -> bytes:
        # urllib3 reads as many bytes as a chunk announces, and accepts a negative number.
        if size is None or size < 0:
            raise http.client.HTTPException(f"the answer announces a piece of {size} bytes")
        return super().read(size)


class _LimitedReader(io.RawIOBase):
    """The raw file of a socket, with a deadline and a byte limit.

    A timeout of the socket alone would start again with every byte that arrives. Bytes are counted
    here because compressed data, headers and chunk sizes may add nothing to the body.
    """

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline, max_bytes: int
    ) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self._max_bytes, self._bytes_left = max_bytes, max_bytes + _OVERHEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._sock.settimeout(min(READ_TIMEOUT, self._deadline.seconds_left()))
        count = self._raw.readinto(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooManyBytes(f"more than {self._max_bytes:,} bytes")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _resolve(host: str, port: int) -> list[str]:
    """Look up the addresses of a host. Tests replace this function by a resolver of their own."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(entry[4][0] for entry in entries))


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Look up a host with a time limit, which the system's lookup does not have."""
    result = futures.Future()

    def resolve() -> None:
        try:
            result.set_result(_resolve(host, port))
        except Exception as error:
            result.set_exception(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        return result.result(timeout=seconds)
    except futures.TimeoutError:
        raise TimeoutError(f"looking up {host} took too long") from None


def _dial(addresses: list[str], port: int, limit: Deadline) -> socket.socket:
    """Connect to the first address that answers."""
    last_error = OSError("the host has no address")
    for untried, ip in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:  # an equal share of the time each: a dead address must not use all of it
            sock = socket.create_connection((ip, port), timeout=limit.seconds_left() / untried)
        except OSError as error:
            last_error = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise last_error


@lru_cache(maxsize=1)
def _ssl_context() -> ssl.SSLContext:
    """Trust the certificates of the system and, for systems without any, those of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.hostname_checks_common_name = False  # as in browsers: the names in the SAN count
    return context
