"""Run the service with uvicorn."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from logoflow.web.service.app import Routes, make_app

HOST, PORT = "127.0.0.1", 8000

HEAD_SECONDS = 10.0
"""Time for a client to send the head of a request, after it connects or after an answer."""

_TOO_SLOW = b'{"error": "The head of the request did not arrive in time."}'


class TimedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, but a client that sends no request is disconnected.

    Without the clock, a client that sends one byte a minute would hold its connection forever. So
    would a client that goes on sending a body that was refused.
    """

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: object) -> None:  # type: ignore[override]
        """Start the clock when a client connects."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Start the clock again after each answer."""
        self._start_clock()
        super().on_response_complete()

    def _start_clock(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._end, self.cycle)

    def _end(self, last: RequestResponseCycle | None) -> None:
        """Disconnect a client that has begun no request since the clock was started."""
        if self.cycle is not last or self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE:
            headers = [("content-type", "application/json"), ("connection", "close")]
            response = h11.Response(status_code=408, headers=headers)
            for event in (response, h11.Data(data=_TOO_SLOW), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def serve(
    service: Routes,
    host: str = HOST,
    port: int = PORT,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Answer requests until the process is interrupted.

    Parameters
    ----------
    service : Service or PageApp
    host : str
        The address to listen on. By default, other machines cannot reach it.
    port : int
        0 takes any free port.
    ready : callable
        It is called with the address of the service, such as ``http://127.0.0.1:8000``, once
        clients can connect.

    Raises
    ------
    OSError
        If the port is in use, or this machine does not have the address.
    """
    listener = _listen(host, port)
    ready(_address(listener))
    try:
        _server(service).run(sockets=[listener])
    finally:
        listener.close()
        service.close()


@contextmanager
def serving(service: Routes) -> Iterator[str]:
    """Answer requests in a thread, for the duration of a ``with`` block.

    Parameters
    ----------
    service : Service or PageApp

    Yields
    ------
    str
        Its address.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> import logoflow as lf
    >>> from logoflow.web.service.app import Service
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> service = Service(lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs))
    >>> with serving(service) as address:
    ...     urlopen(f"{address}/health").status
    200
    """
    listener, server = _listen(HOST, 0), _server(service)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield _address(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        service.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(service: Routes) -> uvicorn.Server:
    config = uvicorn.Config(
        make_app(service),
        http=TimedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
