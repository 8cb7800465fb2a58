"""Answers that violate HTTP, or that make the network libraries fail in unexpected ways."""

import gzip
import time
import tracemalloc

import pytest
from loopback_servers import JPEG, Handler, Server, chunk, serving

from logoflow.errors import FetchError
from logoflow.fetch.fetch_image import fetch_image

pytestmark = pytest.mark.usefixtures("dialled")


def outcome(url):
    """The bytes of the picture, or the kind of the error and whether it is transient."""
    options = {"cache": False, "retries": 0, "max_bytes": 1_000_000, "total_timeout": 5}
    try:
        return fetch_image(url, allow_private=True, **options).content
    except FetchError as error:
        return error.kind, error.transient


class Chunks(Handler):
    """/chunk/<size> announces a chunk of that size; /endless/<size> never stops sending it."""

    def start(self, *headers):
        size = self.path.rsplit("/", 1)[1].encode()
        head = (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers, b"", size, b"")
        self.wfile.write(b"\r\n".join(head))

    def chunk(self):
        self.start()
        self.wfile.write(JPEG[:16] + b"\r\n" + chunk(JPEG[16:]) + chunk(b""))

    def endless(self):
        self.start()
        while not self.server.stop.is_set():
            self.wfile.write(bytes(1 << 16))

    def packed(self):
        """Compressed blocks without content."""
        self.start(b"Content-Encoding: gzip")
        self.wfile.write(gzip.compress(b"")[:10])
        while not self.server.stop.is_set():
            self.wfile.write(b"\0\0\0\xff\xff" * 10_000)

    def packed_stream(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        self.wfile.write(gzip.compress(b"")[:10])
        while not self.server.stop.is_set():
            self.wfile.write(b"\0\0\0\xff\xff" * 10_000)

    def hints(self):
        """Early hints, as often as the path says, and then the picture."""
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        self.wfile.write(hint * int(self.path.rsplit("/", 1)[1]))
        self.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n")
        self.wfile.write(b"Content-Length: %d\r\n\r\n" % len(JPEG) + JPEG)


@pytest.fixture
def chunks():
    with serving(Server(Chunks)) as running:
        yield running


@pytest.mark.parametrize("path", ["endless/-1", "endless/-5", "chunk/-1", "chunk/-5", "chunk/-f"])
def test_a_negative_chunk_size_is_an_error_and_nothing_is_read(chunks, path):
    tracemalloc.start()
    try:
        assert outcome(f"{chunks.base}/{path}") == ("unreachable", True)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", ["+10", "0x10", "1_0", "0" * 5000 + "10", "10;name=value"])
def test_odd_spellings_of_a_chunk_size_are_read_or_an_error(chunks, size):
    assert outcome(f"{chunks.base}/chunk/{size}") in (JPEG, ("unreachable", True))


@pytest.mark.parametrize("size", ["f" * 5000, "0x" + "f" * 60_000])
def test_a_chunk_size_of_very_many_digits_is_cut_off(chunks, size):
    assert outcome(f"{chunks.base}/endless/{size}") == ("too_large", False)


@pytest.mark.parametrize("path", ["packed/ffffffff", "packed_stream"])
def test_compressed_bytes_without_content_count_as_sent(chunks, path):
    start = time.monotonic()
    assert outcome(f"{chunks.base}/{path}") == ("too_large", False)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(("hints", "expected"), [(0, JPEG), (3, JPEG), (50, ("unreachable", True))])
def test_early_hints_before_the_answer_are_skipped(chunks, hints, expected):
    assert outcome(f"{chunks.base}/hints/{hints}") == expected


def test_port_0_is_refused_and_does_not_mean_port_80():
    assert outcome("http://127.0.0.1:0/logo.png") == ("refused", False)


def test_unexpected_errors_become_fetch_errors(resolver):
    resolver.answers["odd.example"] = [RuntimeError("out of its depth")]
    assert outcome("http://odd.example/a.jpg") == ("unreachable", False)
