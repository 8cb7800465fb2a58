"""The exceptions of logoflow. `LogoflowError` is the base of all of them."""

import re


class LogoflowError(Exception):
    """Base class of the exceptions that logoflow defines.

    logoflow raises Python's own exceptions too, such as ValueError for an argument out of range.

    Examples
    --------
    >>> try:
    ...     raise ImageError("broken.jpg: not a picture")
    ... except LogoflowError as error:
    ...     print(error)
    broken.jpg: not a picture
    """


class AddressError(LogoflowError, ValueError):
    """A path or address cannot be used here. The message says why, and what to write instead."""


class ArchiveError(LogoflowError):
    """An archive cannot be fetched or is unsafe to extract. The message names the archive."""


class ArtworkError(LogoflowError, ValueError):
    """The artwork of a logo is empty, shows one colour only, or cannot be drawn."""


class ClassifierError(LogoflowError, ValueError):
    """The folder of a saved classifier is incomplete or altered, or logoflow did not write it."""


class ClassListError(LogoflowError, ValueError):
    """Two class lists differ that have to be equal. The message names the difference."""


class DamagedFileError(LogoflowError, ValueError):
    """A file of logoflow or MXNet is cut, altered or of another kind. The message names it."""


class ImageError(LogoflowError, ValueError):
    """The bytes are no picture in a format that logoflow reads, or the picture is broken.

    The message names the picture's source.
    """


class LayoutError(LogoflowError, ValueError):
    """The folders of a data set can be understood in more than one way.

    The message shows what was found, and which option settles it.
    """


class TooManyPixels(ImageError):
    """The header of a picture announces too many pixels. The picture was not decoded."""


class NotPreparedError(LogoflowError, FileNotFoundError):
    """A folder is no prepared data set. The message says what to call first."""


class NotebookError(LogoflowError, RuntimeError):
    """A notebook stopped before its end. The message names the failing cell and the page."""


class ResumeError(LogoflowError, ValueError):
    """A resume file belongs to another training run, or logoflow did not write it."""


class TooManyBytes(LogoflowError):
    """A server sends more bytes than allowed."""


class WeightsError(LogoflowError):
    """Pretrained weights cannot be found or fetched, or their hash is wrong."""


class WorkerError(LogoflowError, RuntimeError):
    """The processes that decode photos do not answer any more."""


class FetchError(LogoflowError):
    """The picture at a URL cannot be fetched.

    Parameters
    ----------
    kind : str
        One of:

        - ``refused``: logoflow does not allow the URL. It is neither http nor https, it is
          malformed, its address is forbidden, or it redirects too often.
        - ``opted_out``: the server's ``X-Robots-Tag`` forbids the use of the picture.
        - ``not_found``: status 404 or 410.
        - ``http_error``: any other status that means failure.
        - ``timeout``: no complete answer in time.
        - ``too_large``: too many bytes or pixels.
        - ``not_an_image``: the answer is no picture, or a broken one.
        - ``unreadable``: a file, which `logoflow.classify_urls` can read instead of a URL, cannot
          be read.
        - ``unreachable``: no such host, the connection was refused or lost, or the certificate is
          invalid.
    url : str
        The URL that was requested.
    reason : str
        What was wrong, and what to do next.
    transient : bool
        Whether a later attempt may succeed.
    retry_after : float, optional
        Seconds to wait before the next attempt, if the server asks for it.

    Notes
    -----
    Every parameter is also an attribute. User names and passwords in URLs are masked in `reason`
    and in the message.

    Examples
    --------
    >>> error = FetchError("not_found", "https://example.com/cup.jpg", "there is no such picture")
    >>> error.kind
    'not_found'
    >>> print(error)
    https://example.com/cup.jpg: there is no such picture [not_found]
    """

    def __init__(
        self,
        kind: str,
        url: str,
        reason: str,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        reason = re.sub(r"//[^/?#\s]*@", "//***@", reason)  # tables show it
        # Pickling needs all of them as arguments.
        super().__init__(kind, url, reason, transient, retry_after)
        self.kind = kind
        self.url = url
        self.reason = reason
        self.transient = transient
        self.retry_after = retry_after

    def __str__(self) -> str:
        message = f"{self.url}: {self.reason} [{self.kind}]"
        return re.sub(r"//[^/?#\s]*@", "//***@", message)  # no passwords in logs
