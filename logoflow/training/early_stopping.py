"""Stop a training that no longer gets better on the validation photos."""

from collections.abc import Callable
from pathlib import Path

from mxnet import gluon


class EarlyStopping:
    """Keep the best weights of a network, and tell when to stop.

    Parameters
    ----------
    net : Block
        The network that is being trained.
    validate : callable
        Returns the accuracy of the network on the validation photos, 0 to 1.
    patience : int
        Number of checks without a better accuracy after which the training is over.
    path : Path
        File for the best weights.

    Examples
    --------
    >>> net = gluon.nn.Dense(1, in_units=1)
    >>> net.initialize()
    >>> accuracies = iter([0.5, 0.7, 0.6, 0.7])
    >>> early_stopping = EarlyStopping(net, accuracies.__next__, 2, Path("best.params"))
    >>> [early_stopping.is_over() for _ in range(4)]
    [False, False, False, True]
    """

    def __init__(
        self, net: gluon.Block, validate: Callable[[], float], patience: int, path: Path
    ) -> None:
        self._net, self._validate, self._patience, self._path = net, validate, patience, path
        self.best_accuracy, self.checks_since_best = -1.0, 0

    def is_over(self) -> bool:
        """Check the network, and keep its weights if they are the best so far."""
        accuracy = self._validate()
        self.checks_since_best += 1
        if accuracy > self.best_accuracy:
            self._net.save_parameters(str(self._path))
            self.best_accuracy, self.checks_since_best = accuracy, 0
        return self.checks_since_best >= self._patience

    def load_best(self) -> None:
        """Give the network its best weights. Before the first check, nothing changes."""
        if self.best_accuracy >= 0:
            ctx = next(iter(self._net.collect_params().values())).list_ctx()
            self._net.load_parameters(str(self._path), ctx=ctx)

    def state(self) -> list[float]:
        """Return what a resume file stores."""
        return [self.best_accuracy, self.checks_since_best]

    def restore(self, state: list[float]) -> None:
        """Continue from a stored `state`, if the file of the best weights is still there."""
        if self._path.is_file():
            self.best_accuracy, self.checks_since_best = state[0], int(state[1])
