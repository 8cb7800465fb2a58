"""A URL's bytes: followed where it redirects to, each hop checked, timed and capped."""

import math
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import NamedTuple
from urllib.parse import urljoin

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.response import HTTPResponse
from urllib3.util import Url, parse_url

from logoflow import __version__
from logoflow.errors import FetchError, TooManyBytes
from logoflow.fetch.addresses import odd_host
from logoflow.fetch.connections import Deadline, open_connection
from logoflow.fetch.rate_limit import OUR_NAME, host_slot, opt_out, restated, retry_after

MAX_REDIRECTS = 5
_WANTED = "only http:// and https:// URLs are fetched; local pictures go to predict"
_LOOK = "open the URL in a browser"
_HEADERS = {
    "User-Agent": f"{OUR_NAME}/{__version__} (logo classifier; Python urllib3)",
    "Accept": "image/jpeg,image/png,image/webp,image/gif,image/bmp,*/*;q=0.1",
}
# Statuses of a server that is busy or briefly broken; any other answer would be the same again.
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Rules(NamedTuple):
    """What a download keeps to; see `logoflow.fetch.fetch_image.fetch_image`."""

    allow_private: bool
    connect_timeout: float
    total_timeout: float
    max_bytes: int
    per_host: int
    honour_opt_out: bool


class Answer(NamedTuple):
    """What a URL gave.

    Attributes
    ----------
    content : bytes
        The body, unpacked.
    url : str
        Where it came from in the end, after redirects.
    private : bool
        An address on the way was private, so that only ``allow_private`` made it possible.
    opted_out : bool
        An answer on the way asked programs like this one not to take it.
    """

    content: bytes
    url: str
    private: bool
    opted_out: bool


class _Hop(NamedTuple):
    """What one request gave: where it redirects to, else the body."""

    location: str | None
    content: bytes
    private: bool
    opted_out: bool


def download(url: str, rules: Rules) -> Answer:
    """Try once to get a URL's bytes, whatever they are.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``. Up to five redirects are followed.
    rules : Rules
        The limits.

    Raises
    ------
    FetchError
        With the URL that was asked for, wherever it happened; `transient` where a later attempt
        may succeed.
    """
    try:
        return _follow(url, rules)
    except FetchError as error:
        if error.url == url:
            raise
        raise restated(error, url, f"redirected to {error.url}: {error.reason}") from error


def parse(url: str) -> Url:
    """Take a URL apart, or refuse it. The same parts are then used to connect.

    Raises
    ------
    FetchError
        Kind ``refused``: not http or https, or spelled so that programs disagree on its meaning.

    Examples
    --------
    >>> parse("https://example.com:8443/logo.png").port
    8443
    """
    try:
        parsed = parse_url(url)
    except (ValueError, HTTPError):
        raise FetchError("refused", url, f"not spelled like a URL; {_WANTED}") from None
    if parsed.scheme not in ("http", "https"):
        raise FetchError("refused", url, _WANTED)
    if parsed.auth is not None:
        raise FetchError("refused", url, "a URL with a user name or password; leave them out")
    if any(character < " " or character in "\x7f\\" for character in url):
        hint = "a backslash or control character in the URL; percent-encode it"
        raise FetchError("refused", url, hint)
    # parse_url decodes a percent-encoded host, so the spelling is looked at in the URL itself.
    authority = re.split("[/?#]", url.split("//", 1)[-1], maxsplit=1)[0]
    odd = "a percent-encoded host" if "%" in authority else odd_host((parsed.host or "").lower())
    if odd:
        raise FetchError("refused", url, f"{odd}; give the host's plain name")
    return parsed


def _follow(url: str, rules: Rules) -> Answer:
    """Get a URL's bytes, going where it redirects to."""
    here, private, opted_out = url, False, False
    deadline = Deadline(rules.total_timeout)
    for _ in range(MAX_REDIRECTS + 1):
        hop = _ask(here, deadline, rules)
        private, opted_out = private or hop.private, opted_out or hop.opted_out
        if not hop.location:
            return Answer(hop.content, here, private, opted_out)
        here = _join(here, hop.location)
    raise FetchError("refused", url, f"more than {MAX_REDIRECTS} redirects; {_LOOK}")


def _ask(url: str, deadline: Deadline, rules: Rules) -> _Hop:
    """Make one request, when it is its turn."""
    parsed = parse(url)
    connection = open_connection(
        parsed, deadline, rules.connect_timeout, rules.allow_private, rules.max_bytes
    )
    with host_slot(url, connection.host, connection.port, rules.per_host) as waited:
        deadline.extend(waited)
        with _as_fetch_error(url), closing(connection):
            connection.request("GET", parsed.request_uri, headers=_HEADERS, preload_content=False)
            with closing(connection.getresponse()) as response:
                location = response.get_redirect_location() or None
                if not location:
                    _check_status(url, response)
                opted_out = _check_opt_out(url, response, rules.honour_opt_out)
                content = b"" if location else _read(response, rules.max_bytes)
                return _Hop(location, content, connection.private, opted_out)  # type: ignore[attr-defined]


def _join(url: str, location: str) -> str:
    """Where a redirect leads. Headers arrive as Latin-1, but hold UTF-8 where not ASCII."""
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("refused", url, f"redirects to {location!r}, which is no URL") from None


@contextmanager
def _as_fetch_error(url: str) -> Iterator[None]:
    """Turn whatever an answer makes the network's libraries raise into a FetchError."""
    try:
        yield
    except FetchError:
        raise
    except TooManyBytes as error:
        raise FetchError("too_large", url, f"{error}; see max_bytes") from error
    except (TimeoutError, HTTPTimeout) as error:
        reason = f"no complete answer in time ({error}); try later or allow more time"
        raise FetchError("timeout", url, reason, transient=True) from error
    except DecodeError as error:
        raise FetchError("not_an_image", url, f"the answer cannot be unpacked ({error})") from error
    except Exception as error:  # they do not promise to raise only their own errors
        reason = f"{str(error) or type(error).__name__}; check the address or try later"
        raise FetchError("unreachable", url, reason, transient=_may_pass(error)) from error


def _may_pass(error: Exception) -> bool:
    """Whether a connection that failed like this may succeed another time."""
    if isinstance(error, socket.gaierror):
        return error.errno not in _NO_SUCH_HOST
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return isinstance(error, (HTTPError, HTTPException, OSError))


def _check_status(url: str, response: HTTPResponse) -> None:
    status = response.status
    if status in (404, 410):
        raise FetchError("not_found", url, f"the server has no such picture (status {status})")
    if status != 200:
        seconds = retry_after(response.headers.get("Retry-After"))
        hint = f"it asks to come back in {math.ceil(seconds)} seconds" if seconds else _LOOK
        reason = f"the server answered with status {status}; {hint}"
        raise FetchError("http_error", url, reason, status in _TRANSIENT, seconds)


def _check_opt_out(url: str, response: HTTPResponse, honour: bool) -> bool:
    """Whether an answer asks us to leave it; that is an error where it is to be honoured."""
    directive = opt_out(response.headers.getlist("X-Robots-Tag"))
    if directive and honour:
        reason = (
            f"the server's X-Robots-Tag says {directive}; "
            "leave it out, or pass honour_opt_out=False where you may take it all the same"
        )
        raise FetchError("opted_out", url, reason)
    return directive is not None


def _read(response: HTTPResponse, max_bytes: int) -> bytes:
    """Read an answer's body, unpacked, up to the limit and no further."""
    announced = response.length_remaining or 0
    body = bytearray()
    if announced <= max_bytes:
        for piece in response.stream(1 << 16, decode_content=True):
            body += piece
            if len(body) > max_bytes:
                break
    if max(announced, len(body)) > max_bytes:
        raise TooManyBytes(f"more than {max_bytes:,} bytes")
    return bytes(body)
