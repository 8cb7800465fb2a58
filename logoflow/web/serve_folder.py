"""A folder on http://127.0.0.1, so that a notebook can fetch pictures without any network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        """Say nothing: a line per request is noise in a notebook."""


@contextmanager
def serve_folder(folder: Path | str) -> Iterator[str]:
    """Serve a folder over HTTP on loopback while the block runs.

    Parameters
    ----------
    folder : Path or str
        Everything in it can be fetched by processes of this machine.

    Yields
    ------
    str
        The address, such as ``http://127.0.0.1:43211``.

    Examples
    --------
    >>> with serve_folder("photos") as address:
    ...     classify_logo(classifier, f"{address}/cup.jpg", allow_private=True)
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder that could be served.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
