"""A limit on the decoded pixels that a worker holds, so that its memory has a limit too."""

import threading


class PixelBudget:
    """A number of pixels that threads share.

    A thread acquires a picture's pixels before it decodes the picture, and they are released once
    the picture is classified. A thread waits while too few pixels are left.

    Parameters
    ----------
    pixels : int
        Pixels that may be held at once. This must be at least the largest picture plus the pixels
        that make a full batch. Otherwise a thread could wait forever.

    Examples
    --------
    >>> budget = PixelBudget(1_000_000)
    >>> budget.acquire(750_000)
    >>> budget.release(750_000)
    """

    def __init__(self, pixels: int) -> None:
        self._left: float = pixels
        self._changed = threading.Condition()

    def acquire(self, pixels: int) -> None:
        """Wait until enough pixels are left, then take them."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= pixels)
            self._left -= pixels

    def release(self, pixels: float) -> None:
        """Give pixels back. ``math.inf`` lifts the limit."""
        with self._changed:
            self._left += pixels
            self._changed.notify_all()
