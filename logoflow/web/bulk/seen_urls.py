"""Which URL is answered where: on disk, since a million of them need not fit in memory."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


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
        with self._room_told() as table:
            table.execute("PRAGMA journal_mode = OFF")
            table.execute("PRAGMA synchronous = OFF")
            table.execute("CREATE TABLE seen (url BLOB PRIMARY KEY, shard INT) WITHOUT ROWID")

    def homes(self, urls: Sequence[str], shard: int) -> list[int]:
        """Tell each URL's shard, `shard` for those not seen before.

        Raises
        ------
        OSError
            If the system's folder for temporary files is full.
        """
        new = [(_key(url), shard) for url in urls]
        with self._room_told() as table:
            table.execute("BEGIN")
            table.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", new)
            ask = "SELECT shard FROM seen WHERE url = ?"
            found = [table.execute(ask, (key,)).fetchone()[0] for key, _ in new]
            table.execute("COMMIT")
        return found

    @contextmanager
    def _room_told(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._table
        except sqlite3.OperationalError as error:
            raise OSError(
                f"Cannot keep track of URLs in {self._folder.name} ({error}). Make room there, or "
                "have TMPDIR name a folder with more, and make the same call again; it goes on "
                "from there."
            ) from error

    def close(self) -> None:
        """Remove the file."""
        self._table.close()
        self._folder.cleanup()


def _key(url: str) -> bytes:
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()
