"""Serve a folder on http://127.0.0.1, so that a notebook can fetch pictures without a network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from logoflow.utils.addresses import local_path


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        """Print nothing: a line for every request would clutter a notebook."""


@contextmanager
def serve_folder(folder: Path | str) -> Iterator[str]:
    """Serve a folder over HTTP on this machine, for the duration of a ``with`` block.

    Parameters
    ----------
    folder : Path or str
        Folder to serve. Every process on this machine can fetch its files.

    Yields
    ------
    str
        The address, such as ``http://127.0.0.1:43211``.

    Raises
    ------
    NotADirectoryError
        If the folder does not exist.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> _ = Path("hello.txt").write_text("hello")
    >>> with serve_folder(".") as address:
    ...     print(urlopen(f"{address}/hello.txt").read())
    b'hello'
    """
    folder = local_path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"Cannot serve {folder}: there is no such folder.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
