"""Photos without logos: what lies behind the marks, and in front of some."""

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pretraining.inks import random_colours
from pretraining.random_numbers import Random, per_pixel
from pretraining.surfaces import pixel_grid

TILE = 256  # pixels of the side of the squares that backgrounds are cut from
OCCLUDED_SHARE = 0.18
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def photos_in(folder: Path) -> list[Path]:
    """List the photos of a folder.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    photos = sorted(path for path in folder.glob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    if not photos:
        raise FileNotFoundError(f"{folder} has no photos. Pass a folder of photos without logos.")
    return photos


def read_photo(path: Path) -> np.ndarray:
    """Read a photo, uint8 RGB.

    Raises
    ------
    ValueError
        If the file is no picture.
    """
    photo = cv2.imread(str(path))
    if photo is None:
        raise ValueError(f"{path} is no picture that OpenCV can read. Remove or replace it.")
    return np.ascontiguousarray(photo[..., ::-1])


def read_tiles(folder: Path) -> np.ndarray:
    """Read photos as two squares each, (tiles, 256, 256, 3), uint8 RGB."""
    tiles = []
    for path in photos_in(folder):
        photo = read_photo(path)
        scale = TILE / min(photo.shape[:2])
        height, width = (max(TILE, round(scale * length)) for length in photo.shape[:2])
        photo = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
        tiles += [photo[:TILE, :TILE], photo[height - TILE :, width - TILE :]]
    return np.stack(tiles)


def cut_backgrounds(rng: Random, squares: Tensor, count: int, size: int) -> Tensor:
    """Cut backgrounds from the photos. Some are paler, and some are a gradient."""
    zoom = rng.uniform(count, low=0.3).sqrt()
    mirror = torch.where(rng.chance(count, 0.5), 1.0, -1.0)
    window = torch.zeros(count, 2, 3, device=rng.device)
    window[:, 0, 0], window[:, 1, 1] = zoom * mirror, zoom
    window[:, :, 2] = rng.uniform(count, 2, low=-1) * (1 - zoom)[:, None]
    grid = F.affine_grid(window, [count, 3, size, size], align_corners=False)
    tiles = squares[rng.integers(count, len(squares))].float()
    photos = F.grid_sample(tiles, grid, padding_mode="border", align_corners=False)
    is_pale = rng.chance(count, 0.12)[:, None, None, None]
    mean = photos.mean((2, 3), keepdim=True)
    photos = torch.where(is_pale, mean + 0.25 * (photos - mean), photos)
    x, y = pixel_grid(size, rng.device)
    slopes = rng.normal(2, count, 3, 1, 1, spread=25)
    gradient = per_pixel(random_colours(rng, count)) + slopes[0] * x + slopes[1] * y
    is_gradient = rng.chance(count, 0.10)[:, None, None, None]
    return torch.where(is_gradient, gradient.clamp(0, 255), photos)


def light_on(rng: Random, pictures: Tensor, shade: Tensor) -> tuple[Tensor, Tensor]:
    """Return the light on each mark, a factor, and the gloss that is added to it.

    Both have the shape (crops, 1, size, size). The light follows the brightness of the background,
    so that marks lie in its shadows.
    """
    count, _, size, _ = pictures.shape
    coarse = F.adaptive_avg_pool2d(pictures.mean(1, keepdim=True), 6)
    bright = F.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=False)
    relative = bright / (bright.mean((2, 3), keepdim=True) + 8) - 1
    follow = rng.sometimes(rng.uniform(count, 1, 1, 1, high=0.75), 0.5)
    x, y = pixel_grid(size, rng.device)
    slope = per_pixel(rng.sometimes(rng.uniform(count, low=-0.38, high=0.38), 0.35))
    angle = per_pixel(rng.uniform(count, high=2 * math.pi))
    sides = 1 + slope * (x * angle.cos() + y * angle.sin())
    light = ((1 + follow * relative) * (shade * sides)[:, None]).clamp(0.25, 1.9)
    strength = per_pixel(rng.sometimes(rng.uniform(count, low=30, high=170), 0.1))
    spot_x, spot_y = (per_pixel(rng.uniform(count, low=-0.8, high=0.8)) for _ in range(2))
    width = per_pixel(rng.uniform(count, low=0.1, high=0.5))
    gloss = strength * torch.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / width**2)
    return light, gloss[:, None]


def occlude(rng: Random, pictures: Tensor) -> Tensor:
    """Cover a part of some pictures by a box or an ellipse out of another picture."""
    count, _, size, _ = pictures.shape
    x, y = pixel_grid(size, rng.device)
    x = x - per_pixel(rng.uniform(count, low=-1))
    y = y - per_pixel(rng.uniform(count, low=-1))
    angle = per_pixel(rng.uniform(count, high=math.pi))
    along = (x * angle.cos() + y * angle.sin()).abs()
    across = (y * angle.cos() - x * angle.sin()).abs()
    along = along / per_pixel(rng.uniform(count, low=0.1, high=0.45))
    across = across / per_pixel(rng.uniform(count, low=0.1, high=0.45))
    is_box = per_pixel(rng.chance(count, 0.5))
    reach = torch.where(is_box, torch.maximum(along, across), (along**2 + across**2).sqrt())
    covered = (reach < 1) & per_pixel(rng.chance(count, OCCLUDED_SHARE))
    others = pictures.roll(count // 3, dims=0).flip(3)
    return torch.where(covered[:, None], others, pictures)
