"""Pictures fetched by URL, kept on disk: each with a note that says who may be given it."""

import hashlib
import json
from pathlib import Path

from logoflow.fetch.download import Answer, Rules
from logoflow.images.headers import image_format
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.paths import cache_home

_EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "webp": ".webp", "bmp": ".bmp"}


def recall(url: str, rules: Rules, *, decoded: bool) -> Answer | None:
    """Give what a URL gave last time, unless it is damaged or this caller might not fetch it.

    Parameters
    ----------
    url : str
        As it was asked for.
    rules : Rules
        The caller's: a picture had from a private address goes to those only who allow that, one
        whose owner opted out to those only who do not honour it.
    decoded : bool
        Only a picture that was once decoded as a whole will do.

    Returns
    -------
    Answer or None
        None where it has to be fetched.
    """
    try:
        note = json.loads(_stem(url).with_suffix(".json").read_text(encoding="utf-8"))
        content = _stem(url).with_suffix(_EXTENSIONS[note["format"]]).read_bytes()
        # A note that lacks one of these, an older version's, vouches for nothing.
        private, opted_out = note["private"] is not False, note["opted_out"] is not False
        permitted = (rules.allow_private or not private) and not (
            rules.honour_opt_out and opted_out
        )
        proven = note["decoded"] is True or not decoded
        if permitted and proven and hashlib.sha256(content).hexdigest() == note["sha256"]:
            return Answer(content, note["url"], private, opted_out)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing there, or not as we write it: fetched again
    return None


def keep(url: str, answer: Answer, *, decoded: bool) -> None:
    """Keep a picture, then the note that vouches for it.

    Raises
    ------
    OSError
        The cache folder cannot be written.
    """
    with atomic_path(picture_path(url, answer.content)) as tmp:
        tmp.write_bytes(answer.content)
    note = {
        "asked": url,
        "url": answer.url,
        "format": image_format(answer.content),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
        "bytes": len(answer.content),
        "private": answer.private,
        "opted_out": answer.opted_out,
        "decoded": decoded,
    }
    write_text(_stem(url).with_suffix(".json"), json.dumps(note, indent=1) + "\n")


def picture_path(url: str, content: bytes) -> Path:
    """The file for a URL's picture; what it is called by depends on the format."""
    return _stem(url).with_suffix(_EXTENSIONS[image_format(content)])


def _stem(url: str) -> Path:
    name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
    return cache_home() / "urls" / name
