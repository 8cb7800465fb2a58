"""The headers of a request, and what the headers of its answer say about time."""

import re
from typing import NamedTuple

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

_ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/bmp,*/*;q=0.1"


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


def request_headers(
    url: str, user_agent: str, referer: str | None, validators: Validators | None
) -> dict[str, str]:
    """Collect the headers of a request.

    Parameters
    ----------
    url : str
    user_agent : str
    referer : str or None
    validators : Validators or None
        Of a picture in the cache. They are sent to the URL that they belong to.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> request_headers("https://example.com/logo.png", "mine/1.0", None, None)["User-Agent"]
    'mine/1.0'
    """
    headers = {"User-Agent": user_agent, "Accept": _ACCEPT}
    if referer:
        headers["Referer"] = referer
    if validators is not None and validators.url == url:
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
    return headers


def is_conditional(headers: dict[str, str]) -> bool:
    """Tell whether a request asks for the content only if it has changed."""
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


def parse_retry_after(header: str | None) -> float | None:
    """Convert a Retry-After header to seconds from now.

    Parameters
    ----------
    header : str or None
        Number of seconds or an HTTP date; None if the answer has no such header.

    Returns
    -------
    float or None
        Seconds, or None if the header is missing or cannot be read.

    Examples
    --------
    >>> parse_retry_after("120")
    120
    """
    try:
        return None if header is None else Retry().parse_retry_after(header)
    except (HTTPError, ValueError, OverflowError):
        return None
