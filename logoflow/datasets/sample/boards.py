"""Print a mark on a board and modify the board: rims, gloss, text, bends and folds."""

from typing import NamedTuple

import cv2
import numpy as np

from logoflow.datasets.sample.glyphs import text_glyph
from logoflow.datasets.sample.textures import deep, fractal, mix

PAINTS = np.array([(0.93, 0.92, 0.9), (0.75, 0.76, 0.78), (0.25, 0.27, 0.3), (0.7, 0.15, 0.13),
                    (0.12, 0.25, 0.5), (0.1, 0.35, 0.25), (0.9, 0.75, 0.2), (0.55, 0.42, 0.3),
                    (0.09, 0.09, 0.1), (0.5, 0.66, 0.75)], np.float32)  # fmt: skip


class Sprite(NamedTuple):
    """An object without its surroundings.

    Parameters
    ----------
    rgb : ndarray
        (H, W, 3), float32, 0 to 1.
    alpha : ndarray
        (H, W): coverage of the object, 0 to 1.
    ink : ndarray
        (H, W): coverage of the mark that is printed on it, 0 to 1.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    ink: np.ndarray


def print_on(rng, mark, across, down, make, *, slide=0.05, raise_by=0.0, colour=None,
           paint=False) -> Sprite:  # fmt: skip
    """Print a mark on a rectangle of a material.

    Parameters
    ----------
    rng : Generator
    mark : Mark
    across, down : (float, float)
        Ranges of the board's width and height, as multiples of the mark's.
    make : callable
        Paints the material: a function of `textures`.
    slide : float
        Standard deviation of the mark's position, as a share of the free space.
    raise_by : float
        How far the mark is above the middle, as a share of the free space.
    colour : ndarray, optional
        Colour of the board; random by default. A mark without a plate always gets a board in the
        colour that its ink was chosen for.
    paint : bool
        Whether the texture of the board shows through the mark.

    Returns
    -------
    Sprite
    """
    height, width = mark.alpha.shape
    long = max(height, width) * 0.35
    tall = int((height + long) / 1.35 * rng.uniform(*down)) + 4
    broad = int((width + long) / 1.35 * rng.uniform(*across)) + 4
    tall, broad = max(tall, height + 4), max(broad, width + 4)
    plateless = mark.alpha[0, 0] == 0 and mark.alpha.mean() - mark.ink.mean() < 0.02
    choice = PAINTS[rng.integers(len(PAINTS))]
    base = mark.ground if plateless else choice if colour is None else colour
    rgb = make(rng, tall, broad, np.clip(base * rng.uniform(0.9, 1.05), 0, 1))
    room_x, room_y = broad - width, tall - height
    x = int(np.clip(room_x * (0.5 + rng.normal(0, slide)), 0, room_x))
    y = int(np.clip(room_y * (0.5 + rng.normal(0, slide / 2) - raise_by), 0, room_y))
    ink = np.zeros((tall, broad), np.float32)
    ink[y : y + height, x : x + width] = mark.ink
    part = rgb[y : y + height, x : x + width]
    relief = part / np.maximum(base, 0.05) if paint else 1.0
    part[:] = mix(part, mark.rgb * np.clip(relief, 0.8, 1.2), mark.alpha)
    return Sprite(rgb.astype(np.float32), np.ones((tall, broad), np.float32), ink)


def across(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Give coordinates from -1 to 1: (H, 1) down and (1, W) across."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in (height, width))
    return y[:, None], x[None]


def main_colour(sprite: Sprite) -> np.ndarray:
    """Give the median colour of a board."""
    return np.median(sprite.rgb[::7, ::7].reshape(-1, 3), 0)


def add_text(rng, board: Sprite, share: float) -> np.ndarray:
    """Write a line of text below the mark if there is room; return the colours."""
    rgb = board.rgb.copy()
    height, width = board.alpha.shape
    printed = cv2.boundingRect((board.ink > 0.1).astype(np.uint8))
    last = max(int(height * 0.6), printed[1] + printed[3])
    room = height - last
    if room < 0.22 * height:
        return rgb
    text = text_glyph(rng)
    scale = min(room * 0.35 / text.shape[0], width * share / text.shape[1])
    size = [max(1, round(n * scale)) for n in text.shape[::-1]]
    if min(size) < 5:
        return rgb
    text = cv2.resize(text, size, interpolation=cv2.INTER_AREA)
    y, x = last + (room - size[1]) // 2, (width - size[0]) // 2
    part = rgb[y : y + size[1], x : x + size[0]]
    colour = np.full(3, 0.1 if part.mean() > 0.45 else 0.93, np.float32)
    part[:] = mix(part, colour, text * 0.9)
    return rgb


def pad(sprite: Sprite, top=0, bottom=0, right=0, left=0) -> Sprite:
    """Add empty space around a sprite, in pixels."""
    return Sprite(
        *(cv2.copyMakeBorder(p, top, bottom, left, right, cv2.BORDER_CONSTANT) for p in sprite)
    )


def fill(outline: np.ndarray, height: int, width: int) -> np.ndarray:
    """Fill an outline, given in shares of width and height; return the coverage."""
    points = np.round(outline * np.array([width, height]) * 16).astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    return cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, 4).astype(np.float32) / 255


def round_corners(alpha: np.ndarray, share: float) -> np.ndarray:
    """Round the corners; the radius is a share of the shorter side."""
    height, width = alpha.shape
    radius = share * min(height, width)
    y = np.abs(np.arange(height) - (height - 1) / 2)[:, None] - (height / 2 - radius)
    x = np.abs(np.arange(width) - (width - 1) / 2)[None] - (width / 2 - radius)
    away = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) - radius
    return (alpha * np.clip(0.5 - away, 0, 1)).astype(np.float32)


def add_gloss(rng, rgb: np.ndarray, amount: float) -> np.ndarray:
    """Add a soft slanted reflection and a gradient of light."""
    height, width = rgb.shape[:2]
    y, x = (0.5 + 0.5 * axis for axis in across(height, width))
    along = x * rng.uniform(-1, 1) + y * rng.uniform(0.2, 1)
    band = np.exp(-(((along - rng.uniform(0, 1)) / rng.uniform(0.08, 0.3)) ** 2))
    shade = 1 + amount * (0.5 - y) + amount * 0.4 * (x - 0.5)
    return np.clip(rgb * deep(shade) + deep(amount * 0.6 * band), 0, 1)


def add_rim(rng, sprite: Sprite, *, dark=False) -> Sprite:
    """Draw a rim around a board, lighter at the top than at the bottom."""
    height, width = sprite.alpha.shape
    thick = max(2, int(min(height, width) * rng.uniform(0.015, 0.04)))
    inside = cv2.erode(np.pad(sprite.alpha, 1), np.ones((3, 3)), iterations=thick)[1:-1, 1:-1]
    colour = np.full(3, 0.06) if dark else PAINTS[rng.integers(len(PAINTS))] * 0.8
    light = np.linspace(1.2, 0.7, height, dtype=np.float32)[:, None, None]
    rim_rgb = np.repeat(np.clip(colour * light, 0, 1), width, 1)
    rgb = mix(sprite.rgb, rim_rgb, 1 - inside)
    return Sprite(rgb.astype(np.float32), sprite.alpha, sprite.ink)


def _remap(sprite: Sprite, x: np.ndarray, y: np.ndarray) -> Sprite:
    x, y = x.astype(np.float32), y.astype(np.float32)
    rgb = cv2.remap(sprite.rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha, ink = (
        cv2.remap(p, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) for p in sprite[1:]
    )
    return Sprite(rgb, alpha, ink)


def bend(rng, label: Sprite, taper: float) -> Sprite:
    """Bend a label around an upright cylinder that is lit from one side."""
    height, width = label.alpha.shape
    bow = int(0.09 * width)
    y, x = np.mgrid[0 : height + bow, 0:width].astype(np.float32)
    across = 2 * x / (width - 1) - 1
    across = across / (1 - taper * y / (height + bow))
    angle = np.arcsin(np.clip(across, -1, 1))
    turned = np.clip(angle / 1.25, -1, 1)  # the label covers a little less than half
    flat_y = y - bow * np.cos(angle)
    bent = _remap(label, (turned + 1) / 2 * (width - 1), flat_y)
    inside = (np.abs(across) <= 1) & (flat_y > -bow) & (flat_y < height)
    lamp = rng.uniform(-0.7, 0.7)
    shade = 0.35 + 0.75 * np.clip(np.cos(angle - lamp), 0, 1)
    glint = np.exp(-(((angle - lamp * 1.2) / 0.12) ** 2)) * rng.uniform(0.05, 0.35)
    rgb = np.clip(bent.rgb * deep(shade) + deep(glint), 0, 1)
    alpha = cv2.blur(inside.astype(np.float32), (2, 2))
    return Sprite(rgb.astype(np.float32), alpha, bent.ink * inside)


def ripple(rng, sprite: Sprite, depth: float, contrast: float) -> Sprite:
    """Distort a sprite like cloth in folds and shade the folds."""
    height, width = sprite.alpha.shape
    relief = fractal(rng, height, width, (2, 4), 3)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    relief += 0.8 * np.sin(6.3 * (rng.uniform(1, 3) * x / width + rng.uniform(-1, 1) * y / height))
    push = depth * min(height, width) * relief
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=5) * width / 200
    bent = _remap(sprite, x + push, y + 0.6 * push)
    shade = 1 + contrast * np.tanh(slope / (np.abs(slope).mean() * 2 + 1e-6))
    return Sprite(np.clip(bent.rgb * deep(shade), 0, 1), bent.alpha, bent.ink)
