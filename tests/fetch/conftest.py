"""Fixtures and helpers that several test modules of fetch share."""

import pytest

from logoflow.fetch import rate_limit, retries


@pytest.fixture
def short_backoff(monkeypatch):
    """Waits of about a millisecond between attempts."""
    monkeypatch.setattr(retries, "BACKOFF", 0.001)


@pytest.fixture(autouse=True)
def no_host_is_remembered():
    """After each test no slot is taken, and pauses do not reach the next test."""
    yield
    assert not rate_limit._hosts
    rate_limit._paused_until.clear()  # the server of another test may get the same port
