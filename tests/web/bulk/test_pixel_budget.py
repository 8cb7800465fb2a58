import math
import threading
import time

from logoflow.web.bulk.pixel_budget import PixelBudget


def acquire_in_thread(budget, pixels, acquired):
    def acquire():
        budget.acquire(pixels)
        acquired.append(pixels)

    threading.Thread(target=acquire, daemon=True).start()
    time.sleep(0.05)


def test_a_thread_waits_until_enough_pixels_are_left():
    budget, acquired = PixelBudget(10), []
    for pixels in (6, 7):
        acquire_in_thread(budget, pixels, acquired)
    assert acquired == [6]
    budget.release(6)
    time.sleep(0.05)
    assert acquired == [6, 7]


def test_an_infinite_release_lifts_the_limit():
    budget, acquired = PixelBudget(10), []
    acquire_in_thread(budget, 100, acquired)
    assert acquired == []
    budget.release(math.inf)
    acquire_in_thread(budget, 1_000, acquired)
    assert sorted(acquired) == [100, 1_000]
