"""Random numbers on the device that composes the training pictures."""

import torch
from torch import Tensor


class Random:
    """Random tensors from a seed, on one device.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers on the same device.
    device : str or torch.device
        Where the tensors are made.

    Examples
    --------
    >>> Random(0, "cpu").uniform(2, 3).shape
    torch.Size([2, 3])
    """

    def __init__(self, seed: int, device: str | torch.device = "cpu"):
        self.device = torch.device(device)
        self.generator = torch.Generator(device=self.device)
        self.generator.manual_seed(seed)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return numbers that are spread evenly from `low` to `high`."""
        numbers = torch.rand(*shape, generator=self.generator, device=self.device)
        return low + (high - low) * numbers

    def normal(self, *shape: int, spread: float = 1.0) -> Tensor:
        """Return normally distributed numbers with mean 0 and standard deviation `spread`."""
        return spread * torch.randn(*shape, generator=self.generator, device=self.device)

    def chance(self, count: int, probability: float) -> Tensor:
        """Return `count` booleans, each of which is true with a probability."""
        return self.uniform(count) < probability

    def integers(self, count: int, end: int) -> Tensor:
        """Return `count` integers from 0 to `end` - 1."""
        return torch.randint(0, end, (count,), generator=self.generator, device=self.device)

    def subset(self, count: int, share: float) -> Tensor:
        """Return a fixed share of the indices from 0 to `count` - 1, in random order.

        The number of indices is known in advance, so the program need not wait for the GPU.
        """
        order = torch.randperm(count, generator=self.generator, device=self.device)
        return order[: round(share * count)]

    def sometimes(self, values: Tensor, probability: float, otherwise: float = 0.0) -> Tensor:
        """Keep each value with a probability, and replace the others by a number."""
        kept = self.chance(len(values), probability)
        kept = kept.reshape(-1, *[1] * (values.ndim - 1))
        return torch.where(kept, values, torch.full_like(values, otherwise))


def per_pixel(values: Tensor) -> Tensor:
    """Add two axes at the end, so that a value per picture combines with (picture, row, column)."""
    return values[..., None, None]
