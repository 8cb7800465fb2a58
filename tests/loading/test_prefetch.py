import threading
import time

import pytest

from logoflow.loading.prefetch import prefetched


def test_the_order_stays_and_another_thread_works_one_item_ahead():
    made, threads = [], set()

    def items():
        for number in range(6):
            made.append(number)
            threads.add(threading.get_ident())
            yield number

    for number in prefetched(items()):
        time.sleep(0.05)
        assert len(made) == min(6, number + 2)
    assert made == list(range(6))
    assert threading.get_ident() not in threads


def test_an_error_is_raised_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("no second item")

    batches = prefetched(items())
    assert next(batches) == 1
    with pytest.raises(ValueError, match="no second item"):
        next(batches)


def test_a_loop_that_ends_early_leaves_no_thread():
    before = threading.active_count()
    batches = prefetched(iter(range(100)))
    assert next(batches) == 0
    batches.close()
    assert threading.active_count() == before
