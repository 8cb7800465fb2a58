"""Remember which shard answers which URL: on disk, because millions of URLs may not fit in RAM."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class SeenUrls:
    """The first shard that has each URL. That shard holds the URL's answer.

    The table lies in a temporary file and is removed at the end of the run.

    Examples
    --------
    >>> seen = SeenUrls()
    >>> seen.first_shard(["http://a/1.jpg", "http://a/2.jpg"], 0)
    [0, 0]
    >>> seen.first_shard(["http://a/2.jpg", "http://a/3.jpg"], 1)
    [0, 1]
    >>> seen.close()
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="logoflow-seen-")
        self._table = sqlite3.connect(f"{self._folder.name}/urls.sqlite", isolation_level=None)
        with self._table_or_os_error() as table:
            table.execute("PRAGMA journal_mode = OFF")
            table.execute("PRAGMA synchronous = OFF")
            table.execute("CREATE TABLE seen (url BLOB PRIMARY KEY, shard INT) WITHOUT ROWID")

    def first_shard(self, urls: Sequence[str], shard: int) -> list[int]:
        """Note the URLs of a shard, and return the first shard that has each of them.

        Parameters
        ----------
        urls : sequence of str
            The URLs of the shard's rows.
        shard : int
            Number of the shard.

        Returns
        -------
        list of int
            Numbers of shards, one per URL: `shard` itself for a URL that is new.

        Raises
        ------
        OSError
            If the folder for temporary files is full.
        """
        rows = [(_key(url), shard) for url in urls]
        with self._table_or_os_error() as table:
            table.execute("BEGIN")
            table.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
            query = "SELECT shard FROM seen WHERE url = ?"
            shards = [table.execute(query, (key,)).fetchone()[0] for key, _ in rows]
            table.execute("COMMIT")
        return shards

    @contextmanager
    def _table_or_os_error(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._table
        except sqlite3.OperationalError as error:
            raise OSError(
                f"Cannot keep track of URLs in {self._folder.name} ({error}). Make room there, or "
                "set TMPDIR to a folder with more room. Then make the same call again: it "
                "continues from there."
            ) from error

    def close(self) -> None:
        """Remove the table."""
        self._table.close()
        self._folder.cleanup()


def _key(url: str) -> bytes:
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()
