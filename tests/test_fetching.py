"""fetch_image against real servers on loopback, friendly and hostile. Nothing else is dialled."""

import gzip
import io
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from logoflow import connections
from logoflow.fetching import FetchError, fetch_image
from logoflow.paths import cache_home


def picture(kind="JPEG", size=(30, 20), colour="red", **options):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **options)
    return file.getvalue()


JPEG = picture()


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


class Handler(BaseHTTPRequestHandler):
    """Answers with the page put there by a test, else /name by the method of that name."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        path = self.path.split("?")[0]
        try:
            if path in self.server.pages:
                self.answer(**self.server.pages[path])
            else:
                getattr(self, path.strip("/").split("/")[0], self.missing)()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(content), **headers}.items():
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
        self.pages[path] = {"content": content, "status": status, **headers}
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


@pytest.fixture
def server():
    with serving(Server()) as running:
        running.put("/good.jpg", JPEG)
        yield running


@pytest.fixture(autouse=True)
def dialled(monkeypatch):
    """Every address dialled. Any but loopback fails the test, unless it is sent to `routes`."""
    calls, routes, real = [], {}, socket.socket.connect

    def connect(sock, address):
        calls.append(address[0])
        address = routes.get(address[0], address)
        assert address[0] in ("127.0.0.1", "::1"), f"dialled {address}"
        return real(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    calls_and_routes = type("Dialled", (), {"calls": calls, "routes": routes})
    yield calls_and_routes
    assert set(calls) <= {"127.0.0.1", "::1", *routes}


@pytest.fixture
def resolver(monkeypatch):
    """DNS in the test's hands: host -> a list of answers, one for each lookup, the last stays."""
    answers, lookups = {}, []

    def resolve(host, port):
        lookups.append(host)
        if host not in answers:
            raise socket.gaierror(-2, "Name or service not known")
        return answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]

    monkeypatch.setattr(connections, "_resolve", resolve)
    answers_and_lookups = type("Resolver", (), {"answers": answers, "lookups": lookups})
    return answers_and_lookups


def failure(url, allow_private=True, **options):
    with pytest.raises(FetchError) as caught:
        fetch_image(url, allow_private, **options)
    assert caught.value.url == url
    assert not list((cache_home() / "urls").glob("*"))
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_arrives_with_its_facts(server, kind):
    content = picture(kind)
    # The name and the headers say PNG whatever it is: only the bytes count.
    url = server.put("/a.png", content, Content_Type="image/png")
    fetched = fetch_image(url, allow_private=True)
    assert fetched.content == content == fetched.path.read_bytes()
    assert (fetched.width, fetched.height) == (30, 20)
    assert fetched.url == url
    assert fetched.path.suffix == {"JPEG": ".jpg"}.get(kind, f".{kind.lower()}")
    assert fetched.path.parent == cache_home() / "urls"
    assert len(fetched.sha256) == 64


def test_the_request_is_polite(server):
    fetch_image(f"{server.base}/good.jpg?a=b c#part", allow_private=True)
    (path, headers), *rest = server.asked
    assert path == "/good.jpg?a=b%20c"
    assert headers["User-Agent"].startswith("logoflow/")
    assert "image/webp" in headers["Accept"]
    assert not rest


def test_size_is_that_of_the_upright_picture(server):
    exif = Image.Exif()
    exif[0x0112] = 6
    url = server.put("/phone.jpg", picture(exif=exif))
    fetched = fetch_image(url, allow_private=True)
    assert (fetched.width, fetched.height) == (20, 30)


def test_chunked_and_compressed_pictures_arrive_whole(server):
    zipped = server.put("/zipped", gzip.compress(JPEG), Content_Encoding="gzip")
    for url in (zipped, f"{server.base}/chunked"):
        assert fetch_image(url, allow_private=True).content == JPEG


def test_a_body_without_length_ends_with_the_connection(server):
    url = server.put("/plain", JPEG, Content_Length=None)
    assert fetch_image(url, allow_private=True).content == JPEG


# What is refused before anything is dialled.


@pytest.mark.parametrize(
    "url",
    ["cat.jpg", "/tmp/cat.jpg", "C:\\photos\\cat.jpg", Path("cat.jpg"), "", "example.com/cat.jpg"]
    + ["file:///etc/passwd", "ftp://example.com/a.jpg", "data:image/png;base64,AAAA"]
    + ["gopher://example.com", "javascript:alert(1)", "//example.com/a.jpg", " http://example.com"],
)
def test_what_is_no_web_address_is_sent_to_predict(url, dialled):
    with pytest.raises(FetchError, match="local pictures go to predict") as caught:
        fetch_image(url, allow_private=True)
    assert caught.value.kind == "refused"
    assert not dialled.calls


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://ann:secret@example.com/a.jpg", "user name or password"),
        ("http://ann@example.com/a.jpg", "user name or password"),
        ("http://2130706433/", "a number where"),
        ("http://0x7f.1/", "a number where"),
        ("http://0177.0.0.1/", "a number where"),
        ("http://127.1/", "a number where"),
        ("http://127.0.0.1./", "usual way"),
        ("http://example.com./", "usual way"),
        ("http://%31%32%37.0.0.1/", "percent"),
        ("http://127.0.0.1%2f.example.com/", "percent"),
        ("http://[fe80::1%25eth0]/", "percent"),
        ("http://ex%61mple.com/a", "percent"),
        ("http://①②⑦.⓪.⓪.①/", "spelled like"),
        ("http:///a.jpg", "usual way"),
        ("http://", "usual way"),
        ("http://example.com:99999/", "spelled like"),
        ("http://example.com\\@127.0.0.1/", "backslash"),
        ("http://example.com/a\r\nHost: b", "control"),
        ("http://exa\tmple.com/", "spelled|control"),
        ("http://\ud800.example/", "spelled"),
    ],
)
def test_odd_urls_are_refused(url, message, resolver, dialled):
    error = failure(url)
    assert error.kind == "refused"
    assert re.search(message, error.reason)
    assert not resolver.lookups
    assert not dialled.calls
    assert "secret" not in str(error)


# The address policy on real connections.


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"]
    + ["0.0.0.0", "240.0.0.1", "::1", "fe80::1", "fd00:ec2::254", "fc00::1", "::ffff:127.0.0.1"]
    + ["64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "ff02::1"],
)
def test_addresses_are_refused_as_literals_and_as_answers_of_the_resolver(ip, resolver, dialled):
    resolver.answers |= {"innocent.example": [[ip]], ip: [[ip]]}
    for host in ("innocent.example", f"[{ip}]" if ":" in ip else ip):
        error = failure(f"http://{host}/cat.jpg", allow_private=False)
        assert error.kind == "refused"
        assert ip in str(error)
    assert not dialled.calls


def test_a_host_with_one_refused_address_is_refused_whole(resolver, dialled):
    resolver.answers["mixed.example"] = [["93.184.216.34", "169.254.169.254"]]
    assert failure("http://mixed.example/").kind == "refused"
    assert not dialled.calls


def test_allow_private_lifts_loopback_but_not_metadata(server, resolver):
    resolver.answers |= {"mine.example": [["127.0.0.1"]], "cloud.example": [["169.254.169.254"]]}
    port = server.server_port
    assert failure(f"http://mine.example:{port}/good.jpg", allow_private=False).kind == "refused"
    assert failure(f"http://cloud.example:{port}/good.jpg", allow_private=True).kind == "refused"
    assert fetch_image(f"http://mine.example:{port}/good.jpg", allow_private=True).width == 30


def test_the_checked_address_is_the_one_dialled(server, resolver, dialled):
    """A name that turns from public to loopback: one lookup for each connection, no gap."""
    resolver.answers["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://rebind.example:{server.server_port}/good.jpg"
    assert fetch_image(url).content == JPEG
    assert dialled.calls == ["93.184.216.34"]
    assert resolver.lookups == ["rebind.example"]


def test_a_name_that_turns_to_loopback_between_hops_is_refused(server, resolver, dialled):
    resolver.answers["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    dialled.routes["93.184.216.34"] = server.server_address
    error = failure(f"http://rebind.example:{server.server_port}/loop", allow_private=False)
    assert error.kind == "refused"
    assert "rebind.example is at 127.0.0.1" in str(error)
    assert dialled.calls == ["93.184.216.34"]
    assert len(server.asked) == 1


def test_the_next_address_is_tried_when_one_does_not_answer(server, resolver, dialled):
    resolver.answers["two.example"] = [["::1", "127.0.0.1"]]
    url = f"http://two.example:{server.server_port}/good.jpg"
    assert fetch_image(url, allow_private=True).width == 30
    assert dialled.calls == ["::1", "127.0.0.1"]


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    with serving(Server()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        fetch_image(f"{server.base}/good.jpg", allow_private=True)
        assert not proxy.asked


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_the_final_url(server, status):
    server.put("/moved", b"", status, Location="../good.jpg?from=moved")
    fetched = fetch_image(f"{server.base}/moved", allow_private=True)
    assert fetched.url == f"{server.base}/good.jpg?from=moved"
    assert fetched.content == JPEG


def test_five_redirects_are_followed_and_no_more(server):
    for number in range(6):
        server.put(f"/{number}", b"", 302, Location=f"/{number + 1}")
    server.put("/6", JPEG)
    error = failure(f"{server.base}/0")
    assert error.kind == "refused"
    assert "more than 5 redirects" in str(error)
    assert fetch_image(f"{server.base}/1", allow_private=True).content == JPEG


def test_a_redirect_loop_ends(server):
    assert failure(f"{server.base}/loop").kind == "refused"
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/a.jpg", "http://ann:secret@127.0.0.1/a.jpg"]
    + ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://0x7f.1/"]
    + ["http://[64:ff9b::7f00:1]/", "http://224.0.0.1/", "http://2130706433/", "data:,a"]
    + ["//169.254.169.254/a.jpg", "/\\169.254.169.254/a.jpg", "http://localhost./a.jpg"],
)
def test_redirects_to_refused_places_are_not_followed(server, dialled, target):
    server.put("/trap", b"", 302, Location=target)
    error = failure(f"{server.base}/trap")
    assert error.kind == "refused"
    assert "redirected to" in str(error)
    assert "secret" not in str(error)
    assert dialled.calls == ["127.0.0.1"]


@pytest.mark.parametrize("target", ["http://[::1", "http://[/", "http://a:b/", "http://"])
def test_redirects_to_nonsense_are_refused(server, target):
    assert failure(server.put("/trap", b"", 302, Location=target)).kind == "refused"


def test_redirects_may_hold_utf8(server):
    server.put("/caf%C3%A9.jpg", JPEG)
    url = server.put("/moved", b"", 302, Location="/café.jpg".encode().decode("latin-1"))
    assert fetch_image(url, allow_private=True).content == JPEG


def test_a_redirect_from_a_public_host_to_loopback_is_refused(server, resolver, dialled):
    resolver.answers |= {"public.example": [["93.184.216.34"]], "127.0.0.1": [["127.0.0.1"]]}
    dialled.routes["93.184.216.34"] = server.server_address
    server.put("/trap", b"", 302, Location=f"{server.base}/good.jpg")
    error = failure(f"http://public.example:{server.server_port}/trap", allow_private=False)
    assert error.kind == "refused"
    assert len(server.asked) == 1


# Answers that are no picture.


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, "not_found"), (410, "not_found"), (400, "http_error"), (403, "http_error")]
    + [(429, "http_error"), (500, "http_error"), (503, "http_error"), (302, "http_error")]
    + [(204, "http_error"), (304, "http_error")],
)
def test_statuses(server, status, kind):
    error = failure(f"{server.base}/status/{status}")
    assert error.kind == kind
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>Please log in</body></html>", "a web page"),
        (b"", "empty"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (picture(size=(400, 300))[:-1000], "truncated"),  # its header is whole
        (b"\0" * 1000, "not a picture"),
        (picture("TIFF"), "not a picture"),
    ],
)
def test_what_does_not_decode_is_not_an_image(server, content, message):
    error = failure(server.put("/cat.jpg", content, Content_Type="image/jpeg"))
    assert error.kind == "not_an_image"
    assert message in str(error)


def test_a_polyglot_is_judged_by_its_first_bytes(server):
    page = b"<script>alert(1)</script>"
    assert fetch_image(server.put("/a.html", JPEG + page), allow_private=True).width == 30
    assert failure_kind(server.put("/b.jpg", page + JPEG)) == "not_an_image"


def failure_kind(url, **options):
    with pytest.raises(FetchError) as caught:
        fetch_image(url, allow_private=True, **options)
    return caught.value.kind


def test_lengths_that_lie(server):
    long = server.put("/long", JPEG, Content_Length=len(JPEG) + 100)
    short = server.put("/short", JPEG, Content_Length=len(JPEG) // 2)
    assert failure(long).kind == "unreachable"
    assert failure(short).kind == "not_an_image"
    assert failure(f"{server.base}/cut_chunks").kind == "unreachable"


def test_answers_that_break_the_rules_of_http(server):
    assert failure(f"{server.base}/garbage").kind == "unreachable"
    broken = server.put("/broken", b"this is not gzip", Content_Encoding="gzip")
    assert failure(broken).kind == "not_an_image"


def test_nobody_there(resolver):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        resolver.answers["closed.example"] = [["127.0.0.1"]]
        assert failure(f"http://closed.example:{port}/").kind == "unreachable"
    assert failure("http://no-such-host.example/").kind == "unreachable"


# Too much, or too slow.


@pytest.mark.parametrize("path", ["endless", "endless_chunks", "huge_chunk"])
def test_endless_answers_are_cut_off(server, path):
    start = time.monotonic()
    assert failure(f"{server.base}/{path}", max_bytes=1_000_000).kind == "too_large"
    assert time.monotonic() - start < 3


def test_an_announced_length_over_the_limit_is_not_even_read(server):
    url = server.put("/large", JPEG, Content_Length=10**12)
    assert failure(url).kind == "too_large"


def test_the_byte_limit_is_exact(server):
    url = f"{server.base}/good.jpg"
    assert failure(url, max_bytes=len(JPEG) - 1).kind == "too_large"
    assert fetch_image(url, allow_private=True, max_bytes=len(JPEG)).content == JPEG


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_compression_bomb_is_cut_off_in_little_memory(server, encoding):
    squeeze = zlib.compressobj(9, wbits=15 if encoding == "deflate" else 31)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(100)) + squeeze.flush()
    bomb = gzip.compress(bomb) if encoding == "gzip, gzip" else bomb
    url = server.put("/bomb", bomb, Content_Encoding=encoding)
    tracemalloc.start()
    try:
        assert failure(url, max_bytes=1_000_000).kind == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_too_many_pixels_are_too_large(server):
    url = f"{server.base}/good.jpg"
    assert failure(url, max_pixels=599).kind == "too_large"
    assert fetch_image(url, allow_private=True, max_pixels=600).width == 30


@pytest.mark.parametrize(
    "path", ["drip_body", "drip_headers", "drip_chunk_size", "silent", "continues"]
)
def test_slow_answers_end_at_the_total_timeout(server, path):
    start = time.monotonic()
    assert failure(f"{server.base}/{path}", total_timeout=0.5).kind == "timeout"
    assert time.monotonic() - start < 3


def test_redirects_share_one_total_timeout(server):
    class Slow(Handler):
        def loop(self):
            self.server.stop.wait(0.2)
            super().loop()

    with serving(Server(Slow)) as slow:
        assert failure(f"{slow.base}/loop", total_timeout=0.5).kind == "timeout"
        assert len(slow.asked) <= 3


def test_a_long_silence_is_a_timeout(server, monkeypatch):
    monkeypatch.setattr(connections, "READ_TIMEOUT", 0.2)
    start = time.monotonic()
    assert failure(f"{server.base}/silent").kind == "timeout"
    assert time.monotonic() - start < 3


@contextmanager
def deaf_listener(backlog):
    """A socket that listens and never accepts; with its backlog full it does not even connect."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        yield listener.getsockname()


def test_connecting_has_its_own_time_limit():
    with deaf_listener(0) as address, socket.socket() as queued:
        queued.connect(address)
        start = time.monotonic()
        error = failure(f"http://127.0.0.1:{address[1]}/", connect_timeout=0.3)
        assert error.kind == "timeout"
        assert time.monotonic() - start < 3


def test_a_dead_address_leaves_time_for_the_next(server, resolver, dialled):
    resolver.answers["two.example"] = [["93.184.216.34", "127.0.0.1"]]
    url = f"http://two.example:{server.server_port}/good.jpg"
    with deaf_listener(0) as address, socket.socket() as queued:
        queued.connect(address)
        dialled.routes["93.184.216.34"] = address
        assert fetch_image(url, allow_private=True, connect_timeout=1.0).content == JPEG


def test_a_tls_handshake_that_never_comes_is_a_timeout():
    with deaf_listener(5) as address:
        start = time.monotonic()
        error = failure(f"https://127.0.0.1:{address[1]}/", connect_timeout=0.3)
        assert error.kind == "timeout"
        assert time.monotonic() - start < 3


def test_a_lookup_that_hangs_is_a_timeout(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(connections, "_resolve", lambda host, port: over.wait(5) and [])
    start = time.monotonic()
    assert failure("http://slow-dns.example/", connect_timeout=0.2).kind == "timeout"
    over.set()
    assert time.monotonic() - start < 3


# https, with a certificate made for the test.


@pytest.fixture
def tls_server(tmp_path, monkeypatch):
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command.split() + names + files, check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    tls = Server()
    tls.socket = context.wrap_socket(tls.socket, server_side=True)
    tls.certificate = certificate
    connections._trust.cache_clear()
    with serving(tls):
        tls.put("/good.jpg", JPEG)
        yield tls
    connections._trust.cache_clear()


def test_https_checks_the_certificate(tls_server, resolver, monkeypatch):
    resolver.answers |= {"shop.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    port = tls_server.server_port
    url = f"https://shop.example:{port}/good.jpg"
    error = failure(url)
    assert error.kind == "unreachable"
    assert "certificate" in str(error)

    monkeypatch.setenv("SSL_CERT_FILE", str(tls_server.certificate))  # now it is trusted
    connections._trust.cache_clear()
    assert failure(f"https://other.example:{port}/good.jpg").kind == "unreachable"
    assert fetch_image(url, allow_private=True).content == JPEG


def test_https_drips_end_at_the_total_timeout(tls_server, resolver, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_server.certificate))
    resolver.answers["shop.example"] = [["127.0.0.1"]]
    start = time.monotonic()
    url = f"https://shop.example:{tls_server.server_port}/drip_body"
    assert failure(url, total_timeout=0.5).kind == "timeout"
    assert time.monotonic() - start < 3


# The cache.


def test_a_second_call_needs_no_network(server):
    url = f"{server.base}/good.jpg"
    first = fetch_image(url, allow_private=True)
    server.put("/good.jpg", b"gone", 404)
    assert fetch_image(url, allow_private=True) == first
    assert len(server.asked) == 1


def test_urls_that_end_alike_do_not_mix(server):
    colours = {"/a/logo.jpg": "red", "/b/logo.jpg": "blue", "/a/logo.jpg?v=2": "green"}
    for path, colour in colours.items():
        content = picture(colour=colour)
        server.put(path.split("?")[0], content)
        assert fetch_image(server.base + path, allow_private=True).content == content
    for path, colour in colours.items():
        assert fetch_image(server.base + path, True).content == picture(colour=colour)


def test_limits_hold_for_cached_pictures_too(server):
    url = f"{server.base}/good.jpg"
    fetch_image(url, allow_private=True)
    assert failure_kind(url, max_bytes=10) == "too_large"
    assert failure_kind(url, max_pixels=10) == "too_large"
    assert len(server.asked) == 1


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "empty note", "odd note", "no note"])
def test_a_damaged_cache_entry_is_fetched_again(server, damage):
    url = f"{server.base}/good.jpg"
    path = fetch_image(url, allow_private=True).path
    note = path.with_suffix(".json")
    match damage:
        case "cut":
            path.write_bytes(JPEG[:-10])
        case "changed":
            path.write_bytes(picture(colour="blue"))
        case "gone":
            path.unlink()
        case "empty note":
            note.write_text("")
        case "odd note":
            note.write_text('["format"]')
        case "no note":
            note.unlink()
    assert fetch_image(url, allow_private=True).content == JPEG
    assert len(server.asked) == 2
    assert path.read_bytes() == JPEG


def test_a_private_answer_is_not_handed_to_one_who_may_not_fetch_it(server):
    url = f"{server.base}/good.jpg"
    path = fetch_image(url, allow_private=True).path
    assert json.loads(path.with_suffix(".json").read_text())["private"] is True
    with pytest.raises(FetchError) as caught:
        fetch_image(url)
    assert caught.value.kind == "refused"


def test_a_public_answer_is_handed_to_everyone(server, resolver, dialled):
    resolver.answers["public.example"] = [["93.184.216.34"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://public.example:{server.server_port}/good.jpg"
    assert fetch_image(url, allow_private=True) == fetch_image(url) == fetch_image(url)
    assert len(server.asked) == 1


def test_a_private_hop_on_the_way_makes_an_answer_private(server, resolver, dialled):
    resolver.answers |= {"public.example": [["93.184.216.34"]], "127.0.0.1": [["127.0.0.1"]]}
    dialled.routes["93.184.216.34"] = server.server_address
    target = f"http://public.example:{server.server_port}/good.jpg"
    url = server.put("/moved", b"", 302, Location=target)
    path = fetch_image(url, allow_private=True).path
    assert json.loads(path.with_suffix(".json").read_text())["private"] is True


def test_many_threads_may_fetch_the_same_url(server):
    url = f"{server.base}/good.jpg"
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fetch_image(url, allow_private=True), range(24)))
    assert {result.content for result in results} == {JPEG}
    assert sorted(path.suffix for path in (cache_home() / "urls").iterdir()) == [".jpg", ".json"]
