"""Slots and pauses per host, against real servers on loopback."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fetch_calls import fetch, fetch_error
from loopback_servers import JPEG, Handler, Server, serving

from logoflow.errors import FetchError
from logoflow.fetch import rate_limit
from logoflow.fetch.rate_limit import host_slot

pytestmark = pytest.mark.usefixtures("dialled", "short_backoff")


# Pauses that a host asks for.


def test_retry_after_pauses_every_url_of_the_host(server):
    busy = server.put("/busy", b"", 429, Retry_After=1)
    fetch_error(busy, retries=0)
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg", total_timeout=0.8).content == JPEG
    assert time.monotonic() - start > 0.9


class Timing(Handler):
    """Records the times of its requests."""

    def do_GET(self):
        self.server.times.append(time.monotonic())
        super().do_GET()


@pytest.mark.slow
def test_a_pause_also_holds_for_threads_that_wait_for_a_slot():
    with serving(Server(Timing)) as server, ThreadPoolExecutor(9) as pool:
        server.times = []
        server.put("/busy", b"", 429, Retry_After=1)
        urls = [f"{server.base}/busy?{number}" for number in range(9)]
        list(pool.map(lambda url: fetch_error(url, per_host=3, retries=0), urls))
        times = sorted(server.times)
        assert len(times) == 9
        assert all(later - time > 0.9 for time, later in zip(times, times[3:], strict=False))


@pytest.mark.parametrize("seconds", [3600, "9" * 400])
def test_the_other_urls_of_a_host_with_a_long_pause_fail_without_a_request(server, seconds):
    server.put("/busy", b"", 503, Retry_After=seconds)
    urls = [f"{server.base}/busy?{number}" for number in range(6)]
    start = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        errors = list(pool.map(lambda url: fetch_error(url, per_host=1), urls))
    assert len(server.asked) == 1
    assert time.monotonic() - start < 3
    for error in errors:
        assert (error.kind, error.transient) == ("http_error", True)
        assert error.retry_after > 3000
    not_requested = (
        r"not requested: 127.0.0.1 answered .* until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; try again"
    )
    assert sum(re.search(not_requested, str(error)) is not None for error in errors) == 5
    with serving(Server()) as other:  # another port is another host
        assert fetch(other.put("/good.jpg", JPEG)).content == JPEG


def test_a_host_that_redirects_to_a_busy_host_is_not_paused(server):
    with serving(Server()) as other:
        busy = other.put("/busy", b"", 503, Retry_After=3600)
        fetch_error(server.put("/moved", b"", 302, Location=busy))
        assert fetch(f"{server.base}/good.jpg").content == JPEG
        fetch_error(f"{server.base}/moved")
        assert len(other.asked) == 1


def test_a_pause_ends(server):
    fetch_error(server.put("/busy", b"", 503, Retry_After=1), retries=0)
    time.sleep(1.05)
    start = time.monotonic()
    assert fetch(f"{server.base}/good.jpg").content == JPEG
    assert time.monotonic() - start < 0.9


@pytest.mark.parametrize("status", [403, 404])
def test_retry_after_of_a_permanent_error_pauses_nothing(server, status):
    fetch_error(server.put("/no", b"", status, Retry_After=3600))
    assert fetch(f"{server.base}/good.jpg").content == JPEG


def answer_busy(host, seconds):
    with pytest.raises(FetchError), host_slot("http://a.example/", host, 80, 8):
        raise FetchError("http_error", "http://a.example/", "busy", True, seconds)


def test_a_pause_of_exactly_the_longest_wait_is_waited_for(monkeypatch):
    monkeypatch.setattr(rate_limit, "MAX_WAIT", 1.0)
    answer_busy("a.example", 1.0)
    with host_slot("http://a.example/", "a.example", 80, 8) as waited:
        assert waited > 0


def test_consecutive_pauses_share_one_longest_wait(monkeypatch):
    monkeypatch.setattr(rate_limit, "MAX_WAIT", 2.3)
    answer_busy("a.example", 2)

    def visit():
        with pytest.raises(FetchError, match="not requested"):
            host_slot("http://a.example/", "a.example", 80, 8).__enter__()

    with ThreadPoolExecutor(1) as pool:
        visiting = pool.submit(visit)
        time.sleep(0.5)
        rate_limit._pause(("a.example", 80), 2)
        visiting.result()


def test_at_most_a_thousand_paused_hosts_are_remembered():
    for number in range(1200):
        answer_busy(f"{number}.example", 60 + number)
    assert list(rate_limit._paused_until) == [
        (f"{number}.example", 80) for number in range(200, 1200)
    ]


# Slots.


class Counting(Handler):
    """Counts simultaneous requests. A request stops counting just before its answer is sent."""

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
def test_a_host_gets_at_most_the_allowed_simultaneous_requests(limit):
    with serving(counting_server()) as server, ThreadPoolExecutor(12) as pool:
        urls = [f"{server.base}/good.jpg?{number}" for number in range(24)]
        list(pool.map(lambda url: fetch(url, per_host=limit), urls))
        assert server.peak == limit


def test_hosts_do_not_wait_for_one_another(server):
    with serving(Server()) as hanging, ThreadPoolExecutor(3) as pool:
        urls = [f"{hanging.base}/silent/{number}" for number in range(3)]
        waiting = [pool.submit(fetch_error, url, per_host=1, retries=0) for url in urls]
        while not hanging.asked:
            time.sleep(0.01)
        start = time.monotonic()
        assert fetch(f"{server.base}/good.jpg", per_host=1).content == JPEG
        assert time.monotonic() - start < 2
        assert not any(request.done() for request in waiting)
        hanging.stop.set()


def test_waiting_for_a_slot_does_not_count_against_the_timeout(server):
    url, key = f"{server.base}/good.jpg", ("127.0.0.1", server.server_port)
    with ThreadPoolExecutor(1) as pool:
        with host_slot(url, *key, 1):
            fetched = pool.submit(fetch, url, per_host=1, total_timeout=0.8, retries=0)
            while rate_limit._hosts[key].threads < 2:
                time.sleep(0.01)
            time.sleep(0.9)
            assert not server.asked
        assert fetched.result().content == JPEG


def test_redirects_in_both_directions_do_not_deadlock():
    with serving(counting_server()) as one, serving(counting_server()) as other:
        there = one.put("/there", b"", 302, Location=f"{other.base}/good.jpg")
        back = other.put("/back", b"", 302, Location=f"{one.base}/good.jpg")
        with ThreadPoolExecutor(8) as pool:
            fetched = pool.map(lambda url: fetch(url, per_host=1), [there, back] * 8)
            assert {picture.content for picture in fetched} == {JPEG}
        assert (one.peak, other.peak) == (1, 1)


def test_different_limits_for_one_host_let_every_thread_through():
    def visit(limit):
        with host_slot("http://a.example/", "a.example", 80, limit):
            time.sleep(0.001)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(visit, [1, 4, 2, 8] * 25))


def test_a_limit_of_zero_is_an_error(server):
    with pytest.raises(ValueError, match="per_host=0.*1 or more"):
        fetch(f"{server.base}/good.jpg", per_host=0)
