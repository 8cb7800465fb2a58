"""Web servers on loopback, friendly and hostile, and a watch on what is dialled."""

import io
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from PIL import Image

from logoflow.fetch import connections


def picture(kind="JPEG", size=(30, 20), colour="red", **options):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **options)
    return file.getvalue()


JPEG = picture()


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


class Handler(BaseHTTPRequestHandler):
    """Answers with the pages put there by a test, else /name by the method of that name."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        path = self.path.split("?")[0]
        try:
            if path in self.server.pages:
                answers = self.server.pages[path]
                self.answer(**answers.pop(0) if len(answers) > 1 else answers[0])
            else:
                getattr(self, path.strip("/").split("/")[0], self.missing)()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        for name, values in {"Content_Length": len(content), **headers}.items():
            for value in values if isinstance(values, tuple) else [values]:
                if value is not None:
                    self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)

    def missing(self):
        self.answer(b"nothing here", 404)

    def status(self):
        self.answer(b"sorry", int(self.path.rsplit("/", 1)[1]))

    def to(self):
        """/to/<URL>: redirects there."""
        self.answer(b"", 302, Location=self.path.removeprefix("/to/"))

    def loop(self):
        self.answer(b"", 301, Location=f"/loop/{len(self.server.asked)}")

    def drip_body(self):
        self.send_response(200)
        self.end_headers()
        self.drip(JPEG)

    def drip_headers(self):
        self.drip(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")

    def drip_chunk_size(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.drip(b"0" * 100)

    def drip(self, data):
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.server.stop.wait(0.1)

    def silent(self):
        self.server.stop.wait(5)

    def continues(self):
        while not self.server.stop.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def endless(self):
        self.send_response(200)
        self.end_headers()
        while not self.server.stop.is_set():
            self.wfile.write(bytes(1 << 16))

    def endless_chunks(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.server.stop.is_set():
            self.wfile.write(chunk(bytes(1 << 16)))

    def huge_chunk(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n")
        while not self.server.stop.is_set():
            self.wfile.write(bytes(1 << 16))

    def chunked(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(JPEG), 100):
            self.wfile.write(chunk(JPEG[start : start + 100]))
        self.wfile.write(b"0\r\n\r\n")

    def cut_chunks(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.wfile.write(chunk(JPEG[:100]))

    def garbage(self):
        self.wfile.write(b"\0\1\2 what is HTTP?\r\n\r\n")

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler=Handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.asked, self.pages, self.stop = [], {}, threading.Event()
        self.base = f"http://127.0.0.1:{self.server_port}"

    def put(self, path, content, status=200, **headers):
        """Answer so at `path` from now on; a tuple makes several headers of a name."""
        self.pages[path] = [{"content": content, "status": status, **headers}]
        return self.base + path

    def put_first(self, path, content, status=200, **headers):
        """Answer so once, before what `path` answers otherwise."""
        self.pages[path].insert(0, {"content": content, "status": status, **headers})
        return self.base + path

    def handle_error(self, *args):
        pass


@contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def watch_dialling(monkeypatch):
    """Note every address dialled: any but loopback fails the test, unless sent to `routes`."""
    calls, routes, real = [], {}, socket.socket.connect

    def connect(sock, address):
        calls.append(address[0])
        address = routes.get(address[0], address)
        assert address[0] in ("127.0.0.1", "::1"), f"dialled {address}"
        return real(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield SimpleNamespace(calls=calls, routes=routes)
    assert set(calls) <= {"127.0.0.1", "::1", *routes}


def own_resolver(monkeypatch):
    """DNS in the test's hands: host -> a list of answers, one for each lookup, the last stays.

    An answer is a list of addresses, or an error to raise.
    """
    answers, lookups = {}, []

    def resolve(host, port):
        lookups.append(host)
        given = answers.get(host, [socket.gaierror(socket.EAI_NONAME, "Name or service not known")])
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(connections, "_resolve", resolve)
    return SimpleNamespace(answers=answers, lookups=lookups)
