"""How the learning rate goes over a training run, and which weights take larger steps."""

from mxnet import gluon


def learning_rate_options(
    schedule: str | None, learning_rate: float, warmup_epochs: float, num_epochs: int, batches: int
) -> dict[str, object]:
    """Optimizer options for the learning rate: a number, or gluoncv's scheduler with it.

    Parameters
    ----------
    schedule : {None, "cosine"}
        How the learning rate falls.
    learning_rate : float
        Its peak.
    warmup_epochs : float
        Linear warm-up before the schedule.
    num_epochs, batches : int
        Length of the run, and of an epoch.

    Raises
    ------
    ValueError
        If there is no such schedule.
    """
    if schedule is None and not warmup_epochs:
        return {"learning_rate": learning_rate}
    if schedule not in (None, "cosine"):
        raise ValueError(f"There is no schedule {schedule!r}: None and 'cosine' are.")
    from gluoncv.utils import LRScheduler, LRSequential

    steps = num_epochs * batches
    if steps < 2:
        return {"learning_rate": learning_rate}
    # gluoncv's schedulers divide by their length less one.
    warmup = min(round(warmup_epochs * batches), steps - 2)
    warmup = warmup if warmup > 1 else 0
    parts = [
        LRScheduler("linear", base_lr=0.0, target_lr=learning_rate, niters=warmup),
        LRScheduler(schedule or "constant", base_lr=learning_rate, niters=steps - warmup),
    ]
    scheduler = LRSequential([part for part in parts if part.niters])
    scheduler.base_lr = learning_rate  # or MXNet prints that the two differ
    return {"learning_rate": learning_rate, "lr_scheduler": scheduler}


def speed_up_head(net: gluon.Block, multiplier: float) -> None:
    """Let the output layer learn `multiplier` times as fast as the features, now and later.

    A net without an ``output`` of its own is left as it is. Call it before the Trainer is made.
    """
    if hasattr(net, "output"):
        for parameter in net.output.collect_params().values():
            parameter.lr_mult = multiplier
