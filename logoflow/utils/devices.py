"""Choose the devices that a network runs on."""

import functools
import warnings
from collections.abc import Sequence
from typing import TypeAlias

import mxnet as mx

from logoflow.utils.gpus import gpu_advice, usable_gpus

Contexts: TypeAlias = mx.Context | Sequence[mx.Context]


def default_ctx(num_gpus: int | None = None) -> list[mx.Context]:
    """Choose the devices to train on.

    Parameters
    ----------
    num_gpus : int, optional
        Number of GPUs. By default, one GPU if MXNet can use one, otherwise the CPU.

    Returns
    -------
    list of Context
        One context per GPU; ``[mx.cpu()]`` if no GPU is used.

    Raises
    ------
    ValueError
        If MXNet can use fewer GPUs than requested.

    Warns
    -----
    UserWarning
        Once per process, if the machine has a GPU that MXNet cannot use.

    Examples
    --------
    >>> default_ctx(num_gpus=0)
    [cpu(0)]
    """
    if num_gpus == 0:
        return [mx.cpu()]
    _warn_about_unused_gpus()
    count = mx.context.num_gpus()
    gpus = [number for number in usable_gpus() if number < count]
    wanted = min(len(gpus), 1) if num_gpus is None else num_gpus
    if wanted > len(gpus):
        raise ValueError(
            f"num_gpus is {wanted}, but MXNet can use {len(gpus)} GPUs on this machine. If it has "
            "a GPU, run `make setup GPU=1` or set up environment.yml (mxnet-cu112). Otherwise "
            "leave num_gpus unset or set it to 0."
        )
    return [mx.gpu(number) for number in gpus[:wanted]] or [mx.cpu()]


@functools.cache
def _warn_about_unused_gpus() -> None:
    """Warn once per process: the cache skips later calls."""
    advice = gpu_advice()
    if advice:
        warnings.warn(advice, stacklevel=3)


def as_list(ctx: Contexts) -> list[mx.Context]:
    """Convert one context or several contexts to a list.

    Parameters
    ----------
    ctx : Context or sequence of Context

    Returns
    -------
    list of Context

    Examples
    --------
    >>> as_list(mx.cpu())
    [cpu(0)]
    """
    return [ctx] if isinstance(ctx, mx.Context) else list(ctx)
