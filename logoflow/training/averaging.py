"""The moving average of a network's weights, which varies less than the last step's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

from mxnet import gluon, nd


class WeightAverage:
    """Exponential moving average of a network's weights and running statistics.

    Parameters
    ----------
    net : Block
        The network being trained. Its shapes must be known when `update` is first called.
    decay : float
        Share of the average that stays at each step, 0 or more and below 1. In the first steps
        the share is smaller, so that the initial weights fade quickly. With 0 nothing is averaged,
        and no method changes the network.

    Notes
    -----
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992. The
    smaller decay in the first steps is that of TensorFlow.

    Examples
    --------
    >>> net = gluon.nn.Dense(1, in_units=1, use_bias=False)
    >>> net.initialize()
    >>> average = WeightAverage(net, 0.99)
    >>> for value in (1.0, 2.0):  # two training steps
    ...     net.weight.set_data(nd.array([[value]]))
    ...     average.update()
    >>> with average.applied():
    ...     print(net.weight.data().asnumpy())
    [[1.75]]
    >>> print(net.weight.data().asnumpy())
    [[2.]]
    """

    def __init__(self, net: gluon.Block, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"ema_decay is {decay}. It must be 0 or more, and below 1.")
        self.net, self.decay = net, decay
        self.steps = 0
        self.values: list[nd.NDArray] = []

    def update(self) -> None:
        """Add the network's current weights to the average."""
        if not self.decay:
            return
        # BatchNorm updates its running statistics during the backward pass, which MXNet does not
        # track. Without the wait they may be read half-written, and a seed would not repeat a run.
        nd.waitall()
        weights = [parameter.list_data()[0] for parameter in self._parameters()]
        if not self.values:
            self.values = [weight.copy() for weight in weights]
        self.steps += 1
        update_share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for value, weight in zip(self.values, weights, strict=True):
            value += update_share * (weight - value)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the network the averaged weights inside a ``with`` block."""
        if not self.values:
            yield
            return
        trained = [parameter.list_data()[0].copy() for parameter in self._parameters()]
        self.apply()
        try:
            yield
        finally:
            _set_values(self._parameters(), trained)

    def apply(self) -> None:
        """Give the network the averaged weights; before the first update, change nothing."""
        if self.values:
            _set_values(self._parameters(), self.values)

    def _parameters(self) -> list[gluon.Parameter]:
        return list(self.net.collect_params().values())


def _set_values(parameters: list[gluon.Parameter], values: list[nd.NDArray]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.set_data(value)
