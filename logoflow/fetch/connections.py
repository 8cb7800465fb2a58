"""HTTP connections that dial only addresses they have checked, and keep to a deadline."""

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
from logoflow.fetch.addresses import refusal

# The longest silence in the middle of an answer, whatever the deadline still allows.
READ_TIMEOUT = 10.0
# What an answer may send beside its body: headers, chunk sizes.
_AROUND_BODY = 1 << 20


class Deadline:
    """A moment after which asking for the time left raises TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time allowed is over")
        return seconds

    def extend(self, seconds: float) -> None:
        """Put the moment off, for time that was spent on something else."""
        self._end += seconds


def open_connection(
    url: Url, deadline: Deadline, connect_timeout: float, allow_private: bool, max_bytes: int
) -> HTTPConnection:
    """Make a connection to a URL's host; nothing is dialled before its first request.

    Proxies named by environment variables are not used: a proxy would resolve the host itself,
    behind our checks.

    Parameters
    ----------
    url : urllib3.util.Url
        With scheme ``http`` or ``https`` and a host.
    deadline : Deadline
        Ends every wait, from the host's lookup to the answer's last byte.
    connect_timeout : float
        Seconds for lookup, connecting and TLS together.
    allow_private : bool
        See `logoflow.fetch.addresses.check_address`.
    max_bytes : int
        Longest body as sent, before it is unpacked; a MiB more and reading raises TooManyBytes.

    Returns
    -------
    urllib3.connection.HTTPConnection
        Its request raises FetchError (``refused``) for an address that may not be dialled, and
        has set its attribute `private` where `allow_private` alone made dialling possible.
    """
    host = url.host.strip("[]")
    if url.scheme == "https":
        connection = _CheckedHTTPS(host, url.port or 443, ssl_context=_trust())
    else:
        connection = _CheckedHTTP(host, url.port or 80)
    connection.asked = url.url
    connection.deadline = deadline
    connection.connect_timeout = connect_timeout
    connection.allow_private = allow_private
    connection.response_class = partial(_LimitedResponse, deadline, max_bytes)
    return connection


class _Checked:
    """What both kinds of connection share: look up, check, dial that very address."""

    private = False

    def _new_conn(self) -> socket.socket:
        limit = Deadline(min(self.connect_timeout, self.deadline.left()))
        addresses = _addresses(self.host, self.port, limit.left())
        for ip in addresses:  # all of them before any is dialled
            reason = refusal(ip, self.allow_private)
            if reason:
                raise FetchError("refused", self.asked, f"{self.host} is at {ip}: {reason}")
        self.private = any(refusal(ip) for ip in addresses)
        sock = _dial(addresses, self.port, limit)
        sock.settimeout(limit.left())  # for the TLS handshake, should one follow
        return sock


class _CheckedHTTP(_Checked, HTTPConnection):
    pass


class _CheckedHTTPS(_Checked, HTTPSConnection):
    pass


class _LimitedResponse(http.client.HTTPResponse):
    """An answer whose every read, of headers too, keeps to the deadline and the byte limit."""

    def __init__(
        self, deadline: Deadline, max_bytes: int, sock: socket.socket, *args, **options
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp = _MeasuredFile(_LimitedReader(self.fp.detach(), sock, deadline, max_bytes))


class _MeasuredFile(io.BufferedReader):
    """A buffered file that is never read to its end in one go."""

    def read(self, size: int | None = -1) -> bytes:
        # urllib3 reads as many bytes as a chunk announces, and takes -1 for an announcement.
        if size is None or size < 0:
            raise http.client.HTTPException(f"the answer announces a piece of {size} bytes")
        return super().read(size)


class _LimitedReader(io.RawIOBase):
    """A socket's raw file that waits no longer, and gives no more, than is allowed.

    A timeout set once on the socket starts anew with each byte that drips in. Bytes are counted
    here because packed ones, headers and chunk sizes need not add anything to the body.
    """

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline, max_bytes: int
    ) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self._max_bytes, self._left = max_bytes, max_bytes + _AROUND_BODY

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._sock.settimeout(min(READ_TIMEOUT, self._deadline.left()))
        count = self._raw.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise TooManyBytes(f"more than {self._max_bytes:,} bytes")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them. Tests put their own resolver here."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(entry[4][0] for entry in found))


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Look a host up, but wait no longer than `seconds`: the system's lookup has no time limit."""
    answer = futures.Future()

    def look_up() -> None:
        try:
            answer.set_result(_resolve(host, port))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except futures.TimeoutError:
        raise TimeoutError(f"looking up {host} took too long") from None


def _dial(addresses: list[str], port: int, limit: Deadline) -> socket.socket:
    """Connect to the first address that answers."""
    problem = OSError("the host has no address")
    for waiting, ip in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:  # a fair share of the time, so that one dead address does not use it all
            sock = socket.create_connection((ip, port), timeout=limit.left() / waiting)
        except OSError as error:
            problem = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise problem


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Certificates of the system, and certifi's for systems that have none installed."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
