"""Several nets that were trained apart and answer as one."""

from collections.abc import Callable, Sequence
from typing import Any

from mxnet import gluon
from mxnet.gluon import nn

_AND = " + "

ENSEMBLE_SEED_STRIDE = 1000
"""Distance between the seeds that an ensemble's networks are trained with."""


class Ensemble(gluon.HybridBlock):
    """Nets whose log-probabilities are averaged.

    What several nets agree on is more often right, and what looks like a logo to one of them by
    chance seldom does to all: fewer false alarms at the same recall. Nets of different backbones
    agree less by chance than nets of one kind.

    Parameters
    ----------
    backbones : sequence of str
        Architecture of each, a name that `logoflow.models.build.build_net` takes; at least one.
    build : callable
        From such a name to a network, not initialised.

    Raises
    ------
    ValueError
        If there are no backbones.

    Notes
    -----
    Takes (batch, channels, height, width) and gives (batch, classes) logits: the mean of the
    members' log-probabilities. Deep ensembles are Lakshminarayanan, Pritzel and Blundell's
    (NeurIPS 2017).

    Examples
    --------
    >>> net = build_net("efficientnet_lite0 + efficientnet_lite2", classes=28)
    >>> len(net.members)
    2
    """

    def __init__(self, backbones: Sequence[str], build: Callable[[str], gluon.HybridBlock]):
        super().__init__(prefix="ensemble_")
        if not backbones:
            raise ValueError("An ensemble of no nets: name one at least.")
        self.architecture, self.members = architecture_of_several(backbones), []
        with self.name_scope():
            for number, backbone in enumerate(backbones):
                # Nets of one kind have the same names for their weights, so each needs a scope.
                scope = nn.HybridSequential(prefix=f"member{number}_")
                with scope.name_scope():
                    member = build(backbone)
                self.register_child(member, f"member{number}")
                self.members.append(member)
        # None for a network that was not built on a pretrained backbone.
        self.backbone = getattr(self.members[0], "backbone", None)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Map (batch, channels, height, width) to (batch, classes) logits."""
        return F.add_n(*[F.log_softmax(net(x)) for net in self.members]) / len(self.members)


def architecture_of_several(backbones: Sequence[str]) -> str:
    """Name an ensemble by its backbones; a single network keeps its name."""
    return _AND.join(backbones)


def backbones_of(architecture: str) -> list[str]:
    """Read what `architecture_of_several` wrote.

    Examples
    --------
    >>> backbones_of("efficientnet_lite0 + efficientnet_lite2")
    ['efficientnet_lite0', 'efficientnet_lite2']
    """
    return architecture.split(_AND)
