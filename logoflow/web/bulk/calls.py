"""Check a call of `classify_urls` before anything starts."""

import inspect
import multiprocessing

from logoflow.fetch.fetch_image import fetch_image

_DECIDED = {"url", "allow_private", "per_host", "cache", "max_age", "decode", "max_pixels"}
"""Arguments of `fetch_image` that a run decides itself or has arguments of its own for."""


def refuse_unguarded_script() -> None:
    """Raise an error if a worker process calls `classify_urls` while it imports the main script.

    Without a guard in the script, each worker would start the run again.

    Raises
    ------
    RuntimeError
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "Your script calls classify_urls when it is imported, and the workers import it. Put "
            'the call below this line, indented:\n\n    if __name__ == "__main__":\n'
        )


def checked_fetch_options(options: dict[str, object]) -> dict[str, object]:
    """Return options of `fetch_image`, checked.

    Parameters
    ----------
    options : dict of str to object

    Returns
    -------
    dict of str to object

    Raises
    ------
    TypeError
        If there is no such option.

    Examples
    --------
    >>> checked_fetch_options({"max_bytes": 1000})
    {'max_bytes': 1000}
    """
    known = set(inspect.signature(fetch_image).parameters) - _DECIDED
    unknown = sorted(set(options) - known)
    if unknown:
        raise TypeError(
            f"classify_urls has no argument {unknown[0]!r}. Arguments for fetching are "
            f"{', '.join(sorted(known))}."
        )
    return options
