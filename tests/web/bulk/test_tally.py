import fcntl
import itertools
import logging
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from logoflow.web.bulk import tally
from logoflow.web.bulk.shards import Answer
from logoflow.web.bulk.tally import Tally

OK = Answer("ok", brand="bmw")


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets: each look at it takes no time."""
    now = [0.0]
    monkeypatch.setattr(tally.time, "monotonic", lambda: now[0])
    return now


def count_every_minute(counts, clock, total, kept=0):
    tally = Tally(lambda: total)
    tally.keep([OK] * kept)
    clock[0] += 1000  # an earlier run's answers are read
    tally.start()
    for rows in counts:
        clock[0] += 60
        tally.count([OK] * rows)
    tally.close()


def test_without_a_terminal_there_are_lines_with_rows_total_rate_and_time_left(clock, caplog):
    with caplog.at_level(logging.INFO, "logoflow"):
        count_every_minute([6000, 6000], clock, total=1_000_000)
    assert caplog.messages == [
        "classify_urls: 0 of 1,000,000 rows (0%)",
        "classify_urls: 6,000 of 1,000,000 rows (0%), 100 rows/s, 2.8 h left; 6,000 ok",
        "classify_urls: 12,000 of 1,000,000 rows (1%), 100 rows/s, 2.7 h left; 12,000 ok",
        "classify_urls: 12,000 of 1,000,000 rows (1%), in 2 min, 100 rows/s; 12,000 ok",
    ]


def test_rows_of_an_earlier_run_do_not_count_as_fast(clock, caplog):
    with caplog.at_level(logging.INFO, "logoflow"):
        count_every_minute([300], clock, total=1300, kept=700)
    assert (
        caplog.messages[1]
        == "classify_urls: 1,000 of 1,300 rows (76%), 5.0 rows/s, 60 s left; 1,000 ok"
    )


def test_an_unknown_total_is_left_out(clock, caplog):
    with caplog.at_level(logging.INFO, "logoflow"):
        count_every_minute([30], clock, total=None)
    assert caplog.messages[1] == "classify_urls: 30 rows, 0.5 rows/s; 30 ok"


def test_a_short_run_is_not_logged(caplog):
    with caplog.at_level(logging.INFO, "logoflow"):
        tally = Tally(lambda: 2)
        tally.start()
        tally.count([OK] * 2)
        tally.close()
    assert caplog.messages == []


RUN = """
from logoflow.web.bulk.shards import Answer
from logoflow.web.bulk.tally import Tally
tally = Tally(lambda: 1_000_000)
tally.keep([Answer("ok")] * 300_000)
tally.start()
tally.count([Answer("ok")] * 100_000 + [Answer("not_found")] * 12_000)
tally.close()
"""


def output_on_a_terminal(**environment):
    """Run the code in a real terminal of 120 columns, and return what it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name != "LOGOFLOW_PROGRESS"}
    command = [sys.executable, "-c", RUN]
    process = subprocess.Popen(command, stderr=theirs, env=variables | environment)
    os.close(theirs)
    shown = b""
    try:
        for _ in itertools.count():
            shown += os.read(ours, 4096)
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0
    os.close(ours)
    return shown.decode()


def test_a_terminal_shows_a_bar_that_is_readable_at_a_million_rows():
    shown = output_on_a_terminal()
    assert "| 412k/1.00M [" in shown
    assert " rows/s, 400,000 ok, 12,000 not_found]" in shown
    assert output_on_a_terminal(LOGOFLOW_PROGRESS="0") == ""
