"""Download the bytes of a URL. Every redirect is checked, and time and size are limited."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urljoin

from urllib3.response import HTTPResponse

from logoflow import __version__
from logoflow.errors import FetchError, TooManyBytes
from logoflow.fetch.addresses import parse_http_url
from logoflow.fetch.connections import Deadline, open_connection
from logoflow.fetch.failures import BROWSER_HINT, as_fetch_error, check_opt_out, check_status
from logoflow.fetch.headers import Validators, fresh_seconds, is_conditional, request_headers
from logoflow.fetch.rate_limit import host_slot
from logoflow.fetch.retries import copy_error
from logoflow.fetch.robots import USER_AGENT

Read = Callable[[HTTPResponse], bytes]
Report = Callable[[int, int | None], None]

MAX_REDIRECTS = 5
_USER_AGENT = f"{USER_AGENT}/{__version__} (logo classifier; Python urllib3)"


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
    read = partial(_read, max_bytes=options.max_bytes)
    with _errors_of_redirects(url):
        return _follow_redirects(url, options, read, validators)


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
    with open(path, "wb") as file, _errors_of_redirects(url):

        def read(response: HTTPResponse) -> bytes:
            _copy(response, file, options.max_bytes, report)
            return b""

        _follow_redirects(url, options, read, trust_redirects=False)


@contextmanager
def _errors_of_redirects(url: str) -> Iterator[None]:
    """Give an error of a redirect the URL that the caller asked for."""
    try:
        yield
    except FetchError as error:
        if error.url == url:
            raise
        raise copy_error(error, url, f"redirected to {error.url}: {error.reason}") from error


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
    raise FetchError("refused", url, f"more than {MAX_REDIRECTS} redirects; {BROWSER_HINT}")


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
    headers = request_headers(url, options.user_agent or _USER_AGENT, options.referer, validators)
    with host_slot(url, connection.host, connection.port, options.per_host) as waited:
        deadline.extend(waited)
        with as_fetch_error(url), closing(connection):
            connection.request("GET", parsed.request_uri, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:
                location = response.get_redirect_location() or None
                unchanged = response.status == 304 and is_conditional(headers)
                if not location and not unchanged:
                    check_status(url, response)
                opted_out = check_opt_out(url, response, options.honour_opt_out)
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


def _redirect_target(url: str, location: str) -> str:
    """Compute the URL of a redirect. Headers are read as Latin-1, but may contain UTF-8."""
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("refused", url, f"redirects to {location!r}, which is not a URL") from None


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
