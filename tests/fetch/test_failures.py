import pytest

from logoflow.fetch.failures import as_fetch_error


def test_a_keyboard_interrupt_stays_a_keyboard_interrupt():
    with pytest.raises(KeyboardInterrupt), as_fetch_error("http://a.example/"):
        raise KeyboardInterrupt
