"""The learning rate of each training step, and of the output layer."""

from mxnet import gluon, lr_scheduler


def learning_rate_options(
    schedule: str | None, learning_rate: float, warmup_epochs: float, num_epochs: int, batches: int
) -> dict[str, object]:
    """Return the optimizer's options for the learning rate.

    The rate rises in equal steps from 0 to its peak during the warm-up. It then stays there, or
    with ``"cosine"`` falls to 0 along half a cosine wave; the run's last step has rate 0.

    Parameters
    ----------
    schedule : {None, "cosine"}
        How the rate changes after the warm-up: not at all, or along a cosine.
    learning_rate : float
        The peak rate.
    warmup_epochs : float
        Length of the warm-up. It ends at least two steps before the end of the run.
    num_epochs : int
        Epochs in the run.
    batches : int
        Steps in an epoch.

    Returns
    -------
    dict
        ``learning_rate`` and, unless the rate is constant, ``lr_scheduler``. The scheduler is
        one of `mxnet.lr_scheduler`; its answer depends on the step's number only, so a resumed
        run gets the rates of an uninterrupted one.

    Raises
    ------
    ValueError
        If there is no such schedule.

    Examples
    --------
    >>> options = learning_rate_options("cosine", 0.1, warmup_epochs=1, num_epochs=5, batches=4)
    >>> [round(options["lr_scheduler"](step), 3) for step in (1, 2, 3, 11, 20)]
    [0.033, 0.067, 0.1, 0.055, 0.0]
    """
    if schedule not in (None, "cosine"):
        raise ValueError(f"There is no schedule {schedule!r}: give None or 'cosine'.")
    steps = num_epochs * batches
    warmup_steps = max(0, min(round(warmup_epochs * batches), steps - 2) - 1)
    if steps < 2 or (schedule is None and not warmup_steps):
        return {"learning_rate": learning_rate}
    if schedule == "cosine":
        scheduler = lr_scheduler.CosineScheduler(steps, learning_rate, warmup_steps=warmup_steps)
    else:
        scheduler = lr_scheduler.FactorScheduler(
            steps, base_lr=learning_rate, warmup_steps=warmup_steps
        )
    return {"learning_rate": learning_rate, "lr_scheduler": scheduler}


def set_head_lr_multiplier(net: gluon.Block, multiplier: float) -> None:
    """Multiply the learning rate of the output layer, ``net.output``.

    Call this function before you make the Trainer. A network without ``output`` does not change.

    Parameters
    ----------
    net : Block
        The network to train.
    multiplier : float
        The output layer's learning rate, as a multiple of the rate of all other layers.
    """
    if hasattr(net, "output"):
        for parameter in net.output.collect_params().values():
            parameter.lr_mult = multiplier
