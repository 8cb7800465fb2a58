"""What a camera and a website do to a picture: exposure, blur, scaling, noise and JPEG."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from pretraining.random_numbers import Random

BLUR_RADIUS = 4  # pixels
BLOCK = 8  # side of JPEG's blocks

# The example tables of the JPEG standard (ITU-T T.81, annex K), for quality 50.
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8 for _ in range(4)),
)
TO_YCBCR = ((0.299, 0.587, 0.114), (-0.1687, -0.3313, 0.5), (0.5, -0.4187, -0.0813))
TO_RGB = ((1, 0, 1.402), (1, -0.3441, -0.7141), (1, 1.772, 0))


def photograph(rng: Random, pictures: Tensor) -> Tensor:
    """Degrade pictures as photos on the web are.

    Parameters
    ----------
    rng : Random
        Source of all choices.
    pictures : Tensor
        Shape (crops, 3, size, size), RGB of about 0 to 255; `size` is a multiple of 16.

    Returns
    -------
    Tensor
        The same shape, whole numbers of 0 to 255.

    Examples
    --------
    >>> photograph(Random(0), torch.full((8, 3, 32, 32), 100.0)).shape
    torch.Size([8, 3, 32, 32])
    """
    pictures = expose(rng, pictures.clamp(0, 255)).clamp(0, 255)
    change_some(rng, pictures, 0.42, blur_or_sharpen)
    for change in (shrink_much, shrink, shrink_little):
        change_some(rng, pictures, 0.08, change)
    pictures = add_noise(rng, pictures).clamp(0, 255)
    change_some(rng, pictures, 0.45, compress)
    return pictures.clamp(0, 255).round()


def change_some(
    rng: Random, pictures: Tensor, share: float, change: Callable[[Random, Tensor], Tensor]
) -> None:
    """Change a share of a batch in place."""
    rows = rng.subset(len(pictures), share)
    if len(rows):
        pictures[rows] = change(rng, pictures[rows])


def expose(rng: Random, pictures: Tensor) -> Tensor:
    """Change gamma, contrast, brightness, and the balance of the colours."""
    count = len(pictures)
    gamma = rng.sometimes(rng.normal(count, 1, 1, 1, spread=0.3), 0.35).exp()
    pictures = 255 * (pictures / 255 + 1e-4) ** gamma
    contrast = (rng.normal(count, 1, 1, 1, spread=0.2) - 0.05).exp()
    shift = rng.normal(count, 1, 1, 1, spread=16)
    tint = rng.sometimes(rng.normal(count, 3, 1, 1, spread=10), 0.45)
    return 128 + (pictures - 128) * contrast + shift + tint


def blur_or_sharpen(rng: Random, pictures: Tensor) -> Tensor:
    """Blur alike in all directions or along a line, or sharpen."""
    count, size = len(pictures), pictures.shape[-1]
    sigma = rng.uniform(count, low=0.3, high=1.7) * size / 128
    is_motion = rng.chance(count, 0.3)
    along = torch.where(is_motion, 1.4 * sigma, sigma).clamp(0.15, 2.4)
    across = torch.where(is_motion, 0.25 * sigma, sigma).clamp(0.15, 2.4)
    blurred = blur(pictures, along, across)
    is_sharper = rng.chance(count, 0.2)[:, None, None, None]
    return torch.where(is_sharper, (2 * pictures - blurred).clamp(0, 255), blurred)


def blur(pictures: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Blur by Gaussians of a standard deviation in pixels for each picture and direction."""
    count, channels, size, _ = pictures.shape
    steps = torch.arange(-BLUR_RADIUS, BLUR_RADIUS + 1, device=pictures.device)
    planes = pictures.reshape(1, count * channels, size, size)
    planes = F.pad(planes, [BLUR_RADIUS] * 4, mode="replicate")
    for sigma, axis in ((across, 2), (down, 3)):
        kernel = torch.exp(-0.5 * (steps / sigma[:, None]) ** 2)
        kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, dim=0)
        kernel = kernel[:, None, :].unsqueeze(axis)
        planes = F.conv2d(planes, kernel, groups=count * channels)
    return planes.reshape(count, channels, size, size)


def shrink(rng: Random, pictures: Tensor, least: float = 0.45) -> Tensor:
    """Scale pictures down and up again, all by the same factor."""
    size = pictures.shape[-1]
    # Drawn on the processor: the sizes of tensors must not wait for the GPU.
    small = max(16, int(size * (least + 0.2 * torch.rand(1).item())))
    reduced = F.interpolate(pictures, size=(small, small), mode="bilinear", antialias=True)
    return F.interpolate(reduced, size=(size, size), mode="bilinear")


def shrink_much(rng: Random, pictures: Tensor) -> Tensor:
    """Scale pictures down to a quarter or somewhat more, and up again."""
    return shrink(rng, pictures, least=0.25)


def shrink_little(rng: Random, pictures: Tensor) -> Tensor:
    """Scale pictures down to two thirds or somewhat more, and up again."""
    return shrink(rng, pictures, least=0.65)


def add_noise(rng: Random, pictures: Tensor) -> Tensor:
    """Add grey or coloured noise to some pictures."""
    count, _, size, _ = pictures.shape
    strength = rng.sometimes(rng.uniform(count, 1, 1, 1, low=1.5, high=12), 0.42)
    grey, coloured = rng.normal(count, 1, size, size), rng.normal(count, 3, size, size)
    return pictures + strength * torch.where(
        rng.chance(count, 0.5)[:, None, None, None], grey, coloured
    )


def compress(rng: Random, pictures: Tensor) -> Tensor:
    """Compress by JPEG with qualities from 18 to 92, in most batches with half of the colours."""
    device = pictures.device
    quality = rng.uniform(len(pictures), low=18, high=92)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    offset = tuple(torch.randint(0, BLOCK, (2,)).tolist())  # crops do not begin at a block
    pictures = pictures.roll(offset, dims=(2, 3))
    ycbcr = torch.einsum("ij,bjhw->bihw", torch.tensor(TO_YCBCR, device=device), pictures)
    luminance = quantise(ycbcr[:, :1] - 128, LUMINANCE, scale) + 128
    colour = ycbcr[:, 1:]
    if torch.rand(1).item() < 0.6:
        halved = quantise(F.avg_pool2d(colour, 2), CHROMINANCE, scale)
        colour = F.interpolate(halved, scale_factor=2, mode="bilinear")
    else:
        colour = quantise(colour, CHROMINANCE, scale)
    ycbcr = torch.cat([luminance, colour], dim=1)
    rgb = torch.einsum("ij,bjhw->bihw", torch.tensor(TO_RGB, device=device), ycbcr)
    return rgb.roll([-step for step in offset], dims=(2, 3))


def quantise(planes: Tensor, table: tuple, scale: Tensor) -> Tensor:
    """Round the frequencies of blocks of 8 x 8 pixels to multiples of a table's numbers."""
    count, channels, size, _ = planes.shape
    rows, device = size // BLOCK, planes.device
    steps = torch.tensor(table, dtype=planes.dtype, device=device) * scale[:, None, None]
    steps = steps.round().clamp(1, 255)[:, None, None, None]
    waves = cosines(device)
    blocks = planes.reshape(count, channels, rows, BLOCK, rows, BLOCK).transpose(3, 4)
    frequencies = waves @ blocks @ waves.T
    blocks = waves.T @ ((frequencies / steps).round() * steps) @ waves
    return blocks.transpose(3, 4).reshape(planes.shape)


def cosines(device: torch.device) -> Tensor:
    """Return the matrix of the discrete cosine transform of eight numbers."""
    row = torch.arange(BLOCK, device=device)[:, None]
    column = torch.arange(BLOCK, device=device)[None, :]
    matrix = torch.cos(math.pi * (2 * column + 1) * row / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    matrix[0] /= math.sqrt(2)
    return matrix
