"""A running average of a net's weights, steadier than the last step's."""

from collections.abc import Iterator
from contextlib import contextmanager

from mxnet import gluon, nd


class WeightAverage:
    """Exponential moving average of a net's weights and running statistics.

    Parameters
    ----------
    net : Block
        The net that is trained. It has to know its shapes when `update` is first called.
    decay : float
        How much of the average stays at each step, 0 to below 1. Early on less stays, so that
        the first steps do not linger. With 0 nothing is averaged: all methods leave the net be.

    Notes
    -----
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992; the
    early decay is TensorFlow's.

    Examples
    --------
    >>> average = WeightAverage(net, 0.99)
    >>> average.update()  # after each step
    >>> with average.in_place():
    ...     evaluate_accuracy(val_data, net, ctx)
    """

    def __init__(self, net: gluon.Block, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"The average's decay is {decay}: give 0 or more, below 1.")
        self.net, self.decay = net, decay
        self.steps = 0
        self.values: list[nd.NDArray] = []

    def update(self) -> None:
        """Take in the net's weights as they are now."""
        if not self.decay:
            return
        # BatchNorm writes its running statistics during the backward pass, and MXNet does not know
        # it: without the wait they may be read half-written, and a seed would not repeat a run.
        nd.waitall()
        weights = [parameter.list_data()[0] for parameter in self._parameters()]
        if not self.values:
            self.values = [weight.copy() for weight in weights]
        self.steps += 1
        fresh = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for value, weight in zip(self.values, weights, strict=True):
            value += fresh * (weight - value)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the net its average within a ``with``, and its own weights back after it."""
        if not self.values:
            yield
            return
        own = [parameter.list_data()[0].copy() for parameter in self._parameters()]
        self.put_in_place()
        try:
            yield
        finally:
            _set(self._parameters(), own)

    def put_in_place(self) -> None:
        """Give the net its average for good; before the first update, nothing."""
        if self.values:
            _set(self._parameters(), self.values)

    def _parameters(self) -> list[gluon.Parameter]:
        return list(self.net.collect_params().values())


def _set(parameters: list[gluon.Parameter], values: list[nd.NDArray]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.set_data(value)
