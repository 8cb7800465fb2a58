"""Fetch a picture from an untrusted URL. Every problem becomes a FetchError."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from logoflow.errors import FetchError, ImageError, TooManyPixels
from logoflow.fetch.addresses import parse_http_url
from logoflow.fetch.cache import Cached, cached_path, read_cached, write_cached
from logoflow.fetch.download import Download, FetchOptions, download
from logoflow.fetch.retries import with_retries
from logoflow.images.decode import decode_image, image_size

MAX_BYTES = 20_000_000
"""Size of the largest picture that is fetched by default, in bytes."""

# Blanks that are copied with an address from a page or a table; some have no width.
BLANKS = " \t\r\n\f\v\u00a0\u2000\u2001\u2002\u2003\u2009\u200b\u200e\u202f\u3000\ufeff"


class Fetched(NamedTuple):
    """A picture from a URL.

    Attributes
    ----------
    content : bytes
        The encoded picture.
    url : str
        The final URL, after redirects.
    width, height : int
        Size in pixels, after the EXIF orientation is applied.
    sha256 : str
        SHA-256 of `content`, hexadecimal.
    path : pathlib.Path or None
        The file in the cache; None with ``cache=False``.
    """

    content: bytes
    url: str
    width: int
    height: int
    sha256: str
    path: Path | None


def fetch_image(
    url: str,
    allow_private: bool = False,
    *,
    connect_timeout: float = 5.0,
    total_timeout: float = 20.0,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = 50_000_000,
    retries: int = 2,
    per_host: int = 8,
    honour_opt_out: bool = True,
    user_agent: str | None = None,
    referer: str | None = None,
    cache: bool = True,
    max_age: float | None = None,
    decode: bool = True,
) -> Fetched:
    """Fetch a picture by its URL, or read it from the cache.

    Parameters
    ----------
    url : str
        Starts with ``http://`` or ``https://``. Blanks around it are ignored. Up to five redirects
        are followed.
    allow_private : bool
        Allow loopback and private networks, for servers of your own. Every address is checked
        when the connection is made, also after redirects; see
        `logoflow.fetch.addresses.check_address`.
    connect_timeout, total_timeout : float
        Seconds per attempt, for connecting to a server and for everything together.
    max_bytes : int
        Largest size of the picture in bytes, both as sent and decompressed.
    max_pixels : int
        Largest width times height. Larger pictures are not decoded.
    retries : int
        Further attempts after a transient error: a timeout, a broken connection, or a status such
        as 429 or 503. Waits between attempts grow. A ``Retry-After`` header pauses all URLs of that
        host in this process. While the pause has more than 30 seconds left, they fail without a
        request.
    per_host : int
        Simultaneous requests to one host (name and port) from all threads of this process.
        Waiting for a free slot does not count against the timeouts.
    honour_opt_out : bool
        Do not take a picture if its answer, or a redirect to it, has ``noai``, ``noimageai``,
        ``noindex`` or ``noimageindex`` in an ``X-Robots-Tag`` header.
    user_agent, referer : str, optional
        Values of the headers ``User-Agent`` and ``Referer``, for servers that ask for them.
    cache : bool
        Read and write the cache.
    max_age : float, optional
        Seconds for which a picture in the cache is used without asking its server whether it has
        changed. By default as the server says, or an hour if it does not say.
    decode : bool
        Decode the picture to make sure that it is complete. False reads its header only.

    Returns
    -------
    Fetched
        The bytes of the picture, its size and its origin.

    Raises
    ------
    FetchError
        If there is no picture within the limits. `FetchError` lists the values of its `kind`.
    OSError
        If the cache folder cannot be written.
    ValueError
        If `per_host` is less than 1, or a header has a line break.

    Examples
    --------
    This example needs a network, so the tests skip it.

    >>> fetch_image("https://example.com/logo.png").width  # doctest: +SKIP
    640
    """
    if per_host < 1:
        raise ValueError(f"per_host={per_host} allows no request; pass 1 or more")
    url = str(url).strip(BLANKS)
    parse_http_url(url)
    _check_headers(user_agent=user_agent, referer=referer)
    options = FetchOptions(
        allow_private,
        connect_timeout,
        total_timeout,
        max_bytes,
        per_host,
        honour_opt_out,
        user_agent,
        referer,
    )
    cached = read_cached(url, options, decoded=decode) if cache else None
    is_fresh = cached is not None and cached.is_fresh(max_age)
    result = (
        cached.download
        if cached is not None and is_fresh
        else _download(url, options, retries, cached)
    )
    needs_decoding = decode and not (cached and result.content is cached.download.content)
    width, height = check_picture(
        url, result.content, max_bytes=max_bytes, max_pixels=max_pixels, decode=needs_decoding
    )
    if cache and not is_fresh:
        write_cached(url, result, options, decoded=decode)
    sha256 = hashlib.sha256(result.content).hexdigest()
    path = cached_path(url, result.content, options) if cache else None
    return Fetched(result.content, result.url, width, height, sha256, path)


def _download(url: str, options: FetchOptions, retries: int, cached: Cached | None) -> Download:
    """Download a picture, or find out that the one in the cache is still right."""
    validators = cached.validators() if cached else None
    result = with_retries(lambda: download(url, options, validators), retries)
    if cached and result.unchanged:
        return result._replace(
            content=cached.download.content,
            etag=result.etag or cached.download.etag,
            last_modified=result.last_modified or cached.download.last_modified,
        )
    return result


def _check_headers(**headers: str | None) -> None:
    for name, value in headers.items():
        if value is not None and not (value.isprintable() and value.isascii()):
            raise ValueError(f"{name} is {value!r}: give one line of ASCII characters.")


def check_picture(
    url: str,
    content: bytes,
    *,
    max_bytes: int,
    max_pixels: int,
    decode: bool,
    source: str = "the answer",
) -> tuple[int, int]:
    """Check a picture against the limits, and decode it if asked to.

    Parameters
    ----------
    url : str
        Where the picture comes from.
    content : bytes
        The encoded picture.
    max_bytes, max_pixels : int
        The limits.
    decode : bool
        Whether to decode the picture, to make sure that it is complete.
    source : str
        What the messages call the picture.

    Returns
    -------
    (int, int)
        Width and height.

    Raises
    ------
    FetchError
        Of the kind ``too_large`` or ``not_an_image``.
    """
    check_bytes(url, len(content), max_bytes)
    try:
        width, height = image_size(content, source=source)
        if width * height > max_pixels:
            raise TooManyPixels(f"{width} x {height} pixels; at most {max_pixels:,} are allowed")
        if decode:
            decode_image(content, max_pixels=max_pixels, source=source)
    except TooManyPixels as error:
        raise FetchError("too_large", url, str(error)) from error
    except ImageError as error:
        raise FetchError("not_an_image", url, str(error)) from error
    return width, height


def check_bytes(url: str, size: int, max_bytes: int) -> None:
    """Raise FetchError if a picture has too many bytes."""
    if size > max_bytes:
        raise FetchError("too_large", url, f"{size:,} bytes; max_bytes is {max_bytes:,}")
