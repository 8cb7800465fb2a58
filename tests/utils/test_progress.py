import itertools
import logging
import subprocess
import sys

from logoflow.utils import progress
from logoflow.utils.progress import bar

IN_A_PLAIN_PROGRAM = """
import ipykernel  # as papermill does, which runs notebooks in processes of their own
from logoflow.utils.progress import in_notebook
print(in_notebook())
"""


def test_a_program_that_imports_ipykernel_is_no_notebook():
    command = [sys.executable, "-c", IN_A_PLAIN_PROGRAM]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"


def test_without_a_terminal_long_work_is_logged_with_total_and_time_left(monkeypatch, caplog):
    seconds = itertools.count(0, 20)  # the clock: 20 seconds for each photo
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    with caplog.at_level(logging.INFO, "logoflow"):
        assert list(bar(iter("abcde"), "photos", total=5)) == list("abcde")
    assert caplog.messages == [
        "photos: 2 of 5, 60 s left",
        "photos: 4 of 5, 20 s left",
        "photos: 5 in 2 min",
    ]


def test_short_work_is_not_logged(caplog):
    with caplog.at_level(logging.INFO, "logoflow"):
        list(bar([1, 2, 3], "photos"))
    assert caplog.messages == []
