"""Several nets that were trained apart and answer as one."""

import re
from collections.abc import Callable

from mxnet import gluon
from mxnet.gluon import nn

from logoflow.backbones import backbone_of

_NAME = re.compile(r"(\d+) x (\S+)")


class Ensemble(gluon.HybridBlock):
    """Nets of one kind whose log-probabilities are averaged.

    What several nets agree on is more often right, and what looks like a logo to one of them by
    chance seldom does to all: fewer false alarms at the same recall.

    Parameters
    ----------
    members : int
        How many nets, at least 1.
    kind : str
        What each is built as, see `logoflow.models.build_net`.
    build : callable
        Gives one of them, not initialised.

    Notes
    -----
    Takes what its members take and gives (batch, classes) logits: the mean of the members'
    log-probabilities. Deep ensembles are Lakshminarayanan, Pritzel and Blundell's (NeurIPS 2017).

    Examples
    --------
    >>> net = build_net("4 x efficientnet_lite0", classes=28)
    >>> len(net.members)
    4
    """

    def __init__(self, members: int, kind: str, build: Callable[[], gluon.HybridBlock]):
        super().__init__(prefix="ensemble_")
        if members < 1:
            raise ValueError(f"An ensemble of {members} nets: give at least one.")
        self.architecture, self.members = f"{members} x {kind}", []
        with self.name_scope():
            for number in range(members):
                # Nets of one kind have the same names for their weights, so each needs a scope.
                scope = nn.HybridSequential(prefix=f"member{number}_")
                with scope.name_scope():
                    member = build()
                self.register_child(member, f"member{number}")
                self.members.append(member)
        self.backbone = backbone_of(member)

    def hybrid_forward(self, F, x):
        """Map (batch, channels, height, width) to (batch, classes) logits."""
        return F.add_n(*[F.log_softmax(net(x)) for net in self.members]) / len(self.members)


def members_of(architecture: str) -> tuple[int, str] | None:
    """Read an ensemble's name: how many nets of what kind; None for any other name.

    Examples
    --------
    >>> members_of("4 x efficientnet_lite0")
    (4, 'efficientnet_lite0')
    """
    named = _NAME.fullmatch(architecture)
    return (int(named[1]), named[2]) if named else None
