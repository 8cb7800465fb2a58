"""Several nets that were trained apart and answer as one."""

import re
from collections.abc import Sequence
from pathlib import Path

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from logoflow.backbones import new_net

_NAME = re.compile(r"(\d+) x (\S+)")


class Ensemble(gluon.HybridBlock):
    """Nets of one kind whose log-probabilities are averaged.

    What several nets agree on is more often right, and what looks like a logo to one of them by
    chance seldom does to all: fewer false alarms at the same recall.

    Parameters
    ----------
    members : int
        How many nets, at least 1.
    backbone : str
        Their kind (`logoflow.pretrained_net`); its normalisation is that of all.
    classes : int
        Number of outputs.

    Notes
    -----
    Takes what its members take and gives (batch, classes) logits: the mean of the members'
    log-probabilities. Deep ensembles are Lakshminarayanan, Pritzel and Blundell's (NeurIPS 2017).

    Examples
    --------
    >>> net = Ensemble(4, "efficientnet_lite0", classes=28)
    >>> net.architecture
    '4 x efficientnet_lite0'
    """

    def __init__(self, members: int, backbone: str, classes: int):
        super().__init__(prefix="ensemble_")
        if members < 1:
            raise ValueError(f"An ensemble of {members} nets: give at least one.")
        self.backbone, self.architecture = backbone, f"{members} x {backbone}"
        self.members = []
        with self.name_scope():
            for number in range(members):
                # Nets of one kind have the same names for their weights, so each needs a scope.
                scope = nn.HybridSequential(prefix=f"member{number}_")
                with scope.name_scope():
                    member = new_net(backbone, classes)
                self.register_child(member, f"member{number}")
                self.members.append(member)

    def hybrid_forward(self, F, x):
        """Map (batch, 3, height, width) to (batch, classes) logits."""
        return F.add_n(*[F.log_softmax(net(x)) for net in self.members]) / len(self.members)


def new_ensemble(architecture: str, classes: int) -> Ensemble | None:
    """Build an ensemble, not initialised, by its `architecture`; None for any other name."""
    named = _NAME.fullmatch(architecture)
    return Ensemble(int(named[1]), named[2], classes) if named else None


def ensemble_of(
    files: Sequence[Path | str], backbone: str, classes: int, ctx: mx.Context | list[mx.Context]
) -> Ensemble:
    """Bring nets together that were trained apart.

    Parameters
    ----------
    files : sequence of Path or str
        What `save_parameters` wrote of each.
    backbone, classes
        See `Ensemble`.
    ctx : Context or list of Context
        Where the weights go.

    Returns
    -------
    Ensemble
        Ready to predict.
    """
    net = Ensemble(len(files), backbone, classes)
    for member, path in zip(net.members, files, strict=True):
        member.load_parameters(str(path), ctx=ctx)
    net.hybridize(static_alloc=True, static_shape=True)
    return net
