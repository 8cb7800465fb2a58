"""The devices that a network runs on."""

import functools
import warnings
from collections.abc import Sequence
from typing import TypeAlias

import mxnet as mx

from logoflow.utils.gpus import gpu_advice, usable_gpus

Contexts: TypeAlias = mx.Context | Sequence[mx.Context]


def default_ctx(num_gpus: int | None = None) -> list[mx.Context]:
    """Devices to train on.

    Parameters
    ----------
    num_gpus : int, optional
        How many GPUs to use; by default one if there is one that MXNet can use.

    Returns
    -------
    list of Context
        ``[mx.cpu()]`` without such a GPU or with ``num_gpus=0``.

    Raises
    ------
    ValueError
        If the machine has fewer such GPUs than asked for.

    Warns
    -----
    UserWarning
        Once per process, if the machine has a GPU that MXNet cannot use.
    """
    if num_gpus == 0:
        return [mx.cpu()]
    _warn_of_unused_gpus()
    found = mx.context.num_gpus()
    gpus = [number for number in usable_gpus() if number < found]
    wanted = min(len(gpus), 1) if num_gpus is None else num_gpus
    if wanted > len(gpus):
        raise ValueError(
            f"num_gpus={wanted}, but MXNet can use {len(gpus)} here. On a machine with a GPU, run "
            "`make setup GPU=1` or set up environment.yml (mxnet-cu112); without one, leave "
            "num_gpus unset or 0."
        )
    return [mx.gpu(gpus[i]) for i in range(wanted)] or [mx.cpu()]


@functools.cache
def _warn_of_unused_gpus() -> None:
    """Warn at the first call only."""
    advice = gpu_advice()
    if advice:
        warnings.warn(advice, stacklevel=3)


def as_list(ctx: Contexts) -> list[mx.Context]:
    """Give one device or several as a list."""
    return [ctx] if isinstance(ctx, mx.Context) else list(ctx)
