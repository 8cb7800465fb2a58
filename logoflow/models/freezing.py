"""Freeze layers, so that training does not change their weights."""

from functools import partial

from mxnet import gluon
from mxnet.gluon import nn

from logoflow.models.release import release_graphs


def freeze_features(net: gluon.HybridBlock, keep_last: int = 0) -> None:
    """Freeze the features of a network, so that only its output layer is trained.

    Parameters
    ----------
    net : HybridBlock
        Network with `features` and `output`; changed in place. Create the Trainer afterwards.
    keep_last : int
        Number of blocks at the end of `features` to train too. Only blocks with weights count.

    Raises
    ------
    ValueError
        If `keep_last` is negative or larger than the number of blocks.

    Notes
    -----
    A frozen batch normalisation uses its stored statistics in training and leaves them unchanged.
    Another call with another `keep_last` freezes or unfreezes blocks accordingly.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_features(net, keep_last=1)
    """
    blocks = [block for block in net.features if block.collect_params().keys()]
    if not 0 <= keep_last <= len(blocks):
        raise ValueError(
            f"keep_last is {keep_last}: give 0 to {len(blocks)}, the number of blocks."
        )
    first_trained = len(blocks) - keep_last
    for number, block in enumerate(blocks):
        block.apply(partial(_set_frozen, frozen=number < first_trained))
    # A graph that was compiled earlier still contains the old batch normalisation.
    release_graphs(net)


def freeze_lower(net: gluon.HybridBlock, share: float) -> None:
    """Freeze the first blocks of a pretrained network, which detect edges and colours.

    With a third of the blocks frozen, a training step takes half the time, and a few photos per
    class overfit less.

    Parameters
    ----------
    net : HybridBlock
        Changed in place. A network without `features` stays as it is.
    share : float
        Share of blocks to freeze, 0 to 1, rounded down. Only blocks with weights count.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> net = finetune_net(33, backbone="efficientnet_lite0")
    >>> freeze_lower(net, 1 / 3)
    """
    if hasattr(net, "features"):
        blocks = sum(bool(block.collect_params().keys()) for block in net.features)
        freeze_features(net, keep_last=blocks - int(share * blocks))


def freeze_depthwise(net: gluon.HybridBlock) -> None:
    """Freeze the kernels of depthwise convolutions, which see each channel by itself.

    They are few of the weights, but oneDNN has no fast gradient for kernels of 5 x 5. Without
    their gradients, a training step of `logo_lite0` takes 0.6 of the time on a processor.

    Parameters
    ----------
    net : HybridBlock
        Changed in place. All other layers can still be trained. A network without depthwise
        convolutions does not change.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> net = finetune_net(33, backbone="logo_lite0")
    >>> freeze_depthwise(net)
    """
    net.apply(_freeze_if_depthwise)
    release_graphs(net)


def _freeze_if_depthwise(block: gluon.Block) -> None:
    if isinstance(block, nn.Conv2D) and 1 < block._kwargs["num_group"] == block._channels:
        block.weight.grad_req = "null"


def keep_running_statistics(net: gluon.HybridBlock) -> None:
    """Make all batch normalisations use and keep their stored statistics in training.

    Few photos, or photos of another kind than those of the pretraining, would spoil them.

    Parameters
    ----------
    net : HybridBlock
        Changed in place.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> keep_running_statistics(finetune_net(33, backbone="efficientnet_lite0"))
    """
    net.apply(_use_stored_statistics)
    release_graphs(net)


def _use_stored_statistics(block: gluon.Block) -> None:
    if isinstance(block, (nn.BatchNorm, nn.BatchNormReLU)):
        block._kwargs["use_global_stats"] = True


def _set_frozen(block: gluon.Block, frozen: bool) -> None:
    """Freeze or unfreeze the weights of a layer, and its running statistics if it has any."""
    for parameter in block._reg_params.values():
        # Parameters that are never trained, such as running statistics, stay "null" in any case.
        parameter.grad_req = "null" if frozen else "write"
    if isinstance(block, (nn.BatchNorm, nn.BatchNormReLU)):
        block._kwargs["use_global_stats"] = frozen
