"""The package's exceptions: catch `LogoflowError` to catch them all."""

import re


class LogoflowError(Exception):
    """Base class of the exceptions that logoflow defines.

    logoflow raises Python's own exceptions too, such as ValueError for an argument out of range.

    Examples
    --------
    >>> try:
    ...     read_image("broken.jpg")
    ... except LogoflowError as error:
    ...     print(error)
    broken.jpg: broken or truncated JPEG picture ...
    """


class ArchiveError(LogoflowError):
    """An archive could not be fetched, or may not be extracted. The message names the archive."""


class CacheError(LogoflowError, OSError):
    """Decoded photos cannot be kept on disk, for instance because the disk is too small."""


class ClassifierError(LogoflowError, ValueError):
    """A classifier's folder is incomplete, was altered, or was not written by logoflow."""


class ClassListError(LogoflowError, ValueError):
    """Two class lists that should be the same differ. The message names the difference."""


class ImageError(LogoflowError, ValueError):
    """The bytes are no picture that logoflow reads, or the picture is broken.

    The message names the picture's source.
    """


class TooManyPixels(ImageError):
    """The header announces more pixels than allowed. The picture was not decoded."""


class NotebookError(LogoflowError, RuntimeError):
    """A notebook stopped before its end."""


class ResumeError(LogoflowError, ValueError):
    """A resume file was not written by logoflow, or belongs to another training run."""


class TooManyBytes(LogoflowError):
    """A server's answer is longer than allowed."""


class WeightsError(LogoflowError):
    """Pretrained weights cannot be found or fetched, or differ from the published ones."""


class FetchError(LogoflowError):
    """A URL that gave no picture.

    Parameters
    ----------
    kind : str
        ``refused`` (not allowed by our own rules: not http or https, an odd URL, an address that
        may not be connected to, too many redirects), ``opted_out`` (the server's X-Robots-Tag
        forbids it), ``not_found`` (404, 410), ``http_error`` (another status), ``timeout``,
        ``too_large`` (bytes or pixels), ``not_an_image`` or ``unreachable`` (no such host,
        connection refused or broken off, bad certificate).
    url : str
        The URL (or address) that was asked for.
    reason : str
        What was wrong and what to do next.
    transient : bool
        Whether a later attempt may succeed.
    retry_after : float, optional
        Seconds that the server asks to wait before the next attempt.

    Notes
    -----
    Every parameter is an attribute of the same name. `reason` and the message hide user names and
    passwords in URLs.
    """

    def __init__(
        self,
        kind: str,
        url: str,
        reason: str,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        reason = re.sub(r"//[^/?#\s]*@", "//***@", reason)  # it goes into tables as it is
        # All of them as arguments, so that the error survives pickling.
        super().__init__(kind, url, reason, transient, retry_after)
        self.kind = kind
        self.url = url
        self.reason = reason
        self.transient = transient
        self.retry_after = retry_after

    def __str__(self) -> str:
        message = f"{self.url}: {self.reason} [{self.kind}]"
        return re.sub(r"//[^/?#\s]*@", "//***@", message)  # no passwords in logs
