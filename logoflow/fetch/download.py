"""Download the bytes of a URL. Every redirect is checked, and time and size are limited."""

import math
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urljoin

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.response import HTTPResponse
from urllib3.util import Url, parse_url

from logoflow import __version__
from logoflow.errors import FetchError, TooManyBytes
from logoflow.fetch.addresses import odd_host
from logoflow.fetch.connections import Deadline, open_connection
from logoflow.fetch.rate_limit import host_slot
from logoflow.fetch.retries import copy_error, parse_retry_after
from logoflow.fetch.robots import USER_AGENT, opt_out

Read = Callable[[HTTPResponse], bytes]
Report = Callable[[int, int | None], None]

MAX_REDIRECTS = 5
_SCHEME_HINT = "only http:// and https:// URLs are fetched; local pictures go to predict"
_BROWSER_HINT = "open the URL in a browser"
_HEADERS = {
    "User-Agent": f"{USER_AGENT}/{__version__} (logo classifier; Python urllib3)",
    "Accept": "image/jpeg,image/png,image/webp,image/gif,image/bmp,*/*;q=0.1",
}
# Statuses of a server that is busy or briefly broken. Other statuses would come again.
_TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# 201 and 203 come with a picture too: of a server that has just made it, and through a proxy.
_SUCCESSES = {200, 201, 203}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class FetchOptions(NamedTuple):
    """Limits and permissions of a download; see `logoflow.fetch.fetch_image.fetch_image`."""

    allow_private: bool
    connect_timeout: float
    total_timeout: float
    max_bytes: int
    per_host: int
    honour_opt_out: bool
    user_agent: str | None = None
    referer: str | None = None


class Validators(NamedTuple):
    """What a server said about a picture in the cache, to ask it whether the picture has changed.

    Attributes
    ----------
    url : str
        The final URL of the picture, after redirects.
    etag, last_modified : str or None
        Headers of its answer.
    """

    url: str
    etag: str | None
    last_modified: str | None


class Download(NamedTuple):
    """The content of a URL.

    Attributes
    ----------
    content : bytes
        The body, decompressed.
    url : str
        The final URL, after redirects.
    private : bool
        Whether an address on the way was private and needed ``allow_private``.
    opted_out : bool
        Whether an answer on the way asked programs like this one not to take the content.
    etag, last_modified : str or None
        Headers of the answer, by which the server recognises this content.
    fresh_seconds : float or None
        For how long the server allows to use the content without asking again. None: it does not
        say.
    unchanged : bool
        Whether the server answered that the content is still what `Validators` describe. `content`
        is then empty.
    """

    content: bytes
    url: str
    private: bool
    opted_out: bool
    etag: str | None = None
    last_modified: str | None = None
    fresh_seconds: float | None = None
    unchanged: bool = False


def download(url: str, options: FetchOptions, validators: Validators | None = None) -> Download:
    """Download the bytes of a URL in one attempt.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``. Up to five redirects are followed.
    options : FetchOptions
        Limits and permissions.
    validators : Validators, optional
        Ask whether a picture in the cache has changed, and do not download it again if not.

    Returns
    -------
    Download

    Raises
    ------
    FetchError
        Its `url` is the parameter `url`, also if a redirect failed. It is `transient` if a later
        attempt may succeed.

    Examples
    --------
    >>> options = FetchOptions(False, 5.0, 20.0, 20_000_000, 8, True)
    >>> download("https://example.com/logo.png", options).url  # doctest: +SKIP
    'https://example.com/logo.png'
    """
    try:
        read = partial(_read, max_bytes=options.max_bytes)
        return _follow_redirects(url, options, read, validators)
    except FetchError as error:
        if error.url == url:
            raise
        raise copy_error(error, url, f"redirected to {error.url}: {error.reason}") from error


def download_file(url: str, path: Path, options: FetchOptions, report: Report) -> None:
    """Download a URL to a file in one attempt.

    A host that is private, such as one of the own network, may be given as `url`. An answer from
    elsewhere must not redirect to it.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``. Up to five redirects are followed.
    path : Path
        The file. The bytes are written as the server sends them, not decompressed.
    options : FetchOptions
        Limits and permissions. ``allow_private`` counts for `url` only.
    report : callable
        It is called with the number of bytes of each piece, and with the announced size or None.

    Raises
    ------
    FetchError
        See `download`.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> options = FetchOptions(True, 10.0, 3600.0, 8_000_000_000, 8, False)
    >>> download_file("https://example.com/logos.zip", Path("logos.zip"), options, print)
    ... # doctest: +SKIP
    """
    with open(path, "wb") as file:

        def read(response: HTTPResponse) -> bytes:
            _copy(response, file, options.max_bytes, report)
            return b""

        try:
            _follow_redirects(url, options, read, trust_redirects=False)
        except FetchError as error:
            if error.url == url:
                raise
            raise copy_error(error, url, f"redirected to {error.url}: {error.reason}") from error


def parse_http_url(url: str) -> Url:
    """Split a URL into its parts, which are then used to connect.

    Parameters
    ----------
    url : str
        The URL.

    Returns
    -------
    urllib3.util.Url

    Raises
    ------
    FetchError
        Of kind ``refused``, if the scheme is not http or https, or if programs disagree on the
        meaning of the spelling.

    Examples
    --------
    >>> parse_http_url("https://example.com:8443/logo.png").port
    8443
    """
    try:
        parsed = parse_url(url)
    except (ValueError, HTTPError):
        raise FetchError("refused", url, f"not spelled like a URL; {_SCHEME_HINT}") from None
    if parsed.scheme not in ("http", "https"):
        raise FetchError("refused", url, _SCHEME_HINT)
    if parsed.auth is not None:
        raise FetchError("refused", url, "a URL with a user name or password; leave them out")
    if parsed.port == 0:
        raise FetchError("refused", url, "port 0, where no server can answer; leave the port out")
    if any(character < " " or character in "\x7f\\" for character in url):
        hint = "a backslash or control character in the URL; percent-encode it"
        raise FetchError("refused", url, hint)
    # parse_url decodes a percent-encoded host, so the spelling is checked in the URL itself.
    authority = re.split("[/?#]", url.split("//", 1)[-1], maxsplit=1)[0]
    host = (parsed.host or "").lower()
    problem = "a percent-encoded host" if "%" in authority else odd_host(host)
    if problem:
        raise FetchError("refused", url, f"{problem}; give the host's plain name")
    return parsed


def _follow_redirects(
    url: str,
    options: FetchOptions,
    read: Read,
    validators: Validators | None = None,
    *,
    trust_redirects: bool = True,
) -> Download:
    """Request a URL and each redirect until an answer has a body.

    Without `trust_redirects`, a public host must not redirect to a private one.
    """
    current_url, private, opted_out = url, False, False
    deadline = Deadline(options.total_timeout)
    for _ in range(MAX_REDIRECTS + 1):
        answer, location = _request(current_url, deadline, options, read, validators)
        private, opted_out = private or answer.private, opted_out or answer.opted_out
        if not trust_redirects and not answer.private:
            options = options._replace(allow_private=False)
        if not location:
            return answer._replace(private=private, opted_out=opted_out)
        current_url = _redirect_target(current_url, location)
    raise FetchError("refused", url, f"more than {MAX_REDIRECTS} redirects; {_BROWSER_HINT}")


def _request(
    url: str,
    deadline: Deadline,
    options: FetchOptions,
    read: Read,
    validators: Validators | None,
) -> tuple[Download, str | None]:
    """Make one request, as soon as the host has a free slot. Return the answer and its redirect."""
    parsed = parse_http_url(url)
    connection = open_connection(
        parsed, deadline, options.connect_timeout, options.allow_private, options.max_bytes
    )
    headers = _headers(url, options, validators)
    with host_slot(url, connection.host, connection.port, options.per_host) as waited:
        deadline.extend(waited)
        with _as_fetch_error(url), closing(connection):
            connection.request("GET", parsed.request_uri, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:
                location = response.get_redirect_location() or None
                unchanged = response.status == 304 and _is_conditional(headers)
                if not location and not unchanged:
                    _check_status(url, response)
                opted_out = _check_opt_out(url, response, options.honour_opt_out)
                content = b"" if location or unchanged else read(response)
                answer = Download(
                    content,
                    url,
                    connection.private,  # type: ignore[attr-defined]
                    opted_out,
                    response.headers.get("ETag"),
                    response.headers.get("Last-Modified"),
                    fresh_seconds(response.headers.get("Cache-Control")),
                    unchanged,
                )
                return answer, location


def _headers(url: str, options: FetchOptions, validators: Validators | None) -> dict[str, str]:
    headers = dict(_HEADERS)
    if options.user_agent:
        headers["User-Agent"] = options.user_agent
    if options.referer:
        headers["Referer"] = options.referer
    if validators is not None and validators.url == url:
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
    return headers


def _is_conditional(headers: dict[str, str]) -> bool:
    return "If-None-Match" in headers or "If-Modified-Since" in headers


def fresh_seconds(cache_control: str | None) -> float | None:
    """Read from a Cache-Control header for how long an answer may be used without asking again.

    Parameters
    ----------
    cache_control : str or None

    Returns
    -------
    float or None
        Seconds. None if the header does not say.

    Examples
    --------
    >>> fresh_seconds("public, max-age=600"), fresh_seconds("no-store"), fresh_seconds(None)
    (600.0, 0.0, None)
    """
    directives = {part.strip().lower() for part in (cache_control or "").split(",")}
    if directives & {"no-store", "no-cache"}:
        return 0.0
    for directive in directives:
        match = re.fullmatch(r"max-age\s*=\s*\"?(\d{1,12})\"?", directive)
        if match:
            return float(match[1])
    return None


def _redirect_target(url: str, location: str) -> str:
    """Compute the URL of a redirect. Headers are read as Latin-1, but may contain UTF-8."""
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("refused", url, f"redirects to {location!r}, which is not a URL") from None


@contextmanager
def _as_fetch_error(url: str) -> Iterator[None]:
    """Convert the exceptions of the network libraries to FetchError."""
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
        reason = f"the answer cannot be decompressed ({error})"
        raise FetchError("not_an_image", url, reason) from error
    except Exception as error:  # the libraries raise other errors than their own too
        reason = f"{str(error) or type(error).__name__}; check the address or try later"
        raise FetchError("unreachable", url, reason, transient=_is_transient(error)) from error


def _is_transient(error: Exception) -> bool:
    """Tell whether a connection that failed with this error may succeed later."""
    if isinstance(error, socket.gaierror):
        return error.errno not in _NO_SUCH_HOST
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return isinstance(error, (HTTPError, HTTPException, OSError))


def _check_status(url: str, response: HTTPResponse) -> None:
    status = response.status
    if status in (404, 410):
        raise FetchError("not_found", url, f"the server has no such picture (status {status})")
    if status not in _SUCCESSES:
        seconds = parse_retry_after(response.headers.get("Retry-After"))
        hint = f"it asks to wait {math.ceil(seconds)} seconds" if seconds else _BROWSER_HINT
        reason = f"the server answered with status {status}; {hint}"
        raise FetchError("http_error", url, reason, status in _TRANSIENT_STATUSES, seconds)


def _check_opt_out(url: str, response: HTTPResponse, honour: bool) -> bool:
    """Tell whether an answer opts out. With `honour`, an opt-out is an error."""
    directive = opt_out(response.headers.getlist("X-Robots-Tag"))
    if directive and honour:
        reason = (
            f"the server's X-Robots-Tag says {directive}; "
            "skip this URL, or pass honour_opt_out=False if you are allowed to use the picture"
        )
        raise FetchError("opted_out", url, reason)
    return directive is not None


def _copy(response: HTTPResponse, file: BinaryIO, max_bytes: int, report: Report) -> None:
    """Copy the body of an answer to a file, up to the limit."""
    announced = response.length_remaining
    if (announced or 0) > max_bytes:
        raise TooManyBytes(f"more than {max_bytes:,} bytes")
    for piece in response.stream(1 << 20, decode_content=False):
        file.write(piece)
        report(len(piece), announced)
        if file.tell() > max_bytes:
            raise TooManyBytes(f"more than {max_bytes:,} bytes")


def _read(response: HTTPResponse, max_bytes: int) -> bytes:
    """Read and decompress the body of an answer, up to the limit."""
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
