"""fetch_image against friendly and hostile servers on loopback. Nothing else is connected to."""

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from address_lists import NEVER, PRIVATE
from large_pictures import png_of_size
from loopback_servers import (
    JPEG,
    Handler,
    Server,
    chunk,
    picture,
    serving,
)
from PIL import Image

from logoflow.errors import FetchError
from logoflow.fetch import connections
from logoflow.fetch.fetch_image import fetch_image
from logoflow.utils.paths import cache_home
from logoflow.web.classify_url import get_image

pytestmark = pytest.mark.usefixtures("dialled")


def failure(url, allow_private=True, retries=0, **options):
    with pytest.raises(FetchError) as caught:
        fetch_image(url, allow_private, retries=retries, **options)
    assert caught.value.url == url
    assert not list((cache_home() / "urls").glob("*"))
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_arrives_with_its_size_and_origin(server, kind):
    content = picture(kind)
    # Name and headers say PNG in every case: only the bytes count.
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


# URLs that are refused before any connection.


@pytest.mark.parametrize(
    "url",
    ["cat.jpg", "/tmp/cat.jpg", "C:\\photos\\cat.jpg", Path("cat.jpg"), "", "example.com/cat.jpg"]
    + ["file:///etc/passwd", "ftp://example.com/a.jpg", "data:image/png;base64,AAAA"]
    + ["gopher://example.com", "javascript:alert(1)", "//example.com/a.jpg", "h ttp://example.com"],
)
def test_paths_and_other_schemes_are_refused_with_a_hint(url, dialled):
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
        ("http://127.0.1/", "a number where"),
        ("http://017700000001/", "a number where"),
        ("http://0X7F000001/", "a number where"),
        ("http://169.254.43518/", "a number where"),
        ("http://127.0.0.1./", "usual way"),
        ("http://example.com./", "usual way"),
        ("http://%31%32%37.0.0.1/", "percent"),
        ("http://127.0.0.1%2f.example.com/", "percent"),
        ("http://[fe80::1%25eth0]/", "percent"),
        ("http://[fe80::1%eth0]/", "percent"),
        ("http://[::1%1]/", "percent|spelled"),
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


# Forbidden addresses on real connections.


def urls_of(ip, resolver):
    """Two URLs of an address: one with a host name that resolves to it, one with the address."""
    resolver.answers |= {"innocent.example": [[ip]], ip: [[ip]]}
    return [
        f"http://{host}/cat.jpg" for host in ("innocent.example", f"[{ip}]" if ":" in ip else ip)
    ]


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_not_connected_to(ip, resolver, dialled):
    for url in urls_of(ip, resolver):
        error = failure(url, allow_private=False)
        assert error.kind == "refused"
        assert "allow_private=True" in str(error)
    assert not dialled.calls


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize("ip", [ip for ips in NEVER.values() for ip in ips])
def test_other_addresses_are_never_connected_to(ip, allow_private, resolver, dialled):
    for url in urls_of(ip, resolver):
        error = failure(url, allow_private=allow_private)
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
    """A name that changes from public to loopback: each connection looks it up once."""
    resolver.answers["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://rebind.example:{server.server_port}/good.jpg"
    assert fetch_image(url).content == JPEG
    assert dialled.calls == ["93.184.216.34"]
    assert resolver.lookups == ["rebind.example"]


def test_a_name_that_changes_to_loopback_between_redirects_is_refused(server, resolver, dialled):
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


# Answers without a picture.


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, "not_found"), (410, "not_found"), (400, "http_error"), (403, "http_error")]
    + [(429, "http_error"), (500, "http_error"), (503, "http_error"), (302, "http_error")]
    + [(204, "http_error"), (304, "http_error")],
)
def test_statuses_become_kinds_of_errors(server, status, kind):
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
        (b"\0" * 1000, "not an image"),
        (picture("PPM"), "not an image"),
    ],
)
def test_content_that_does_not_decode_is_not_an_image(server, content, message):
    error = failure(server.put("/cat.jpg", content, Content_Type="image/jpeg"))
    assert error.kind == "not_an_image"
    assert message in str(error)


def test_without_decoding_only_the_header_is_read(server):
    cut = picture(size=(400, 300))[:-1000]
    url = server.put("/cut.jpg", cut)
    assert fetch_image(url, allow_private=True, decode=False, cache=False).content == cut
    assert failure(url, decode=False, max_pixels=10).kind == "too_large"
    error = failure(server.put("/page.jpg", b"<html>"), decode=False)
    assert error.kind == "not_an_image"


def test_a_polyglot_is_judged_by_its_first_bytes(server):
    page = b"<script>alert(1)</script>"
    assert fetch_image(server.put("/a.html", JPEG + page), allow_private=True).width == 30
    with pytest.raises(FetchError) as caught:
        fetch_image(server.put("/b.jpg", page + JPEG), allow_private=True)
    assert caught.value.kind == "not_an_image"


def test_wrong_content_lengths(server):
    long = server.put("/long", JPEG, Content_Length=len(JPEG) + 100)
    short = server.put("/short", JPEG, Content_Length=len(JPEG) // 2)
    assert failure(long).kind == "unreachable"
    assert failure(short).kind == "not_an_image"
    assert failure(f"{server.base}/cut_chunks").kind == "unreachable"


def test_answers_that_violate_http(server):
    assert failure(f"{server.base}/garbage").kind == "unreachable"
    broken = server.put("/broken", b"this is not gzip", Content_Encoding="gzip")
    assert failure(broken).kind == "not_an_image"


def test_hosts_that_cannot_be_reached(resolver):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        resolver.answers["closed.example"] = [["127.0.0.1"]]
        assert failure(f"http://closed.example:{port}/").kind == "unreachable"
    assert failure("http://no-such-host.example/").kind == "unreachable"


# Answers that are too large or too slow.


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


@cache
def compression_bomb(wbits):
    """100 MiB of zeros in 100 KiB."""
    squeeze = zlib.compressobj(9, wbits=wbits)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(100)) + squeeze.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_compression_bomb_is_cut_off_in_little_memory(server, encoding):
    bomb = compression_bomb(15 if encoding == "deflate" else 31)
    bomb = gzip.compress(bomb) if encoding == "gzip, gzip" else bomb
    url = server.put("/bomb", bomb, Content_Encoding=encoding)
    tracemalloc.start()
    try:
        assert failure(url, max_bytes=1_000_000).kind == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_compression_bomb_in_chunks_is_cut_off(server):
    bomb = compression_bomb(31)
    pieces = [bomb[start : start + 1000] for start in range(0, len(bomb), 1000)]
    body = b"".join(map(chunk, pieces)) + chunk(b"")
    headers = {"Content_Length": None, "Content_Encoding": "gzip", "Transfer_Encoding": "chunked"}
    assert failure(server.put("/bomb", body, **headers), max_bytes=1_000_000).kind == "too_large"


def test_a_small_file_of_400_million_pixels_is_too_large(server):
    content = png_of_size(20_000, 20_000)
    assert len(content) < 60_000  # tests/images/test_decode.py measures the memory
    error = failure(server.put("/huge.png", content))
    assert error.kind == "too_large"
    assert "20000 x 20000" in str(error)


def test_too_many_pixels_are_too_large(server):
    url = f"{server.base}/good.jpg"
    assert failure(url, max_pixels=599).kind == "too_large"
    assert fetch_image(url, allow_private=True, max_pixels=600).width == 30


@pytest.mark.parametrize("path", ["drip_body", "drip_headers", "drip_chunk_size", "silent"])
def test_slow_answers_end_at_the_total_timeout(server, path):
    start = time.monotonic()
    assert failure(f"{server.base}/{path}", total_timeout=0.5).kind == "timeout"
    assert time.monotonic() - start < 3


def test_an_answer_that_never_begins_ends_soon(server):
    start = time.monotonic()
    error = failure(f"{server.base}/continues", total_timeout=0.5)
    # Newer versions of Python count the lines "100 Continue" and give up before the timeout.
    assert error.kind in ("timeout", "unreachable")
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
    """A socket that listens and never accepts. With a full backlog, connecting fails too."""
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


# https, with a certificate that the test makes.


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
    connections._ssl_context.cache_clear()
    with serving(tls):
        tls.put("/good.jpg", JPEG)
        yield tls
    connections._ssl_context.cache_clear()


def test_https_checks_the_certificate(tls_server, resolver, monkeypatch):
    resolver.answers |= {"shop.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    port = tls_server.server_port
    url = f"https://shop.example:{port}/good.jpg"
    error = failure(url, retries=2)
    assert error.kind == "unreachable"
    assert "certificate" in str(error)
    assert resolver.lookups == ["shop.example"]  # a bad certificate is a permanent error

    monkeypatch.setenv("SSL_CERT_FILE", str(tls_server.certificate))  # now it is trusted
    connections._ssl_context.cache_clear()
    assert failure(f"https://other.example:{port}/good.jpg").kind == "unreachable"
    assert fetch_image(url, allow_private=True).content == JPEG


def test_https_drips_end_at_the_total_timeout(tls_server, resolver, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_server.certificate))
    resolver.answers["shop.example"] = [["127.0.0.1"]]
    start = time.monotonic()
    url = f"https://shop.example:{tls_server.server_port}/drip_body"
    assert failure(url, total_timeout=0.5).kind == "timeout"
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("status", [201, 203])
def test_other_answers_that_come_with_a_picture_are_taken(server, status):
    url = server.put("/made.jpg", JPEG, status)
    assert fetch_image(url, allow_private=True, cache=False).content == JPEG


@pytest.mark.parametrize("pasted", ["{} ", " {}", "{}\n", "\t{}\r\n", "\u00a0{}\u200b", "\ufeff{}"])
def test_blanks_around_a_pasted_address_are_ignored(server, pasted):
    url = f"{server.base}/good.jpg"
    assert fetch_image(pasted.format(url), True, cache=False).url == url


def test_user_agent_and_referer_can_be_set(server):
    url = f"{server.base}/good.jpg"
    options = {"user_agent": "my-shop/1.0", "referer": "https://shop.example/"}
    fetch_image(url, True, **options)
    fetch_image(url, True)  # another program may be shown another picture
    first, second = (headers for _, headers in server.asked)
    assert (first["User-Agent"], first["Referer"]) == tuple(options.values())
    assert second["User-Agent"].startswith("logoflow/")
    for wrong in ("a\r\nCookie: b", "naïve"):
        with pytest.raises(ValueError, match="give one line of ASCII characters"):
            fetch_image(url, True, user_agent=wrong)


def test_what_errors_advise_can_be_passed_to_all_functions_that_fetch(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag="noindex")
    with pytest.raises(FetchError, match="honour_opt_out=False"):
        get_image(url, allow_private=True)
    assert get_image(url, allow_private=True, honour_opt_out=False).read_bytes() == JPEG
    with pytest.raises(FetchError, match="max_bytes"):
        get_image(url, allow_private=True, honour_opt_out=False, max_bytes=10)
