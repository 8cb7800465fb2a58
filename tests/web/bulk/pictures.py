"""A real server of pictures on loopback."""

import io
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

COLOURS = {"red": (230, 20, 20), "blue": (20, 20, 230), "grey": (120, 120, 120)}


def jpeg(colour, number=0, size=(40, 30)):
    """Return a picture of one colour. Each number gives different bytes."""
    file = io.BytesIO()
    picture = Image.new("RGB", size, COLOURS[colour])
    picture.putpixel((number % size[0], number // size[0]), (0, 255, 0))
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Serve pictures at /<colour>/<number>.jpg, a truncated one at /broken, and 404 elsewhere."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(self.server.delay)
        path = self.path.split("?")[0]
        self.server.requests.append(self.path)
        kind, _, name = path.strip("/").partition("/")
        if path in self.server.moved:
            self.answer(b"", 302, Location=self.server.moved[path])
        elif path in self.server.pages:
            self.answer(self.server.pages[path])
        elif kind in COLOURS:
            self.answer(jpeg(kind, int(name.removesuffix(".jpg"))))
        elif kind == "broken":
            self.answer(jpeg("red")[:-200])
        else:
            self.answer(b"no such picture", 404)

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.pages, self.moved, self.delay = [], {}, {}, 0.0
        self.base = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
