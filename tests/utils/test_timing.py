import time

import pytest

from logoflow.utils.timing import seconds_of


def test_the_result_is_the_median_without_the_warm_up_call():
    waits = iter([0.2, 0.01, 0.01, 0.15])
    assert seconds_of(lambda: time.sleep(next(waits)), repeats=3) == pytest.approx(0.01, abs=0.008)
