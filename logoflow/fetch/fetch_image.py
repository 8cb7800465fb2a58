"""The one way to get a picture from a URL: none is trusted, and anything wrong is a FetchError."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from logoflow.errors import FetchError, ImageError, TooManyPixels
from logoflow.fetch.cache import keep, picture_path, recall
from logoflow.fetch.download import Rules, download, parse
from logoflow.fetch.rate_limit import with_retries
from logoflow.images.decode import decode_image, image_size


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
    path : pathlib.Path or None
        The file that it is cached in; None with ``cache=False``.
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
    max_bytes: int = 20_000_000,
    max_pixels: int = 50_000_000,
    retries: int = 2,
    per_host: int = 8,
    honour_opt_out: bool = True,
    cache: bool = True,
    decode: bool = True,
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
        Seconds for connecting to a server, and for everything together, in each attempt.
    max_bytes : int
        Largest picture, as sent and as unpacked.
    max_pixels : int
        Width times height above which a picture is not decoded.
    retries : int
        Attempts after the first, with growing waits between them, while it fails in a way that
        may pass: a timeout, a broken connection, statuses such as 429 and 503. A server's
        ``Retry-After`` is kept to, for all URLs of that host in this process; while it has more
        than 30 seconds left they fail without asking.
    per_host : int
        Requests at once to one host (name and port), from all threads of this process.
        Waiting for a turn is not held against the timeouts.
    honour_opt_out : bool
        Leave a picture alone whose answer, or a redirect to it, says ``noai``, ``noimageai``,
        ``noindex`` or ``noimageindex`` in ``X-Robots-Tag`` headers.
    cache : bool
        Read and write the cache.
    decode : bool
        Prove that the picture is whole by decoding it. Without, only its header is read.

    Returns
    -------
    Fetched
        The bytes and what is known about them.

    Raises
    ------
    FetchError
        Whatever went wrong, with its `kind` and `url`; `FetchError` lists the kinds.
    OSError
        The cache folder cannot be written.
    ValueError
        `per_host` is less than 1.

    Examples
    --------
    >>> fetch_image("https://example.com/logo.png").width
    640
    """
    if per_host < 1:
        raise ValueError(f"per_host={per_host} would wait for ever; give 1 or more")
    url = str(url)
    parse(url)
    rules = Rules(
        allow_private, connect_timeout, total_timeout, max_bytes, per_host, honour_opt_out
    )
    known = recall(url, rules, decoded=decode) if cache else None
    answer = known or with_retries(lambda: download(url, rules), retries)
    width, height = _check_picture(url, answer.content, max_bytes, max_pixels, decode and not known)
    if cache and not known:
        keep(url, answer, decoded=decode)
    sha256 = hashlib.sha256(answer.content).hexdigest()
    path = picture_path(url, answer.content) if cache else None
    return Fetched(answer.content, answer.url, width, height, sha256, path)


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
