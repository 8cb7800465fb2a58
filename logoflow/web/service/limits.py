"""The limits of the service, for one request and for all requests together."""

from dataclasses import dataclass

from logoflow.fetch.fetch_image import MAX_BYTES
from logoflow.images.decode import MAX_PIXELS


@dataclass(frozen=True)
class Limits:
    """Limits of the service.

    Parameters
    ----------
    max_bytes : int
        Largest body of a request, and largest picture behind a URL.
    max_pixels : int
        Largest width times height of a picture.
    max_pictures : int
        Pictures, or URLs, of one request.
    max_requests : int
        Requests that are received or answered at the same time.
    receive_seconds : float
        Time for a client to send a request.
    allow_private : bool
        Whether URLs may lead to loopback and private networks.

    Examples
    --------
    >>> Limits(max_requests=8).max_pictures
    32
    """

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    max_pictures: int = 32
    max_requests: int = 32
    receive_seconds: float = 20.0
    allow_private: bool = False
