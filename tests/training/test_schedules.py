from math import cos, pi

import pytest
from mxnet import gluon

from logoflow.training.schedules import learning_rate_options

PEAK = 0.1


def rates(options, first_step, steps):
    """The learning rates that an optimizer gets, step by step."""
    scheduler = options.get("lr_scheduler", lambda step: options["learning_rate"])
    return [scheduler(step) for step in range(first_step, steps + 1)]


def rate_by_formula(schedule, step, warmup_steps, steps):
    """The learning rate as the documentation of `learning_rate_options` describes it."""
    if step <= warmup_steps:
        return PEAK * step / warmup_steps
    if schedule is None:
        return PEAK
    return PEAK * (1 + cos(pi * (step - warmup_steps) / (steps - warmup_steps))) / 2


@pytest.mark.parametrize("schedule", ["cosine", None])
@pytest.mark.parametrize(
    ("warmup_epochs", "num_epochs", "batches", "warmup_steps"),
    [(0, 10, 18, 0), (0.5, 10, 18, 8), (1, 6, 5, 4), (9, 2, 3, 3), (0, 1, 2, 0)],
)
def test_the_rate_of_each_step_follows_the_formula(
    schedule, warmup_epochs, num_epochs, batches, warmup_steps
):
    options = learning_rate_options(schedule, PEAK, warmup_epochs, num_epochs, batches)
    steps = num_epochs * batches
    expected = [
        rate_by_formula(schedule, step, warmup_steps, steps) for step in range(1, steps + 1)
    ]
    assert rates(options, 1, steps) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["cosine", None])
def test_a_resumed_run_gets_the_rates_of_an_uninterrupted_one(schedule):
    whole = rates(learning_rate_options(schedule, PEAK, 0.5, 4, 10), 1, 40)
    for resumed_after in (1, 4, 10, 39):
        options = learning_rate_options(schedule, PEAK, 0.5, 4, 10)
        assert rates(options, resumed_after + 1, 40) == whole[resumed_after:]


def test_rates_stay_within_a_step_of_those_of_gluoncv():
    """logoflow took GluonCV's schedulers before; its published figures come from them."""
    from gluoncv.utils import LRScheduler, LRSequential

    parts = [
        LRScheduler("linear", base_lr=0.0, target_lr=PEAK, niters=9),
        LRScheduler("cosine", base_lr=PEAK, niters=171),
    ]
    before = [LRSequential(parts)(step) for step in range(1, 181)]
    now = rates(learning_rate_options("cosine", PEAK, 0.5, 10, 18), 1, 180)
    assert now == pytest.approx(before, abs=0.004 * PEAK)
    assert sum(now) == pytest.approx(sum(before))


def test_an_optimizer_takes_the_options():
    net = gluon.nn.Dense(1, in_units=1)
    net.initialize()
    options = learning_rate_options("cosine", PEAK, 1, 6, 5)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"wd": 0.0, **options})
    trainer._optimizer.num_update = 4
    assert trainer.learning_rate == PEAK


@pytest.mark.parametrize(("schedule", "batches"), [(None, 18), ("cosine", 1)])
def test_without_warm_up_and_fall_the_rate_is_a_number(schedule, batches):
    assert learning_rate_options(schedule, PEAK, 0, 1, batches) == {"learning_rate": PEAK}


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match="no schedule 'step'"):
        learning_rate_options("step", PEAK, 0, 10, 18)
