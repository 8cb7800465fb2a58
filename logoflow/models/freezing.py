"""Freeze layers, so that training leaves their weights alone."""

from functools import partial

from mxnet import gluon
from mxnet.gluon import nn


def freeze_features(net: gluon.HybridBlock, keep_last: int = 0) -> None:
    """Keep a net's features as they are in training: only the output, and no more, learns.

    Parameters
    ----------
    net : HybridBlock
        With `features` and `output`; changed in place. Make the Trainer afterwards.
    keep_last : int
        How many of the last blocks of `features` that have weights still learn.

    Raises
    ------
    ValueError
        If `keep_last` is negative or more than there are blocks.

    Notes
    -----
    A frozen batch normalisation uses its stored statistics in training too, and so leaves
    them unchanged. Calling again with another `keep_last` thaws or freezes the difference.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_features(net, keep_last=1)
    """
    blocks = [block for block in net.features if block.collect_params().keys()]
    if not 0 <= keep_last <= len(blocks):
        raise ValueError(f"keep_last is {keep_last}, not 0 to {len(blocks)}, the number of blocks.")
    first_kept = len(blocks) - keep_last
    for number, block in enumerate(blocks):
        block.apply(partial(_set_frozen, frozen=number < first_kept))
    # A graph that was compiled before still has the old batch normalisation in it.
    net.apply(_forget_graph)


def freeze_lower(net: gluon.HybridBlock, share: float) -> None:
    """Keep the first blocks of a pretrained net as they are: edges and colours need no learning.

    With a third frozen a training step takes half the time, and a few photos per class have less
    to overfit.

    Parameters
    ----------
    net : HybridBlock
        Changed in place. One without `features`, which has nothing to keep, is left as it is.
    share : float
        Share of the blocks of `features` that have weights, 0 to 1, rounded down.

    Examples
    --------
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_lower(net, 1 / 3)
    """
    if hasattr(net, "features"):
        blocks = sum(bool(block.collect_params().keys()) for block in net.features)
        freeze_features(net, keep_last=blocks - int(share * blocks))


def _set_frozen(block: gluon.Block, frozen: bool) -> None:
    """Freeze or thaw one layer's own weights, and its running statistics if it has any."""
    for parameter in block._reg_params.values():
        # Parameters that are never trained, running statistics say, stay "null" whatever is asked.
        parameter.grad_req = "null" if frozen else "write"
    if isinstance(block, (nn.BatchNorm, nn.BatchNormReLU)):
        block._kwargs["use_global_stats"] = frozen


def _forget_graph(block: gluon.Block) -> None:
    if isinstance(block, gluon.HybridBlock):
        block._clear_cached_op()
