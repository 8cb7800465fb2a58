"""Retries, turns and opting out, against real servers on loopback."""

import pickle
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from loopback_servers import JPEG, Handler, Server, serving

from logoflow.errors import FetchError
from logoflow.fetch import rate_limit as politeness
from logoflow.fetch.fetch_image import fetch_image
from logoflow.fetch.rate_limit import host_slot, opt_out, retry_after, waiting_time

pytestmark = pytest.mark.usefixtures("dialled")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(politeness, "BACKOFF", 0.001)


@pytest.fixture(autouse=True)
def no_host_is_remembered():
    yield
    assert not politeness._hosts
    politeness._resting.clear()  # another test's server may get the same port


def fetch(url, allow_private=True, **options):
    return fetch_image(url, allow_private, cache=False, **options)


def failure(url, *args, **options):
    with pytest.raises(FetchError) as caught:
        fetch(url, *args, **options)
    assert caught.value.url == url
    return caught.value


# What is tried again.


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
    error = failure(f"{server.base}/status/{status}", retries=1)
    assert len(server.asked) == attempts
    assert error.transient == (attempts == 2)
    assert ("after 2 attempts" in str(error)) == (attempts == 2)


@pytest.mark.parametrize("path", ["garbage", "cut_chunks"])
def test_broken_answers_are_tried_again(server, path):
    error = failure(f"{server.base}/{path}", retries=2)
    assert error.kind == "unreachable"
    assert "after 3 attempts" in str(error)
    assert len(server.asked) == 3


def test_each_attempt_has_the_whole_time(server, dialled):
    start = time.monotonic()
    error = failure(f"{server.base}/silent", total_timeout=0.2, retries=2)
    assert error.kind == "timeout"
    assert len(dialled.calls) == 3
    assert 0.6 <= time.monotonic() - start < 3


def test_a_refused_connection_is_tried_again(dialled):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert failure(f"http://127.0.0.1:{unused.getsockname()[1]}/").kind == "unreachable"
    assert len(dialled.calls) == 3


def test_a_lookup_is_tried_again_unless_there_is_no_such_host(server, resolver):
    busy = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    resolver.answers["slow.example"] = [busy, ["127.0.0.1"]]
    assert fetch(f"http://slow.example:{server.server_port}/good.jpg").content == JPEG
    assert failure("http://none.example/").kind == "unreachable"
    assert resolver.lookups == ["slow.example", "slow.example", "none.example"]


def test_what_would_be_the_same_again_is_not_tried_again(server):
    urls = {
        "not_an_image": server.put("/page", b"<html>"),
        "too_large": server.put("/large", JPEG, Content_Length=10**12),
        "opted_out": server.put("/art", JPEG, X_Robots_Tag="noai"),
        "refused": server.put("/trap", b"", 302, Location="http://169.254.169.254/"),
    }
    for kind, url in urls.items():
        error = failure(url)
        assert (error.kind, error.transient) == (kind, False)
        assert "attempts" not in str(error)
    assert len(server.asked) == len(urls)


def test_every_attempt_begins_at_the_url_asked_for(server):
    server.put("/busy", b"", 503)
    url = server.put("/moved", b"", 302, Location="/busy")
    error = failure(url, retries=1)
    assert [path for path, _ in server.asked] == ["/moved", "/busy"] * 2
    assert f"redirected to {server.base}/busy" in str(error)


def test_every_attempt_checks_the_address_anew(server, resolver, dialled):
    """A name that turns to loopback once a first attempt has failed."""
    resolver.answers["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://rebind.example:{server.server_port}/status/503"
    error = failure(url, allow_private=False)
    assert error.kind == "refused"
    assert "rebind.example is at 127.0.0.1" in str(error)
    assert "after 2 attempts" in str(error)
    assert dialled.calls == ["93.184.216.34"]


def test_an_error_after_retries_survives_pickling(server):
    url = server.put("/busy", b"", 503, Retry_After=99)
    error = failure(url)
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.url, again.reason) == ("http_error", url, error.reason)
    assert (again.transient, again.retry_after) == (True, 99)


# How long is waited.


def test_retry_after_is_waited_for(server):
    server.put_first("/good.jpg", b"", 429, Retry_After="1")
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg").content == JPEG
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("value", ["31", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
def test_who_wants_to_be_left_alone_for_long_is_not_asked_again(server, value):
    error = failure(server.put("/busy", b"", 503, Retry_After=value))
    assert len(server.asked) == 1
    assert "asks to come back in " in str(error)
    assert error.retry_after > 30


@pytest.mark.parametrize("value", ["", "soon", "-5", "0", "9" * 5000, "Mon, 99 Foo 2020"])
def test_a_retry_after_that_says_nothing_leaves_the_usual_wait(server, value):
    server.put_first("/good.jpg", b"", 503, Retry_After=value)
    assert fetch(f"{server.base}/good.jpg").content == JPEG


def test_retry_after_is_read_as_seconds_or_a_date():
    assert retry_after("120") == 120
    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") is None
    assert retry_after(None) is None


def test_waits_double_with_a_jitter_that_is_the_same_in_every_run(monkeypatch):
    monkeypatch.setattr(politeness, "BACKOFF", 0.5)
    errors = [FetchError("timeout", f"http://a.example/{n}", "", True) for n in range(200)]
    for made, usual in ((1, 0.5), (2, 1.0), (3, 2.0)):
        waits = [waiting_time(error, made) for error in errors]
        assert 0.5 * usual <= min(waits) < 0.6 * usual
        assert 1.4 * usual < max(waits) <= 1.5 * usual
        assert len(set(waits)) == 200
    assert waiting_time(errors[0], 1) == pytest.approx(0.5058824, abs=1e-6)


def test_nobodys_turn_is_taken_while_waiting(server, monkeypatch):
    waits = []

    def sleep(seconds):
        assert not politeness._hosts
        waits.append(seconds)

    monkeypatch.setattr(politeness, "sleep", sleep)
    failure(f"{server.base}/status/503", retries=2, per_host=1)
    assert len(waits) == 2


# Leaving a host alone.


def test_retry_after_holds_for_every_url_of_the_host(server):
    busy = server.put("/busy", b"", 429, Retry_After=1)
    failure(busy, retries=0)
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg", total_timeout=0.8).content == JPEG
    assert time.monotonic() - start > 0.9


class Timing(Handler):
    """Notes when it was asked."""

    def do_GET(self):
        self.server.times.append(time.monotonic())
        super().do_GET()


def test_threads_that_wait_for_a_turn_leave_the_host_alone_too():
    with serving(Server(Timing)) as server, ThreadPoolExecutor(9) as pool:
        server.times = []
        server.put("/busy", b"", 429, Retry_After=1)
        urls = [f"{server.base}/busy?{number}" for number in range(9)]
        list(pool.map(lambda url: failure(url, per_host=3, retries=0), urls))
        times = sorted(server.times)
        assert len(times) == 9
        assert all(later - time > 0.9 for time, later in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("seconds", [3600, "9" * 400])
def test_a_host_that_rests_for_long_is_not_asked_for_its_other_urls(server, seconds):
    server.put("/busy", b"", 503, Retry_After=seconds)
    urls = [f"{server.base}/busy?{number}" for number in range(6)]
    start = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        errors = list(pool.map(lambda url: failure(url, per_host=1), urls))
    assert len(server.asked) == 1
    assert time.monotonic() - start < 3
    for error in errors:
        assert (error.kind, error.transient) == ("http_error", True)
        assert error.retry_after > 3000
    unasked = (
        r"not asked: 127.0.0.1 answered .* until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; try again"
    )
    assert sum(re.search(unasked, str(error)) is not None for error in errors) == 5
    with serving(Server()) as other:  # another port is another host
        assert fetch(other.put("/good.jpg", JPEG)).content == JPEG


def test_who_redirected_to_a_busy_host_is_not_left_alone(server):
    with serving(Server()) as other:
        busy = other.put("/busy", b"", 503, Retry_After=3600)
        failure(server.put("/moved", b"", 302, Location=busy))
        assert fetch(f"{server.base}/good.jpg").content == JPEG
        failure(f"{server.base}/moved")
        assert len(other.asked) == 1


def test_a_rest_comes_to_an_end(server):
    failure(server.put("/busy", b"", 503, Retry_After=1), retries=0)
    time.sleep(1.05)
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg").content == JPEG
    assert time.monotonic() - start < 0.9


@pytest.mark.parametrize("status", [403, 404])
def test_a_final_answer_with_a_retry_after_says_nothing_of_other_urls(server, status):
    failure(server.put("/no", b"", status, Retry_After=3600))
    assert fetch(f"{server.base}/good.jpg").content == JPEG


def be_busy(host, seconds):
    with pytest.raises(FetchError), host_slot("http://a.example/", host, 80, 8):
        raise FetchError("http_error", "http://a.example/", "busy", True, seconds)


def test_the_longest_rest_is_waited_for_though_waking_up_takes_a_moment(monkeypatch):
    monkeypatch.setattr(politeness, "MAX_WAIT", 1.0)
    be_busy("a.example", 1.0)
    with host_slot("http://a.example/", "a.example", 80, 8) as waited:
        assert waited > 0


def test_rests_that_follow_one_another_are_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(politeness, "MAX_WAIT", 2.3)
    be_busy("a.example", 2)

    def visit():
        with pytest.raises(FetchError, match="not asked"):
            host_slot("http://a.example/", "a.example", 80, 8).__enter__()

    with ThreadPoolExecutor(1) as pool:
        visiting = pool.submit(visit)
        time.sleep(0.5)
        politeness._let_rest(("a.example", 80), 2)
        visiting.result()


def test_no_more_than_a_thousand_resting_hosts_are_remembered():
    for number in range(1200):
        be_busy(f"{number}.example", 60 + number)
    assert list(politeness._resting) == [(f"{number}.example", 80) for number in range(200, 1200)]


# Turns.


class Counting(Handler):
    """Notes how many requests are under way at once. The note ends before the answer does."""

    def answer(self, *args, **headers):
        with self.server.lock:
            self.server.busy += 1
            self.server.peak = max(self.server.peak, self.server.busy)
        self.server.stop.wait(0.03)
        with self.server.lock:
            self.server.busy -= 1
        super().answer(*args, **headers)


def counting_server():
    server = Server(Counting)
    server.lock, server.busy, server.peak = threading.Lock(), 0, 0
    server.put("/good.jpg", JPEG)
    return server


@pytest.mark.parametrize("limit", [1, 3])
def test_a_host_gets_no_more_requests_at_once_than_allowed(limit):
    with serving(counting_server()) as server, ThreadPoolExecutor(12) as pool:
        urls = [f"{server.base}/good.jpg?{number}" for number in range(24)]
        list(pool.map(lambda url: fetch(url, per_host=limit), urls))
        assert server.peak == limit


def test_hosts_do_not_wait_for_one_another(server):
    with serving(Server()) as hanging, ThreadPoolExecutor(3) as pool:
        urls = [f"{hanging.base}/silent/{number}" for number in range(3)]
        waiting = [pool.submit(failure, url, per_host=1, retries=0) for url in urls]
        while not hanging.asked:
            time.sleep(0.01)
        start = time.monotonic()
        assert fetch(f"{server.base}/good.jpg", per_host=1).content == JPEG
        assert time.monotonic() - start < 2
        assert not any(request.done() for request in waiting)
        hanging.stop.set()


def test_waiting_for_a_turn_is_not_held_against_the_time_limit(server):
    url, key = f"{server.base}/good.jpg", ("127.0.0.1", server.server_port)
    with ThreadPoolExecutor(1) as pool:
        with host_slot(url, *key, 1):
            fetched = pool.submit(fetch, url, per_host=1, total_timeout=0.8, retries=0)
            while politeness._hosts[key].threads < 2:
                time.sleep(0.01)
            time.sleep(0.9)
            assert not server.asked
        assert fetched.result().content == JPEG


def test_redirects_to_and_fro_never_wait_for_each_other():
    with serving(counting_server()) as one, serving(counting_server()) as other:
        there = one.put("/there", b"", 302, Location=f"{other.base}/good.jpg")
        back = other.put("/back", b"", 302, Location=f"{one.base}/good.jpg")
        with ThreadPoolExecutor(8) as pool:
            fetched = pool.map(lambda url: fetch(url, per_host=1), [there, back] * 8)
            assert {picture.content for picture in fetched} == {JPEG}
        assert (one.peak, other.peak) == (1, 1)


def test_differing_limits_for_one_host_let_everyone_through():
    def visit(limit):
        with host_slot("http://a.example/", "a.example", 80, limit):
            time.sleep(0.001)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(visit, [1, 4, 2, 8] * 25))


def test_no_turn_at_all_is_a_mistake(server):
    with pytest.raises(ValueError, match="per_host=0.*1 or more"):
        fetch(f"{server.base}/good.jpg", per_host=0)


# Opting out.


@pytest.mark.parametrize(
    ("headers", "directive"),
    [
        (["noai"], "noai"),
        (["noimageai"], "noimageai"),
        (["noindex"], "noindex"),
        (["noimageindex"], "noimageindex"),
        (["NoAI"], "noai"),
        (["nofollow, noindex"], "noindex"),
        ([" nofollow ,noimageai "], "noimageai"),
        (["all", "noai"], "noai"),
        (["logoflow: noai"], "noai"),
        (["LogoFlow : nofollow, noai"], "noai"),
        (["otherbot: noindex, logoflow: noai"], "noai"),
        (["*: noai"], "noai"),
        (["otherbot: noindex", "noai"], "noai"),
        (["max-snippet: 5, noai"], "noai"),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], "noindex"),
        (["unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noindex"], "noindex"),
        ([], None),
        ([""], None),
        (["all"], None),
        (["nofollow, noarchive"], None),
        (["noaim"], None),
        (["otherbot: noindex"], None),
        (["otherbot: noindex, noai"], None),
        (["max-image-preview: none"], None),
        ([":,:,::"], None),
    ],
)
def test_directives(headers, directive):
    assert opt_out(headers) == directive


def test_a_picture_whose_owner_opts_out_is_left_alone(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag=("nofollow", "otherbot: all", "NoImageAI"))
    error = failure(url)
    assert error.kind == "opted_out"
    assert "noimageai" in str(error)
    assert fetch(url, honour_opt_out=False).content == JPEG


def test_what_forbids_other_programs_does_not_forbid_us(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag="otherbot: noindex")
    assert fetch(url).content == JPEG


def test_the_body_of_a_forbidden_picture_is_not_read():
    class Slow(Handler):
        def art(self):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n")
            self.server.stop.wait(5)

    with serving(Server(Slow)) as slow:
        start = time.monotonic()
        assert failure(f"{slow.base}/art").kind == "opted_out"
        assert time.monotonic() - start < 3


def test_a_redirect_may_opt_out_too(server):
    url = server.put("/moved", b"", 302, Location="/good.jpg", X_Robots_Tag="noai")
    assert failure(url).kind == "opted_out"
    assert len(server.asked) == 1
    assert fetch(url, honour_opt_out=False).content == JPEG


def test_an_error_page_that_is_not_to_be_indexed_is_an_error(server):
    assert failure(server.put("/gone", b"", 404, X_Robots_Tag="noindex")).kind == "not_found"
