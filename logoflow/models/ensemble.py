"""Ensembles: several networks, trained separately, whose answers are averaged."""

from collections.abc import Callable, Sequence
from typing import Any

from mxnet import gluon
from mxnet.gluon import nn

SEPARATOR = " + "
"""Stands between the backbones in the name of an ensemble's architecture."""

ENSEMBLE_SEED_STRIDE = 1000
"""Difference between the training seeds of consecutive networks of an ensemble."""


class Ensemble(gluon.HybridBlock):
    """Networks whose log-probabilities are averaged.

    Several networks seldom make the same mistake, so their averaged answer raises fewer false
    alarms at the same recall. Networks of different backbones share fewer mistakes than networks of
    one backbone.

    Parameters
    ----------
    backbones : sequence of str
        Architecture of each network, as `logoflow.models.build.build_net` takes it. At least one.
    build : callable
        From the name of an architecture to a network that is not initialised.

    Raises
    ------
    ValueError
        If there are no backbones.

    Notes
    -----
    The input is (batch, channels, height, width). The output is (batch, classes) logits: the mean
    of the log-probabilities of all networks. Lakshminarayanan, Pritzel and Blundell introduced deep
    ensembles (NeurIPS 2017).

    Examples
    --------
    >>> from logoflow.models.build import build_net
    >>> net = build_net("efficientnet_lite0 + efficientnet_lite2", classes=28)
    >>> len(net.members)
    2
    """

    def __init__(self, backbones: Sequence[str], build: Callable[[str], gluon.HybridBlock]):
        super().__init__(prefix="ensemble_")
        if not backbones:
            raise ValueError("An ensemble needs at least one backbone.")
        self.architecture, self.members = ensemble_architecture(backbones), []
        with self.name_scope():
            for number, backbone in enumerate(backbones):
                # Networks of one backbone name their weights alike, so each needs a scope.
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


def ensemble_architecture(backbones: Sequence[str]) -> str:
    """Join the names of backbones into the name of an architecture.

    Parameters
    ----------
    backbones : sequence of str
        Names of backbones.

    Returns
    -------
    str
        The names with ``" + "`` between them. A single name stays as it is.

    Examples
    --------
    >>> ensemble_architecture(["efficientnet_lite0", "efficientnet_lite2"])
    'efficientnet_lite0 + efficientnet_lite2'
    """
    return SEPARATOR.join(backbones)


def backbones_of(architecture: str) -> list[str]:
    """Split the name of an architecture into the names of its backbones.

    Parameters
    ----------
    architecture : str
        A name from `ensemble_architecture`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> backbones_of("efficientnet_lite0 + efficientnet_lite2")
    ['efficientnet_lite0', 'efficientnet_lite2']
    """
    return architecture.split(SEPARATOR)


def embedding_size(net: gluon.Block) -> int:
    """Count the numbers of the embedding of a network, or of all networks of an ensemble.

    Parameters
    ----------
    net : Block
        Initialised network.

    Returns
    -------
    int
        0 if no network has an embedding.

    Examples
    --------
    >>> from logoflow.models.finetune import finetune_net
    >>> embedding_size(finetune_net(28, "logo_lite0"))
    256
    """
    members = getattr(net, "members", [net])
    with_embedding = [member for member in members if hasattr(member, "embedding")]
    return sum(member.embedding.weight.shape[0] for member in with_embedding)
