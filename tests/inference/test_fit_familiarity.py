import numpy as np
import pytest

from logoflow.inference.familiarity import familiarity
from logoflow.inference.fit_familiarity import check_unknown_rate, fit_familiarity


def groups(count=100, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(4, 1, (count, 3)), rng.normal(0, 1, (count, 3))


def test_the_wished_share_of_strangers_passes():
    known, strangers = groups()
    test = fit_familiarity(known, strangers, np.full(100, True), 0.1)
    assert np.sum(familiarity(strangers, test) >= test.threshold) == 6  # see cautious_rate
    assert np.mean(familiarity(known, test) >= test.threshold) == 1
    assert test.strangers == 100


def test_strangers_that_are_rejected_anyway_leave_room_for_others():
    known, strangers = groups()
    could_pass = np.arange(100) < 5
    test = fit_familiarity(known, strangers, could_pass, 0.1)
    assert np.all(familiarity(strangers, test) >= test.threshold)


def test_too_few_strangers_for_the_rate_give_no_test():
    known, strangers = groups(15)
    assert fit_familiarity(known, strangers, np.full(15, True), 0.1) is None
    assert fit_familiarity(known[:0], strangers, np.full(15, True), 0.2) is None


@pytest.mark.parametrize("rate", [0, 1, -0.1, float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match="unknown_acceptance_rate is .*between 0 and 1, or None"):
        check_unknown_rate(rate)
