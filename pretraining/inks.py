"""Colours of marks and plates."""

from typing import NamedTuple

import torch
from torch import Tensor

from pretraining.random_numbers import Random

MIN_CONTRAST = 90  # sum of the differences of the three colours
PALETTE = ("brand", "white", "dark", "any", "another")

# How marks of one colour are printed: colour of the mark, colour of the plate if any, share.
PRINTS = (
    ("brand", "white", 0.22),
    ("white", "brand", 0.22),
    ("dark", "white", 0.09),
    ("white", "dark", 0.09),
    ("any", "another", 0.10),
    ("brand", "another", 0.06),
    ("white", None, 0.08),
    ("dark", None, 0.06),
    ("brand", None, 0.08),
)

# Plates under marks in several colours.
COLOURED_PRINTS = (("white", 0.48), ("any", 0.14), ("dark", 0.10), (None, 0.28))


class Inks(NamedTuple):
    """Colours of a batch, RGB of 0 to 255."""

    mark: Tensor  # (crops, 3); of marks in several colours, their mean
    plate: Tensor  # (crops, 3)
    has_plate: Tensor  # (crops,)
    white: Tensor  # (crops, 3), as white as paper is on the photo
    dark: Tensor  # (crops, 3)
    second: Tensor  # (crops, 3), for borders


def choose_inks(
    rng: Random, usual: Tensor, mean: Tensor, is_one_colour: Tensor, background: Tensor
) -> Inks:
    """Choose the colours of marks and plates so that marks stand out.

    Parameters
    ----------
    rng : Random
        Source of all choices.
    usual : Tensor
        Usual colours of marks of one colour, (crops, 3); -1 if unknown.
    mean : Tensor
        Mean colours of the marks, (crops, 3).
    is_one_colour : Tensor
        Whether the composer may colour the mark, (crops,).
    background : Tensor
        Mean colours of the backgrounds, (crops, 3).

    Returns
    -------
    Inks
        The colours.
    """
    palette = make_palette(rng, usual)
    mark, plate, has_plate = print_in_one_colour(rng, palette)
    coloured_plate, has_coloured_plate = print_in_colours(rng, palette)
    mark = torch.where(is_one_colour[:, None], mark, mean)
    plate = torch.where(is_one_colour[:, None], plate, coloured_plate)
    has_plate = torch.where(is_one_colour, has_plate, has_coloured_plate)
    white, dark, second = palette[:, 1], palette[:, 2], palette[:, 4]
    behind = torch.where(has_plate[:, None], plate, background)
    is_faint = ((mark - behind).abs().sum(1) < MIN_CONTRAST)[:, None]
    plate = torch.where(is_faint & has_plate[:, None], opposite(mark, white, dark), plate)
    change = is_faint & (~has_plate & is_one_colour)[:, None]
    mark = torch.where(change, opposite(background, white, dark), mark)
    return Inks(mark, plate, has_plate, white, dark, second)


def random_colours(rng: Random, count: int) -> Tensor:
    """Return random colours, paler or stronger than uniform ones."""
    colours = rng.uniform(count, 3, high=255)
    grey = colours.mean(1, keepdim=True)
    return (grey + (colours - grey) * rng.uniform(count, 1, low=0.3, high=1.3)).clamp(0, 255)


def make_palette(rng: Random, usual: Tensor) -> Tensor:
    """Return the colours of PALETTE for each crop, (crops, 5, 3)."""
    count = len(usual)
    brand = torch.where(usual < 0, random_colours(rng, count), usual)
    brand = brand + rng.normal(count, 3, spread=18)
    white = 255 - rng.normal(count, 3, spread=10).abs() - rng.uniform(count, 1, high=25)
    dark = 20 + rng.normal(count, 1, spread=18).abs() + rng.normal(count, 3, spread=4)
    colours = [brand, white, dark, random_colours(rng, count), random_colours(rng, count)]
    return torch.stack(colours, dim=1).clamp(0, 255)


def draw_rows(rng: Random, count: int, shares: list[float]) -> Tensor:
    """Draw rows of a table by their shares."""
    weights = torch.tensor(shares, device=rng.device)
    return torch.multinomial(weights, count, replacement=True, generator=rng.generator)


def print_in_one_colour(rng: Random, palette: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Choose the colour of the mark, of the plate, and whether there is a plate."""
    row = draw_rows(rng, len(palette), [share for *_, share in PRINTS])
    inks = [PALETTE.index(ink) for ink, *_ in PRINTS]
    plates = [PALETTE.index(plate or "white") for _, plate, _ in PRINTS]
    has_plate = torch.tensor([plate is not None for _, plate, _ in PRINTS], device=rng.device)
    return pick(palette, inks, row), pick(palette, plates, row), has_plate[row]


def print_in_colours(rng: Random, palette: Tensor) -> tuple[Tensor, Tensor]:
    """Choose the colour of the plate under a mark in several colours, if there is one."""
    row = draw_rows(rng, len(palette), [share for _, share in COLOURED_PRINTS])
    plates = [PALETTE.index(plate or "white") for plate, _ in COLOURED_PRINTS]
    has_plate = torch.tensor([plate is not None for plate, _ in COLOURED_PRINTS], device=rng.device)
    return pick(palette, plates, row), has_plate[row]


def pick(palette: Tensor, columns: list[int], row: Tensor) -> Tensor:
    """Take a colour from each crop's palette."""
    column = torch.tensor(columns, device=palette.device)[row]
    return palette[torch.arange(len(palette), device=palette.device), column]


def opposite(colour: Tensor, white: Tensor, dark: Tensor) -> Tensor:
    """Return dark for bright colours and white for dark ones."""
    return torch.where(colour.mean(1, keepdim=True) > 127, dark, white)
