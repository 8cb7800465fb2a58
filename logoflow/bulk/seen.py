"""Which URL is answered where: on disk, since a million of them need not fit in memory."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Sequence


class SeenUrls:
    """The shard that each URL is answered in: the first one that has it.

    It lives in a temporary file of the system, and only as long as a run.

    Examples
    --------
    >>> seen = SeenUrls()
    >>> seen.homes(["http://a/1.jpg", "http://a/2.jpg"], 0)
    [0, 0]
    >>> seen.homes(["http://a/2.jpg", "http://a/3.jpg"], 1)
    [0, 1]
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="logoflow-seen-")
        self._table = sqlite3.connect(f"{self._folder.name}/urls.sqlite", isolation_level=None)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE seen (url BLOB PRIMARY KEY, shard INT) WITHOUT ROWID")

    def homes(self, urls: Sequence[str], shard: int) -> list[int]:
        """Tell each URL's shard, `shard` for those not seen before."""
        keys = [_key(url) for url in urls]
        table = self._table
        table.execute("BEGIN")
        table.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(k, shard) for k in keys])
        ask = "SELECT shard FROM seen WHERE url = ?"
        found = [table.execute(ask, (key,)).fetchone()[0] for key in keys]
        table.execute("COMMIT")
        return found

    def close(self) -> None:
        """Remove the file."""
        self._table.close()
        self._folder.cleanup()


def _key(url: str) -> bytes:
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()
