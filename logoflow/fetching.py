"""The one way to get a picture from a URL: none is trusted, and anything wrong is a FetchError."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.response import HTTPResponse
from urllib3.util import Url, parse_url

from logoflow import __version__
from logoflow.addresses import FetchError, check_address, odd_host
from logoflow.connections import Deadline, open_connection
from logoflow.files import atomic_path, write_text
from logoflow.images import ImageError, TooManyPixels, decode_image, image_format, image_size
from logoflow.paths import cache_home

__all__ = ["FetchError", "Fetched", "check_address", "fetch_image"]

MAX_REDIRECTS = 5
_WANTED = "only http:// and https:// URLs are fetched; local pictures go to predict"
_HEADERS = {
    "User-Agent": f"logoflow/{__version__} (logo classifier; Python urllib3)",
    "Accept": "image/jpeg,image/png,image/webp,image/gif,image/bmp,*/*;q=0.1",
}
_EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "webp": ".webp", "bmp": ".bmp"}


class Fetched(NamedTuple):
    """A picture from a URL.

    Attributes
    ----------
    content : bytes
        The encoded picture.
    url : str
        Where it came from in the end, after redirects.
    width, height : int
        Pixels, upright.
    sha256 : str
        Of `content`, hexadecimal.
    path : pathlib.Path
        The file that it is cached in.
    """

    content: bytes
    url: str
    width: int
    height: int
    sha256: str
    path: Path


class _Answer(NamedTuple):
    """What a URL gave: the bytes, where from, and whether an address was private."""

    content: bytes
    url: str
    private: bool


def fetch_image(
    url: str,
    allow_private: bool = False,
    *,
    connect_timeout: float = 5.0,
    total_timeout: float = 20.0,
    max_bytes: int = 20_000_000,
    max_pixels: int = 50_000_000,
) -> Fetched:
    """Fetch a picture by URL, or take it from the cache if that URL has been fetched before.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``. Up to five redirects are followed.
    allow_private : bool
        Permit loopback and private networks, for servers of your own. Every address is checked
        as it is connected to, after each redirect again; see `check_address`.
    connect_timeout, total_timeout : float
        Seconds for connecting to a server, and for everything together.
    max_bytes : int
        Largest picture, as sent and as unpacked.
    max_pixels : int
        Width times height above which a picture is not decoded.

    Returns
    -------
    Fetched
        The bytes, which are known to decode, and what is known about them.

    Raises
    ------
    FetchError
        With `kind` and `url`: ``refused`` (not http or https, an odd URL, an address that may
        not be connected to, too many redirects), ``not_found`` (404, 410), ``http_error``
        (another status), ``timeout``, ``too_large``, ``not_an_image``, ``unreachable`` (no such
        host, connection refused or broken off, bad certificate).
    OSError
        The cache folder cannot be written.

    Examples
    --------
    >>> fetch_image("https://example.com/logo.png").width
    640
    """
    url = str(url)
    _parse(url)
    cached = _from_cache(url, allow_private)
    answer = cached or _download(url, allow_private, connect_timeout, total_timeout, max_bytes)
    width, height = _check_picture(url, answer.content, max_bytes, max_pixels, not cached)
    path = _picture_path(url, image_format(answer.content))
    sha256 = hashlib.sha256(answer.content).hexdigest()
    fetched = Fetched(answer.content, answer.url, width, height, sha256, path)
    if not cached:
        _to_cache(url, fetched, answer.private)
    return fetched


def _parse(url: str) -> Url:
    """Take a URL apart, or refuse it. The same parts are then used to connect."""
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
    odd = "a percent-encoded host" if "%" in authority else odd_host(parsed.host or "")
    if odd:
        raise FetchError("refused", url, f"{odd}; give the host's plain name")
    return parsed


def _download(
    url: str, allow_private: bool, connect_timeout: float, total_timeout: float, max_bytes: int
) -> _Answer:
    """Follow a URL; errors carry the URL that was asked for, wherever they happened."""
    try:
        return _follow(url, allow_private, connect_timeout, Deadline(total_timeout), max_bytes)
    except FetchError as error:
        if error.url == url:
            raise
        reason = f"redirected to {error.url}: {error.reason}"
        raise FetchError(error.kind, url, reason) from error


def _follow(
    url: str, allow_private: bool, connect_timeout: float, deadline: Deadline, max_bytes: int
) -> _Answer:
    """Get a URL's bytes, going where it redirects to."""
    here, private = url, False
    for _ in range(MAX_REDIRECTS + 1):
        parsed = _parse(here)
        connection = open_connection(parsed, deadline, connect_timeout, allow_private)
        with _as_fetch_error(here), closing(connection):
            connection.request("GET", parsed.request_uri, headers=_HEADERS, preload_content=False)
            with closing(connection.getresponse()) as response:
                private = private or connection.private
                location = response.get_redirect_location()
                if not location:
                    _check_status(here, response.status)
                    return _Answer(_read(here, response, max_bytes), here, private)
        here = _join(here, location)
    raise FetchError("refused", url, f"more than {MAX_REDIRECTS} redirects; open it in a browser")


def _join(url: str, location: str) -> str:
    """Where a redirect leads. Headers arrive as Latin-1, but hold UTF-8 where not ASCII."""
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError("refused", url, f"redirects to {location!r}, which is no URL") from None


@contextmanager
def _as_fetch_error(url: str) -> Iterator[None]:
    """Turn whatever the network raises into a FetchError."""
    try:
        yield
    except (TimeoutError, HTTPTimeout) as error:
        reason = f"no complete answer in time ({error}); try later or allow more time"
        raise FetchError("timeout", url, reason) from error
    except DecodeError as error:
        raise FetchError("not_an_image", url, f"the answer cannot be unpacked ({error})") from error
    except (HTTPError, HTTPException, OSError, UnicodeError) as error:
        reason = f"{str(error) or type(error).__name__}; check the address or try later"
        raise FetchError("unreachable", url, reason) from error


def _check_status(url: str, status: int) -> None:
    if status in (404, 410):
        raise FetchError("not_found", url, f"the server has no such picture (status {status})")
    if status != 200:
        reason = f"the server answered with status {status}; open the URL in a browser"
        raise FetchError("http_error", url, reason)


def _read(url: str, response: HTTPResponse, max_bytes: int) -> bytes:
    """Read an answer's body, unpacked, up to the limit and no further."""
    announced = response.length_remaining or 0
    body = bytearray()
    if announced <= max_bytes:
        for piece in response.stream(1 << 16, decode_content=True):
            body += piece
            if len(body) > max_bytes:
                break
    if max(announced, len(body)) > max_bytes:
        raise FetchError("too_large", url, f"more than {max_bytes:,} bytes; see max_bytes")
    return bytes(body)


def _check_picture(
    url: str, content: bytes, max_bytes: int, max_pixels: int, decode: bool
) -> tuple[int, int]:
    """Width and height of a picture within the limits; with `decode`, one that is whole too."""
    if len(content) > max_bytes:
        raise FetchError("too_large", url, f"{len(content):,} bytes; max_bytes is {max_bytes:,}")
    try:
        width, height = image_size(content, source="the answer")
        if width * height > max_pixels:
            raise TooManyPixels(f"{width} x {height} pixels; max_pixels is {max_pixels:,}")
        if decode:
            decode_image(content, max_pixels=max_pixels, source="the answer")
    except TooManyPixels as error:
        raise FetchError("too_large", url, str(error)) from error
    except ImageError as error:
        raise FetchError("not_an_image", url, str(error)) from error
    return width, height


def _cache_stem(url: str) -> Path:
    name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
    return cache_home() / "urls" / name


def _picture_path(url: str, kind: str) -> Path:
    return _cache_stem(url).with_suffix(_EXTENSIONS[kind])


def _from_cache(url: str, allow_private: bool) -> _Answer | None:
    """What a URL gave last time, unless it is damaged or this caller might not fetch it."""
    try:
        note = json.loads(_cache_stem(url).with_suffix(".json").read_text(encoding="utf-8"))
        content = _picture_path(url, note["format"]).read_bytes()
        whole = hashlib.sha256(content).hexdigest() == note["sha256"]
        if whole and (allow_private or note["private"] is False):
            return _Answer(content, note["url"], note["private"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing there, or not as we wrote it: fetched again
    return None


def _to_cache(url: str, fetched: Fetched, private: bool) -> None:
    """Keep a picture, then the note that vouches for it."""
    with atomic_path(fetched.path) as tmp:
        tmp.write_bytes(fetched.content)
    note = {
        "asked": url,
        "url": fetched.url,
        "format": image_format(fetched.content),
        "sha256": fetched.sha256,
        "bytes": len(fetched.content),
        "private": private,
    }
    write_text(_cache_stem(url).with_suffix(".json"), json.dumps(note, indent=1) + "\n")
