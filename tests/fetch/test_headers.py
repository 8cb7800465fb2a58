import time
from email.utils import formatdate

from logoflow.fetch.headers import parse_retry_after


def test_retry_after_may_be_seconds_or_a_date():
    assert parse_retry_after("120") == 120
    assert 50 < parse_retry_after(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert parse_retry_after("soon") is None
    assert parse_retry_after(None) is None
