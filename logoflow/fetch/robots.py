"""Read from X-Robots-Tag headers whether an owner keeps a picture from programs like this one."""

from collections.abc import Iterable

# Servers know this program by its name: the User-Agent header begins with it.
USER_AGENT = "logoflow"

_OPT_OUT_DIRECTIVES = {"noai", "noimageai", "noindex", "noimageindex", "none"}
# These directives contain a colon. The part before the colon is not the name of a program.
_DIRECTIVES_WITH_VALUE = {
    "unavailable_after",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
}


def opt_out(headers: Iterable[str]) -> str | None:
    """Find a directive that asks programs like this one to leave a picture alone.

    The directives ``noai``, ``noimageai``, ``noindex`` and ``noimageindex`` count, as they do for
    img2dataset, and so does ``none``, which includes ``noindex``. ``bot: directive, ...`` concerns
    the named bot only.

    Parameters
    ----------
    headers : iterable of str
        Values of the X-Robots-Tag headers of an answer.

    Returns
    -------
    str or None
        The directive in lower case, or None if the picture may be taken.

    Examples
    --------
    >>> opt_out(["otherbot: noindex", "max-snippet: 5, NoAI"])
    'noai'
    """
    for header in headers:
        bot = ""
        for directive in header.lower().split(","):
            name, colon, rest = directive.partition(":")
            if colon and _is_bot(name.strip()):
                bot, directive = name.strip(), rest
            if bot in ("", "*", USER_AGENT) and directive.strip() in _OPT_OUT_DIRECTIVES:
                return directive.strip()
    return None


def _is_bot(name: str) -> bool:
    """Tell whether the text before a colon names a program, not a directive or part of a date."""
    return name not in _DIRECTIVES_WITH_VALUE and " " not in name
