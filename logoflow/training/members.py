"""The networks of a call of `fit`: trained one after another, and joined to one."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import mxnet as mx
from mxnet import gluon, init

from logoflow.models.build import BUILDERS, build_net
from logoflow.models.ensemble import ENSEMBLE_SEED_STRIDE, ensemble_architecture
from logoflow.models.finetune import finetune_net
from logoflow.models.freezing import freeze_depthwise, freeze_lower
from logoflow.models.release import release_graphs
from logoflow.training.plan import Plan

Result = TypeVar("Result")


class Member(NamedTuple):
    """A network to train.

    Parameters
    ----------
    backbone : str
    seed : int
        Each network of an ensemble has another seed.
    weight_file : Path
        Where its trained weights are kept. Its other files have the same stem.
    """

    backbone: str
    seed: int
    weight_file: Path


def train_members(
    plan: Plan,
    classes: int,
    folder: Path,
    train_member: Callable[[gluon.HybridBlock, Member], Result],
    interrupts: list[str],
) -> tuple[gluon.HybridBlock, list[Result]]:
    """Train the networks of a plan one after another, and join them to one.

    If the training is interrupted, the networks that are trained so far are joined.

    Parameters
    ----------
    plan : Plan
    classes : int
        Number of outputs.
    folder : Path
        Folder for the weights.
    train_member : callable
        Takes a new network and its `Member`. It trains the network and writes the weights. After an
        interrupt, it adds to `interrupts` what it keeps, or raises KeyboardInterrupt.
    interrupts : list of str
        It stays empty if nothing interrupts the training.

    Returns
    -------
    net : HybridBlock
        The trained network, or an ensemble of the trained networks.
    results : list
        What `train_member` returned for each of them.

    Raises
    ------
    KeyboardInterrupt
        If there is no trained network yet.

    Warns
    -----
    UserWarning
        If the training was interrupted.
    """
    members = [
        Member(name, plan.seed + ENSEMBLE_SEED_STRIDE * number, folder / f"member{number}.params")
        for number, name in enumerate(plan.backbones)
    ]
    nets: list[gluon.HybridBlock] = []
    results: list[Result] = []
    for member in members:
        net = _new_net(member, classes, plan)
        try:
            result = train_member(net, member)
        except KeyboardInterrupt:
            if not nets:
                raise
            interrupts.append(f"{len(nets)} of {len(members)} networks")
        else:
            if len(members) > 1:
                release_graphs(net)  # the ensemble loads the weights from the files
            nets.append(net)
            results.append(result)
        if interrupts:
            warnings.warn(
                f"The training was interrupted after {interrupts[0]}. fit calibrates and returns "
                f"the best so far ({len(nets)} of {len(members)} networks). Interrupt again to "
                "stop without a result.",
                stacklevel=4,
            )
            break
    if len(nets) == 1:
        return nets[0], results
    return _load_ensemble(members[: len(nets)], classes, plan.ctx), results


def _new_net(member: Member, classes: int, plan: Plan) -> gluon.HybridBlock:
    """Make the network to train, with pretrained weights if the backbone has any."""
    mx.random.seed(member.seed)
    if member.backbone in BUILDERS:
        net = build_net(member.backbone, classes)
        net.initialize(init.Xavier(magnitude=2.24), ctx=plan.ctx)  # as the Gluon article does
    else:
        net = finetune_net(classes, member.backbone, ctx=plan.ctx)
        freeze_lower(net, plan.recipe.frozen)
        if plan.recipe.freezes_depthwise:
            freeze_depthwise(net)
    return net


def _load_ensemble(members: list[Member], classes: int, ctx: list[mx.Context]) -> gluon.HybridBlock:
    """Build an ensemble from the weight files of its networks."""
    net = build_net(ensemble_architecture([member.backbone for member in members]), classes)
    for block, member in zip(net.members, members, strict=True):
        block.load_parameters(str(member.weight_file), ctx=ctx)
    net.hybridize(static_alloc=True, static_shape=True)
    return net
