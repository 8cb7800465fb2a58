"""Compose training pictures on the device: marks on plates in photos, as a camera sees them.

    python -m pretraining.compose work/marks.npz PHOTOS work/sheet.png

draws a sheet of such pictures to look at. PHOTOS is a folder of photos without logos.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pretraining.backgrounds import cut_backgrounds, light_on, occlude, read_tiles
from pretraining.camera import photograph
from pretraining.inks import Inks, choose_inks
from pretraining.marks import SIDE, MarkSet, read_marks
from pretraining.plates import draw_plates
from pretraining.random_numbers import Random, per_pixel
from pretraining.surfaces import Surface, place_surfaces

COIN_WEIGHT = 0.5  # how often a coin is drawn, if other brands are drawn once
TEXT_SHARE = 0.15  # of the pictures have text behind the mark


class Batch(NamedTuple):
    """Composed pictures."""

    pictures: Tensor  # (crops, 3, size, size), whole numbers of 0 to 255, RGB
    labels: Tensor  # (crops,), indices of brands; the number of brands means "none"
    plain: int  # so many pictures at the start are photos with nothing on them


class Composer:
    """Composes pictures of marks.

    Parameters
    ----------
    marks : MarkSet
        The marks.
    tiles : ndarray
        Squares of photos without logos, (tiles, 256, 256, 3), uint8 RGB.
    device : str
        Where pictures are composed, such as "cuda".
    seed : int
        Decides all pictures.
    """

    def __init__(self, marks: MarkSet, tiles: np.ndarray, device: str, seed: int):
        self.rng = Random(seed, device)
        self.brands = len(marks.brands)
        pictures = torch.from_numpy(marks.pictures).permute(0, 3, 1, 2).to(device)
        # The same marks at full, half and quarter size, to shrink them without ripples.
        self.pyramid = [pictures, *(reduce(pictures, times) for times in (2, 4))]
        mean = self.pyramid[2].float().mean((2, 3))
        self.mean_colours = 255 * mean[:, :3] / mean[:, 3:].clamp(min=1)
        self.extents = torch.from_numpy(marks.extents).to(device)
        self.is_one_colour = torch.from_numpy(marks.is_one_colour).to(device)
        self.colours = torch.from_numpy(marks.colours).to(device)
        self.tiles = torch.from_numpy(tiles).permute(0, 3, 1, 2).to(device)
        rows = [np.flatnonzero(marks.brand_of == brand) for brand in range(self.brands)]
        self.mark_counts = torch.tensor([len(of_brand) for of_brand in rows], device=device)
        self.mark_table = torch.zeros(self.brands, int(self.mark_counts.max()), dtype=torch.long)
        for brand, of_brand in enumerate(rows):
            self.mark_table[brand, : len(of_brand)] = torch.from_numpy(of_brand)
        self.mark_table = self.mark_table.to(device)
        self.texts = torch.from_numpy(np.flatnonzero(marks.brand_of < 0)).to(device)
        is_coin = np.char.startswith(marks.brands, "coin ")
        weights = np.where(is_coin, COIN_WEIGHT, 1.0).astype(np.float32)
        self.weights = torch.from_numpy(weights).to(device)

    @torch.no_grad()
    def batch(self, count: int, size: int, plain: float = 0.12, empty: float = 0.04) -> Batch:
        """Compose a batch for training.

        Parameters
        ----------
        count : int
            Number of pictures.
        size : int
            Side of the pictures in pixels, a multiple of 16.
        plain : float
            Share of photos with nothing on them.
        empty : float
            Share of plates with text or without anything.

        Returns
        -------
        Batch
            Plain photos first, then empty plates, then marks.
        """
        plains, empties = int(plain * count), int(empty * count)
        weights, marked = self.weights, count - plains - empties
        brands = torch.multinomial(weights, marked, True, generator=self.rng.generator)
        none = torch.full((plains + empties,), self.brands, device=self.rng.device)
        pictures = cut_backgrounds(self.rng, self.tiles, count, size)
        marks = torch.cat([self.draw_texts(empties), self.draw_marks(brands)])
        shown = torch.ones(len(marks), device=self.rng.device)
        shown[:empties] = self.rng.chance(empties, 0.6 if len(self.texts) else 0.0).float()
        covered = occlude(self.rng, self.paint(self.add_text(pictures[plains:]), marks, shown))
        pictures = photograph(self.rng, torch.cat([pictures[:plains], covered]))
        return Batch(pictures, torch.cat([none, brands]), plains)

    @torch.no_grad()
    def of_brands(self, brands: Tensor, size: int) -> Tensor:
        """Compose one picture for each of the given brands, (crops, 3, size, size)."""
        shown = torch.ones(len(brands), device=self.rng.device)
        pictures = self.paint(
            cut_backgrounds(self.rng, self.tiles, len(brands), size), self.draw_marks(brands), shown
        )
        return photograph(self.rng, occlude(self.rng, pictures))

    @torch.no_grad()
    def photos(self, count: int, size: int) -> Tensor:
        """Compose photos with nothing on them, (crops, 3, size, size)."""
        return photograph(self.rng, cut_backgrounds(self.rng, self.tiles, count, size))

    def draw_marks(self, brands: Tensor) -> Tensor:
        """Draw one mark of each brand."""
        counts = self.mark_counts[brands]
        number = (self.rng.uniform(len(brands)) * counts).long()
        return self.mark_table[brands, torch.minimum(number, counts - 1)]

    def draw_texts(self, count: int) -> Tensor:
        """Draw blocks of text; any mark if there are none."""
        if len(self.texts) == 0:
            return torch.zeros(count, dtype=torch.long, device=self.rng.device)
        return self.texts[self.rng.integers(count, len(self.texts))]

    def add_text(self, pictures: Tensor) -> Tensor:
        """Paint a block of text on some pictures, so that marks have neighbours."""
        rows = self.rng.subset(len(pictures), TEXT_SHARE if len(self.texts) else 0.0)
        if len(rows) == 0:
            return pictures
        shown = torch.ones(len(rows), device=self.rng.device)
        pictures = pictures.clone()
        pictures[rows] = self.paint(pictures[rows], self.draw_texts(len(rows)), shown).clamp(0, 255)
        return pictures

    def paint(self, pictures: Tensor, marks: Tensor, shown: Tensor) -> Tensor:
        """Paint a mark on each picture. Where `shown` is 0, its plate stays empty."""
        rng, size = self.rng, pictures.shape[-1]
        extents, one_colour = self.extents[marks], self.is_one_colour[marks]
        inks = choose_inks(
            rng, self.colours[marks], self.mean_colours[marks], one_colour, pictures.mean((2, 3))
        )
        surface = place_surfaces(rng, extents, size)
        plates = draw_plates(rng, surface, extents, inks.has_plate)
        opacity, colour = self.sample(surface, marks, shown)
        ink = per_pixel(inks.mark)
        shifted = colour * torch.exp(rng.normal(len(marks), 3, 1, 1, spread=0.08))
        colour = torch.where(one_colour[:, None, None, None], opacity * ink, shifted)
        border = per_pixel(torch.where(one_colour[:, None], inks.mark, inks.second))
        paper = per_pixel(inks.plate) + plates.gradient
        paper = paper + (border - paper) * plates.border
        light, gloss = light_on(rng, pictures, surface.shade)
        solid = rng.sometimes(rng.uniform(len(marks), 1, 1, 1, low=0.72), 0.2, otherwise=1.0)
        pictures = blend(pictures, paper * light + gloss, plates.opacity * solid)
        pictures = self.outline_some(pictures, surface, marks, shown, inks)
        return pictures * (1 - opacity * solid) + (colour * light + gloss * opacity) * solid

    def sample(self, surface: Surface, marks: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
        """Look up each pixel's opacity, and its colour times the opacity."""
        size = surface.u.shape[-1]
        grid = torch.stack([surface.u, surface.v], dim=3)
        texture = torch.zeros(len(marks), 4, size, size, device=self.rng.device)
        reduction = SIDE / (surface.scale * size)
        for level, (least, end) in enumerate(((0, 1.6), (1.6, 3.2), (3.2, math.inf))):
            rows = torch.nonzero((reduction >= least) & (reduction < end))[:, 0]
            if len(rows):
                pictures = self.pyramid[level][marks[rows]].float()
                texture[rows] = F.grid_sample(pictures, grid[rows], align_corners=False)
        texture = texture * shown[:, None, None, None] * surface.is_visible[:, None]
        return texture[:, 3:] / 255, texture[:, :3]

    def outline_some(
        self, pictures: Tensor, surface: Surface, marks: Tensor, shown: Tensor, inks: Inks
    ) -> Tensor:
        """Paint an outline or a shadow around every fifth mark, before the mark itself."""
        rng = self.rng
        rows = rng.subset(len(marks), 0.22)
        is_outline = rng.chance(len(rows), 0.45)[:, None, None, None]
        shift = rng.normal(len(rows), 1, 1, 2, spread=0.035) + 0.02
        grid = torch.stack([surface.u[rows], surface.v[rows]], dim=3)
        grid = grid - torch.where(is_outline, 0.0, shift)
        small = self.pyramid[2][marks[rows]][:, 3:].float() / 255
        soft = F.grid_sample(small, grid, align_corners=False) * shown[rows, None, None, None]
        opacity = torch.where(is_outline, (2.6 * soft).clamp(0, 1), 0.6 * soft)
        is_bright = inks.mark[rows].mean(1)[:, None] > 127
        edge = per_pixel(torch.where(is_bright, inks.dark[rows], inks.white[rows]))
        pictures = pictures.clone()
        colour = torch.where(is_outline, edge, 0.0)
        pictures[rows] = blend(pictures[rows], colour, opacity)
        return pictures


def blend(below: Tensor, above: Tensor, opacity: Tensor) -> Tensor:
    """Lay one picture over another."""
    return below + (above - below) * opacity


def reduce(pictures: Tensor, times: int) -> Tensor:
    """Shrink uint8 pictures by a whole number, in parts that fit the memory."""
    parts = [F.avg_pool2d(part.float(), times) for part in pictures.split(1024)]
    return torch.cat([part.round().to(torch.uint8) for part in parts])


def write_sheet(composer: Composer, path: Path, size: int = 128, side: int = 12) -> None:
    """Write a picture of composed pictures, in rows and columns."""
    pictures = composer.batch(side * side, size).pictures.byte().cpu().permute(0, 2, 3, 1).numpy()
    rows = [np.hstack(pictures[row * side : (row + 1) * side]) for row in range(side)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a sheet of composed pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("marks", type=Path, help="file that pretraining.artwork wrote")
    parser.add_argument("photos", type=Path, help="folder of photos without logos")
    parser.add_argument("output", type=Path, help="picture to write, .png")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    composer = Composer(
        read_marks(options.marks), read_tiles(options.photos), options.device, options.seed
    )
    write_sheet(composer, options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
