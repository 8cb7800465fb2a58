"""Plates under marks: signs, labels, discs and bands."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pretraining.random_numbers import Random, per_pixel
from pretraining.surfaces import Surface

ENDLESS = 50.0  # half side of a plate that fills the crop


class Plates(NamedTuple):
    """Plates of a batch of crops. All have the shape (crops, 1, size, size)."""

    opacity: Tensor
    border: Tensor  # opacity of a line along the edge
    gradient: Tensor  # what is added to the colour, of 255


def draw_plates(rng: Random, surface: Surface, extents: Tensor, has_plate: Tensor) -> Plates:
    """Draw a plate around each mark.

    Parameters
    ----------
    rng : Random
        Source of all choices.
    surface : Surface
        Where the marks lie.
    extents : Tensor
        Shape (crops, 2): width and height of each mark, as shares of its longer side.
    has_plate : Tensor
        Shape (crops,): False where the mark is painted on the background itself.

    Returns
    -------
    Plates
        Boxes with sharp or round corners, ellipses, discs, bands, and surfaces of one colour.
    """
    count, size = len(extents), surface.u.shape[-1]
    pixel = per_pixel(2 / (surface.scale * size))
    distance = plate_distance(rng, surface, extents)
    is_plate = per_pixel(has_plate) & surface.is_visible
    opacity = coverage(distance / pixel) * is_plate
    width = rng.sometimes(rng.uniform(count, low=0.03, high=0.12), 0.16)
    inset = per_pixel(rng.sometimes(rng.uniform(count, high=0.08), 0.4) + width / 2)
    line = (distance + inset).abs() - per_pixel(width / 2)
    border = coverage(line / pixel) * per_pixel(width > 0)
    strength = rng.sometimes(rng.uniform(count, low=-45, high=45), 0.3)
    angle = per_pixel(rng.uniform(count, high=2 * math.pi))
    slope = (surface.u * angle.cos() + surface.v * angle.sin()).clamp(-1.5, 1.5)
    gradient = per_pixel(strength) * slope
    return Plates(opacity[:, None], border[:, None], gradient[:, None])


def coverage(distance: Tensor) -> Tensor:
    """Return how much of a pixel lies inside a shape, from its distance in pixels."""
    return (0.5 - distance).clamp(0, 1)


def plate_distance(rng: Random, surface: Surface, extents: Tensor) -> Tensor:
    """Return each pixel's distance from the edge of its plate, negative inside."""
    count = len(extents)
    margin = rng.uniform(count, low=0.05, high=0.5) * extents.prod(dim=1).sqrt() + 0.03
    half_width = extents[:, 0] + margin * rng.uniform(count, low=0.5, high=1.6)
    half_height = extents[:, 1] + margin
    kind = rng.uniform(count)
    is_ellipse = (kind >= 0.52) & (kind < 0.62)
    is_disc = (kind >= 0.62) & (kind < 0.74)
    radius = extents.norm(dim=1) * rng.uniform(count, low=1.03, high=1.35)
    half_width = torch.where(is_disc, radius, half_width * torch.where(is_ellipse, 1.22, 1.0))
    half_height = torch.where(is_disc, radius, half_height * torch.where(is_ellipse, 1.22, 1.0))
    half_width = torch.where(kind >= 0.74, ENDLESS, half_width)  # bands, and all of the crop
    half_height = torch.where(kind >= 0.82, ENDLESS, half_height)
    shorter = torch.minimum(half_width, half_height)
    roundness = torch.where(kind < 0.42, rng.uniform(count, low=0.1, high=0.5), 1.0)
    roundness = torch.where(kind < 0.26, rng.uniform(count, high=0.06), roundness)
    corner = torch.where(kind >= 0.74, 0.0, shorter * roundness)
    lean = per_pixel(rng.sometimes(rng.normal(count, spread=0.3), 0.07))
    across, down = (surface.u - lean * surface.v).abs(), surface.v.abs()
    box = box_distance(across, down, half_width, half_height, corner)
    ellipse = (across / per_pixel(half_width)) ** 2 + (down / per_pixel(half_height)) ** 2
    ellipse = ((ellipse + 1e-9).sqrt() - 1) * per_pixel(shorter)
    return torch.where(per_pixel(is_ellipse | is_disc), ellipse, box)


def box_distance(
    across: Tensor, down: Tensor, half_width: Tensor, half_height: Tensor, corner: Tensor
) -> Tensor:
    """Return the distance from the edge of a box with round corners."""
    beyond_x = across - per_pixel(half_width - corner)
    beyond_y = down - per_pixel(half_height - corner)
    outside = (beyond_x.clamp(min=0) ** 2 + beyond_y.clamp(min=0) ** 2).sqrt()
    inside = torch.maximum(beyond_x, beyond_y).clamp(max=0)
    return outside + inside - per_pixel(corner)
