"""Turn what can go wrong with a request into a `FetchError` that says what to do."""

import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.response import HTTPResponse

from logoflow.errors import FetchError, TooManyBytes
from logoflow.fetch.headers import parse_retry_after
from logoflow.fetch.robots import opt_out

BROWSER_HINT = "open the URL in a browser"

# Statuses of a server that is busy or briefly broken. Other statuses would come again.
_TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# 201 (a server has just made the picture) and 203 (through a proxy) come with a picture, too.
_SUCCESSES = {200, 201, 203}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@contextmanager
def as_fetch_error(url: str) -> Iterator[None]:
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
    except Exception as error:  # the libraries also raise errors that are not theirs
        reason = f"{str(error) or type(error).__name__}; check the address or try later"
        raise FetchError("unreachable", url, reason, transient=_is_transient(error)) from error


def without_advice(error: FetchError) -> FetchError:
    """Leave out what follows the semicolon: it names arguments that only a programmer can pass.

    Parameters
    ----------
    error : FetchError

    Returns
    -------
    FetchError

    Examples
    --------
    >>> error = FetchError("too_large", "https://example.com/a.jpg", "many bytes; see max_bytes")
    >>> without_advice(error).reason
    'many bytes'
    """
    return FetchError(error.kind, error.url, error.reason.split(";")[0])


def _is_transient(error: Exception) -> bool:
    """Tell whether a connection that failed with this error may succeed later."""
    if isinstance(error, socket.gaierror):
        return error.errno not in _NO_SUCH_HOST
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return isinstance(error, (HTTPError, HTTPException, OSError))


def check_status(url: str, response: HTTPResponse) -> None:
    """Raise an error unless the server has sent a picture."""
    status = response.status
    if status in (404, 410):
        raise FetchError("not_found", url, f"the server has no such picture (status {status})")
    if status not in _SUCCESSES:
        seconds = parse_retry_after(response.headers.get("Retry-After"))
        hint = f"it asks to wait {math.ceil(seconds)} seconds" if seconds else BROWSER_HINT
        reason = f"the server answered with status {status}; {hint}"
        raise FetchError("http_error", url, reason, status in _TRANSIENT_STATUSES, seconds)


def check_opt_out(url: str, response: HTTPResponse, honour: bool) -> bool:
    """Tell whether an answer opts out. With `honour`, an opt-out is an error."""
    directive = opt_out(response.headers.getlist("X-Robots-Tag"))
    if directive and honour:
        reason = (
            f"the server's X-Robots-Tag says {directive}; "
            "skip this URL, or pass honour_opt_out=False if you are allowed to use the picture"
        )
        raise FetchError("opted_out", url, reason)
    return directive is not None
