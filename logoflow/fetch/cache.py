"""Cache of fetched pictures on disk. A JSON note beside each picture says who may have it."""

import hashlib
import json
from pathlib import Path

from logoflow.fetch.download import Download, FetchOptions
from logoflow.images.headers import image_format
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.paths import cache_home

_EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "webp": ".webp", "bmp": ".bmp"}


def read_cached(url: str, options: FetchOptions, *, decoded: bool) -> Download | None:
    """Read the picture of a URL from the cache.

    Parameters
    ----------
    url : str
        The URL as the caller wrote it.
    options : FetchOptions
        A picture from a private address is returned with `allow_private` only, and a picture whose
        owner opted out only without `honour_opt_out`.
    decoded : bool
        Return only pictures that have been decoded completely once.

    Returns
    -------
    Download or None
        None if the picture has to be fetched: it is missing, damaged, or not allowed.

    Examples
    --------
    >>> options = FetchOptions(False, 5.0, 20.0, 20_000_000, 8, True)
    >>> read_cached("https://example.com/never-fetched.png", options, decoded=True)
    """
    try:
        note = json.loads(_stem(url).with_suffix(".json").read_text(encoding="utf-8"))
        content = _stem(url).with_suffix(_EXTENSIONS[note["format"]]).read_bytes()
        # A KeyError here means a note of an older version: the picture is fetched again.
        private, opted_out = note["private"] is not False, note["opted_out"] is not False
        allowed = (options.allow_private or not private) and not (
            options.honour_opt_out and opted_out
        )
        complete = note["decoded"] is True or not decoded
        if allowed and complete and hashlib.sha256(content).hexdigest() == note["sha256"]:
            return Download(content, note["url"], private, opted_out)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # missing, or not in our format: fetch it again
    return None


def write_cached(url: str, downloaded: Download, *, decoded: bool) -> None:
    """Write a picture to the cache, and then its note.

    Parameters
    ----------
    url : str
        The URL as the caller wrote it.
    downloaded : Download
        The picture and its origin.
    decoded : bool
        Whether the picture has been decoded completely.

    Raises
    ------
    OSError
        If the cache folder cannot be written.
    """
    with atomic_path(cached_path(url, downloaded.content)) as tmp:
        tmp.write_bytes(downloaded.content)
    note = {
        "asked": url,
        "url": downloaded.url,
        "format": image_format(downloaded.content),
        "sha256": hashlib.sha256(downloaded.content).hexdigest(),
        "bytes": len(downloaded.content),
        "private": downloaded.private,
        "opted_out": downloaded.opted_out,
        "decoded": decoded,
    }
    write_text(_stem(url).with_suffix(".json"), json.dumps(note, indent=1) + "\n")


def cached_path(url: str, content: bytes) -> Path:
    """Return the cache file for the picture of a URL. Its extension follows from the content."""
    return _stem(url).with_suffix(_EXTENSIONS[image_format(content)])


def _stem(url: str) -> Path:
    name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
    return cache_home() / "urls" / name
