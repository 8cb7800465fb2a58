"""Where a mark lies in a crop: turned, tilted, and on flat or curved things."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pretraining.random_numbers import Random, per_pixel

HORIZON = 0.08  # points nearer to the horizon of a tilted plane are not drawn


class Surface(NamedTuple):
    """A surface with a mark, seen from each pixel of a batch of crops.

    On the surface, the middle of the mark is the origin, and half of its longer side is 1.
    """

    u: Tensor  # (crops, size, size), position on the surface, to the right
    v: Tensor  # the same, down
    is_visible: Tensor  # the same, booleans
    shade: Tensor  # the same, factor of the light that a curved surface gets
    scale: Tensor  # (crops,), longer side of the mark as a share of the crop's side


def place_surfaces(rng: Random, extents: Tensor, size: int) -> Surface:
    """Place a mark in each crop of a batch.

    Parameters
    ----------
    rng : Random
        Source of all choices.
    extents : Tensor
        Shape (crops, 2): width and height of each mark, as shares of its longer side.
    size : int
        Side of the crops in pixels.

    Returns
    -------
    Surface
        The surfaces.

    Examples
    --------
    >>> place_surfaces(Random(0), torch.ones(2, 2), size=32).u.shape
    torch.Size([2, 32, 32])
    """
    scale = choose_scale(rng, len(extents))
    to_plane = torch.linalg.inv_ex(homographies(rng, scale)).inverse
    x, y = pixel_grid(size, rng.device)
    rows = [
        per_pixel(to_plane[:, i, 0]) * x + per_pixel(to_plane[:, i, 1]) * y
        + per_pixel(to_plane[:, i, 2])
        for i in range(3)
    ]  # fmt: skip
    depth = rows[2].clamp(min=HORIZON)
    u, v, shade = bend(rng, rows[0] / depth, rows[1] / depth, extents)
    return Surface(u, v, rows[2] > HORIZON, shade, scale)


def pixel_grid(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return x and y of the middles of a crop's pixels, from -1 to 1."""
    middles = (torch.arange(size, device=device) * 2 + 1) / size - 1
    return middles[None, None, :], middles[None, :, None]


def choose_scale(rng: Random, count: int) -> Tensor:
    """Choose how much of its crop each mark fills. Every fifth is small."""
    large, small = rng.uniform(count, low=0.38, high=1.12), rng.uniform(count, low=0.16, high=0.38)
    return torch.where(rng.chance(count, 0.2), small, large)


def choose_turn(rng: Random, count: int) -> Tensor:
    """Choose angles in radians: most a few degrees, some up to 45, a few any."""
    kind = rng.uniform(count)
    degrees = rng.normal(count, spread=9)
    degrees = torch.where(kind < 0.14, rng.uniform(count, low=-180, high=180), degrees)
    degrees = torch.where(kind < 0.10, rng.uniform(count, low=-45, high=45), degrees)
    return degrees * math.pi / 180


def homographies(rng: Random, scale: Tensor) -> Tensor:
    """Return matrices, (crops, 3, 3), that map the surface to the crop."""
    count = len(scale)
    turn, shear = choose_turn(rng, count), rng.normal(count, spread=0.11)
    stretch = torch.exp(rng.normal(count, spread=0.11))
    cos, sin = scale * turn.cos(), scale * turn.sin()
    matrix = torch.zeros(count, 3, 3, device=rng.device)
    matrix[:, 0, 0], matrix[:, 0, 1] = cos * stretch, cos * shear - sin / stretch
    matrix[:, 1, 0], matrix[:, 1, 1] = sin * stretch, sin * shear + cos / stretch
    room = (1 - scale).clamp(min=0) + 0.12
    shift = rng.uniform(count, 2, low=-1) * 0.85 * room[:, None]
    strong = rng.sometimes(torch.full((count,), 0.22, device=rng.device), 0.2, otherwise=0.08)
    tilt = (rng.normal(count, 2) * strong[:, None]).clamp(-0.45, 0.45) * scale[:, None]
    matrix[:, :2, :2] += shift[:, :, None] * tilt[:, None, :]
    matrix[:, :2, 2], matrix[:, 2, :2], matrix[:, 2, 2] = shift, tilt, 1
    return matrix


def bend(rng: Random, u: Tensor, v: Tensor, extents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Bend some surfaces around bottles, pipes or waves. Return u, v and the shade."""
    count = len(u)
    kind = per_pixel(rng.uniform(count))
    shade = torch.ones_like(u)
    radius = (extents * rng.uniform(count, 2, low=1.1, high=2.6)).clamp(min=0.3)
    around, light = unroll(u, per_pixel(radius[:, 0]))
    is_bottle = kind < 0.13
    u, shade = torch.where(is_bottle, around, u), torch.where(is_bottle, light, shade)
    around, light = unroll(v, per_pixel(radius[:, 1]))
    is_pipe = (kind >= 0.13) & (kind < 0.17)
    v, shade = torch.where(is_pipe, around, v), torch.where(is_pipe, light, shade)
    across, along = rng.uniform(count, low=1.5, high=5), rng.normal(count, spread=1.5)
    height = per_pixel(rng.uniform(count, low=0.02, high=0.09))
    phase = per_pixel(across) * u + per_pixel(along) * v
    phase = phase + per_pixel(rng.uniform(count, high=2 * math.pi))
    is_wavy = (kind >= 0.17) & (kind < 0.25)
    v = torch.where(is_wavy, v + height * phase.sin(), v)
    shade = torch.where(is_wavy, 1 - 3.5 * height * phase.cos(), shade)
    return u, v, shade


def unroll(position: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
    """Return the way around a cylinder to a position in front of it, and the light there."""
    share = (position / radius).clamp(-0.999, 0.999)
    return radius * torch.asin(share), 0.45 + 0.55 * (1 - share**2).sqrt()
