"""Cache of fetched pictures on disk. A JSON note beside each picture says who may have it."""

import hashlib
import json
import time
from pathlib import Path
from typing import NamedTuple

from logoflow.fetch.download import Download, FetchOptions
from logoflow.fetch.headers import Validators
from logoflow.images.headers import image_format
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.paths import cache_home

FRESH_SECONDS = 3600.0
"""Seconds for which a picture is used without asking its server again, unless the server says
otherwise."""

_EXTENSIONS = {
    "jpeg": ".jpg",
    "png": ".png",
    "gif": ".gif",
    "webp": ".webp",
    "bmp": ".bmp",
    "tiff": ".tif",
    "avif": ".avif",
    "heif": ".heic",
}


class Cached(NamedTuple):
    """A picture in the cache.

    Attributes
    ----------
    download : Download
        The picture and its origin.
    age : float
        Seconds since its server was asked.
    """

    download: Download
    age: float

    def is_fresh(self, max_age: float | None) -> bool:
        """Tell whether the picture may be used without asking its server again.

        Parameters
        ----------
        max_age : float or None
            In seconds. None: as the server said, or `FRESH_SECONDS`.
        """
        if max_age is None:
            stated = self.download.fresh_seconds
            max_age = FRESH_SECONDS if stated is None else stated
        return self.age < max_age

    def validators(self) -> Validators:
        """Return what the server needs to tell whether the picture has changed."""
        return Validators(self.download.url, self.download.etag, self.download.last_modified)


def read_cached(url: str, options: FetchOptions, *, decoded: bool) -> Cached | None:
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
    Cached or None
        None if the picture has to be fetched: it is missing, damaged, or not allowed.

    Examples
    --------
    >>> options = FetchOptions(False, 5.0, 20.0, 20_000_000, 8, True)
    >>> read_cached("https://example.com/never-fetched.png", options, decoded=True)
    """
    stem = _stem(url, options)
    try:
        note = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        content = stem.with_suffix(_EXTENSIONS[note["format"]]).read_bytes()
        # A KeyError here means a note of an older version: the picture is fetched again.
        private, opted_out = note["private"] is not False, note["opted_out"] is not False
        allowed = (options.allow_private or not private) and not (
            options.honour_opt_out and opted_out
        )
        complete = note["decoded"] is True or not decoded
        if allowed and complete and hashlib.sha256(content).hexdigest() == note["sha256"]:
            download = Download(
                content,
                note["url"],
                private,
                opted_out,
                note["etag"],
                note["last_modified"],
                note["fresh_seconds"],
            )
            return Cached(download, max(0.0, time.time() - float(note["checked"])))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # missing, or not in our format: fetch it again
    return None


def write_cached(url: str, downloaded: Download, options: FetchOptions, *, decoded: bool) -> None:
    """Write a picture to the cache, and then its note.

    Parameters
    ----------
    url : str
        The URL as the caller wrote it.
    downloaded : Download
        The picture and its origin.
    options : FetchOptions
        How it was fetched.
    decoded : bool
        Whether the picture has been decoded completely.

    Raises
    ------
    OSError
        If the cache folder cannot be written.
    """
    with atomic_path(cached_path(url, downloaded.content, options)) as tmp:
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
        "etag": downloaded.etag,
        "last_modified": downloaded.last_modified,
        "fresh_seconds": downloaded.fresh_seconds,
        "checked": time.time(),
    }
    write_text(_stem(url, options).with_suffix(".json"), json.dumps(note, indent=1) + "\n")


def cached_path(url: str, content: bytes, options: FetchOptions) -> Path:
    """Return the cache file for the picture of a URL. Its extension follows from the content."""
    return _stem(url, options).with_suffix(_EXTENSIONS[image_format(content)])


def _stem(url: str, options: FetchOptions) -> Path:
    """Name the files of a URL. The answer can depend on the user agent and the referer."""
    key_parts = [part for part in (url, options.user_agent, options.referer) if part]
    name = hashlib.sha256("\n".join(key_parts).encode("utf-8", "surrogatepass")).hexdigest()
    return cache_home() / "urls" / name
