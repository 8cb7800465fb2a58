"""Repeated attempts and the waits between them, against real servers on loopback."""

import pickle
import socket
import time

import pytest
from fetch_calls import fetch, fetch_error
from loopback_servers import JPEG

from logoflow.errors import FetchError
from logoflow.fetch import rate_limit, retries
from logoflow.fetch.retries import waiting_time

pytestmark = pytest.mark.usefixtures("dialled", "short_backoff")


def test_a_server_that_recovers_is_asked_again(server):
    url = f"{server.base}/good.jpg"
    server.put_first("/good.jpg", b"", 503)
    server.put_first("/good.jpg", b"", 500)
    assert fetch(url).content == JPEG
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "attempts"),
    [(408, 2), (425, 2), (429, 2), (500, 2), (502, 2), (503, 2), (504, 2)]
    + [(400, 1), (401, 1), (403, 1), (404, 1), (410, 1), (451, 1), (501, 1), (505, 1)],
)
def test_statuses_worth_another_attempt(server, status, attempts):
    error = fetch_error(f"{server.base}/status/{status}", retries=1)
    assert len(server.asked) == attempts
    assert error.transient == (attempts == 2)
    assert ("after 2 attempts" in str(error)) == (attempts == 2)


@pytest.mark.parametrize("path", ["garbage", "cut_chunks"])
def test_broken_answers_are_tried_again(server, path):
    error = fetch_error(f"{server.base}/{path}", retries=2)
    assert error.kind == "unreachable"
    assert "after 3 attempts" in str(error)
    assert len(server.asked) == 3


def test_each_attempt_has_the_whole_time(server, dialled):
    start = time.monotonic()
    error = fetch_error(f"{server.base}/silent", total_timeout=0.2, retries=2)
    assert error.kind == "timeout"
    assert len(dialled.calls) == 3
    assert 0.6 <= time.monotonic() - start < 3


def test_a_refused_connection_is_tried_again(dialled):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert fetch_error(f"http://127.0.0.1:{unused.getsockname()[1]}/").kind == "unreachable"
    assert len(dialled.calls) == 3


def test_a_lookup_is_tried_again_unless_there_is_no_such_host(server, resolver):
    busy = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    resolver.answers["slow.example"] = [busy, ["127.0.0.1"]]
    assert fetch(f"http://slow.example:{server.server_port}/good.jpg").content == JPEG
    assert fetch_error("http://none.example/").kind == "unreachable"
    assert resolver.lookups == ["slow.example", "slow.example", "none.example"]


def test_permanent_errors_are_not_tried_again(server):
    urls = {
        "not_an_image": server.put("/page", b"<html>"),
        "too_large": server.put("/large", JPEG, Content_Length=10**12),
        "opted_out": server.put("/art", JPEG, X_Robots_Tag="noai"),
        "refused": server.put("/trap", b"", 302, Location="http://169.254.169.254/"),
    }
    for kind, url in urls.items():
        error = fetch_error(url)
        assert (error.kind, error.transient) == (kind, False)
        assert "attempts" not in str(error)
    assert len(server.asked) == len(urls)


def test_every_attempt_starts_at_the_requested_url(server):
    server.put("/busy", b"", 503)
    url = server.put("/moved", b"", 302, Location="/busy")
    error = fetch_error(url, retries=1)
    assert [path for path, _ in server.asked] == ["/moved", "/busy"] * 2
    assert f"redirected to {server.base}/busy" in str(error)


def test_every_attempt_checks_the_address_again(server, resolver, dialled):
    """A name that points to loopback after the first attempt has failed."""
    resolver.answers["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://rebind.example:{server.server_port}/status/503"
    error = fetch_error(url, allow_private=False)
    assert error.kind == "refused"
    assert "rebind.example is at 127.0.0.1" in str(error)
    assert "after 2 attempts" in str(error)
    assert dialled.calls == ["93.184.216.34"]


def test_an_error_after_retries_survives_pickling(server):
    url = server.put("/busy", b"", 503, Retry_After=99)
    error = fetch_error(url)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.kind, copy.url, copy.reason) == ("http_error", url, error.reason)
    assert (copy.transient, copy.retry_after) == (True, 99)


def test_retry_after_is_waited_for(server):
    server.put_first("/good.jpg", b"", 429, Retry_After="1")
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg").content == JPEG
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("value", ["31", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
def test_a_long_retry_after_ends_the_attempts(server, value):
    error = fetch_error(server.put("/busy", b"", 503, Retry_After=value))
    assert len(server.asked) == 1
    assert "asks to wait " in str(error)
    assert error.retry_after > 30


@pytest.mark.parametrize("value", ["", "soon", "-5", "0", "9" * 5000, "Mon, 99 Foo 2020"])
def test_an_unreadable_retry_after_is_ignored(server, value):
    server.put_first("/good.jpg", b"", 503, Retry_After=value)
    assert fetch(f"{server.base}/good.jpg").content == JPEG


def test_waits_double_and_their_jitter_is_the_same_in_every_run(monkeypatch):
    monkeypatch.setattr(retries, "BACKOFF", 0.5)
    errors = [FetchError("timeout", f"http://a.example/{n}", "", True) for n in range(200)]
    for attempts, usual in ((1, 0.5), (2, 1.0), (3, 2.0)):
        waits = [waiting_time(error, attempts) for error in errors]
        assert 0.5 * usual <= min(waits) < 0.6 * usual
        assert 1.4 * usual < max(waits) <= 1.5 * usual
        assert len(set(waits)) == 200
    assert waiting_time(errors[0], 1) == pytest.approx(0.5058824, abs=1e-6)


def test_no_slot_is_taken_during_a_wait(server, monkeypatch):
    waits = []

    def sleep(seconds):
        assert not rate_limit._hosts
        waits.append(seconds)

    monkeypatch.setattr(retries, "sleep", sleep)
    fetch_error(f"{server.base}/status/503", retries=2, per_host=1)
    assert len(waits) == 2
