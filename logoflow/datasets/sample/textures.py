"""Textures from noise for the walls, tables and streets of the sample.

A texture function takes a random generator, a size in pixels and a colour, and returns an array
(H, W, 3), float32, 0 to 1.
"""

import cv2
import numpy as np

Colour = tuple[float, float, float] | np.ndarray


def fractal(rng: np.random.Generator, height: int, width: int, cells=4, octaves=5) -> np.ndarray:
    """Make cloud-like noise, (H, W) float32, with mean about 0 and standard deviation about 1.

    Each octave has half the grain size and half the weight of the one before, as on most natural
    surfaces. `cells` is the number of grains along each side in the coarsest octave, or a pair
    (down, across) for a grain with a direction.
    """
    down, across = cells if isinstance(cells, tuple) else (cells, cells)
    half = max(1, width // 2), max(1, height // 2)  # half the size is four times faster
    total = np.zeros(half[::-1], np.float32)
    for octave in range(octaves):
        shape = (min(half[1], down << octave) + 1, min(half[0], across << octave) + 1)
        grid = rng.standard_normal(shape, dtype=np.float32)
        total += cv2.resize(grid, half, interpolation=cv2.INTER_CUBIC) / np.float32(1 << octave)
    return cv2.resize(total / np.float32(0.9), (width, height))


def brightness(rgb: np.ndarray) -> np.ndarray:
    """Convert a float32 image to grey values, (H, W)."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def deep(grey: np.ndarray) -> np.ndarray:
    """Repeat an array (H, W) for the three colours: (H, W, 3) float32.

    Arithmetic with the result is nine times faster than broadcasting ``grey[..., None]``.
    """
    return cv2.merge([grey.astype(np.float32, copy=False)] * 3)


def soften(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Apply a Gaussian blur. A wide blur is applied to a smaller image, which looks the same."""
    if sigma < 4:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    size = picture.shape[1::-1]
    small = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / 4), size)


def tint(shade: np.ndarray, colour: Colour) -> np.ndarray:
    """Colour a shade (H, W); a shade of 1 gives the colour itself."""
    shade = shade.astype(np.float32, copy=False)
    return np.clip(cv2.merge([shade * np.float32(c) for c in colour]), 0, 1)


def sheet(height: int, width: int, colour: Colour) -> np.ndarray:
    """Make an image of one colour."""
    return cv2.merge([np.full((height, width), c, np.float32) for c in colour])


def mix(under: np.ndarray, over: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Blend an image or a colour over an image; where the mask (H, W) is 1, it covers fully."""
    if over.ndim == 1:
        over = sheet(*mask.shape, over)
    mixed = over - under
    mixed *= deep(mask)
    mixed += under
    return mixed


def plaster(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make painted plaster with faint stains and a fine grain."""
    stains = fractal(rng, height, width, 2, 4) * rng.uniform(0.02, 0.06)
    grain = fractal(rng, height, width, 60, 2) * rng.uniform(0.01, 0.035)
    return tint(1 + stains + grain, colour)


def concrete(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make concrete or asphalt with blotches, grain and a few cracks or joints."""
    shade = 1 + fractal(rng, height, width, 4, 6) * 0.09
    shade += rng.standard_normal((height, width), dtype=np.float32) * 0.035
    for _ in range(rng.integers(0, 3)):
        x = int(rng.uniform(0, width))
        ends = (x, 0), (x + int(rng.normal(0, width / 30)), height)
        cv2.line(shade, *ends, 0.6, int(rng.integers(1, 4)), cv2.LINE_AA)
    return tint(shade, colour)


def brick(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make rows of bricks in different shades, with pale mortar."""
    rows = int(rng.integers(9, 18))
    brick_height = height / rows
    brick_width = brick_height * rng.uniform(2.2, 3.2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y += fractal(rng, height, width, 12, 2) * 1.2
    row = np.floor(y / brick_height).astype(int)
    along = x / brick_width + 0.5 * (row % 2) + fractal(rng, height, width, 12, 2) * 0.008
    column = np.floor(along).astype(int)
    shades = 1 + rng.normal(0, 0.13, (rows + 4, int(width / brick_width) + 5))
    shade = shades[row + 1, column + 1].astype(np.float32)
    edge = np.minimum((y / brick_height - row) * brick_height, (along - column) * brick_width)
    edge = np.minimum(
        edge, np.minimum((row + 1) * brick_height - y, (column + 1 - along) * brick_width)
    )
    mortar = deep(np.clip(1.6 - edge / rng.uniform(1.0, 2.2), 0, 1))
    grain = deep(1 + fractal(rng, height, width, 40, 3) * 0.08)
    bricks = tint(shade, colour) * grain
    return np.clip(
        bricks * (1 - mortar) + mortar * np.float32(rng.uniform(0.45, 0.8)) * grain, 0, 1
    )


def wood(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make horizontal planks with grain along them."""
    planks = int(rng.integers(3, 9))
    grain = fractal(rng, height, width, (24, 2), 4) * 0.07
    knots = np.sin(fractal(rng, height, width, (6, 1), 3) * 9) * 0.035
    row = np.arange(height) * planks // height
    shade = 1 + grain + knots + rng.normal(0, 0.09, planks)[row][:, None].astype(np.float32)
    gap = np.diff(row, prepend=row[0]) > 0
    shade[gap] *= 0.45
    shade[np.roll(gap, 1)] *= 0.75
    return tint(shade, colour)


def tiles(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make glazed tiles with joints and a soft reflection."""
    side = height / int(rng.integers(5, 11))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(side)
    cell = (np.floor(y) * 7919 + np.floor(x) * 104729).astype(int) % 997
    shade = (1 + rng.normal(0, 0.035, 997))[cell].astype(np.float32)
    away = np.minimum(np.minimum(y % 1, 1 - y % 1), np.minimum(x % 1, 1 - x % 1)) * side
    shade *= np.clip(0.62 + away / 5, 0, 1)
    return tint(shade + fractal(rng, height, width, 3, 2) * 0.05, colour)


def cloth(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make woven cloth with soft folds and a fine weave."""
    folds = fractal(rng, height, width, (2, 5), 3) * 0.1
    y, x = np.mgrid[0:height, 0:width]
    weave = ((x + y) % 3 == 0).astype(np.float32) * -0.05
    return tint(1 + folds + weave, colour)


def cardboard(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make corrugated cardboard with faint ribs and specks."""
    ribs = np.sin(np.arange(width) / rng.uniform(1.2, 2.5)) * 0.012
    specks = fractal(rng, height, width, 30, 3) * 0.02
    return tint(1 + ribs[None].astype(np.float32) + specks, colour)


def foliage(rng: np.random.Generator, height: int, width: int, colour: Colour) -> np.ndarray:
    """Make leaves, dark at the back and light in front."""
    canvas = tint(0.3 + 0.05 * fractal(rng, height, width, 6, 4), colour)
    leaf = max(3.0, width / rng.uniform(24, 46))
    count = int(min(700, 2.2 * height * width / leaf**2))
    depth = np.linspace(0.35, 1.15, count) + rng.normal(0, 0.15, count)
    hues = np.asarray(colour) * depth[:, None] * rng.uniform(0.85, 1.15, (count, 3))
    centres = (rng.random((count, 2)) * [width, height]).astype(int).tolist()
    axes = (leaf * rng.uniform([0.4, 0.15], [0.9, 0.4], (count, 2)) + 1).astype(int).tolist()
    turns = rng.uniform(0, 180, count).tolist()
    for centre, axis, turn, hue in zip(centres, axes, turns, hues.tolist(), strict=True):
        cv2.ellipse(canvas, centre, axis, turn, 0, 360, hue, -1)
    return np.clip(canvas, 0, 1)


def sky(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Make a blue, hazy or overcast sky, paler towards the horizon."""
    top = np.float32([(0.25, 0.48, 0.8), (0.5, 0.65, 0.85), (0.7, 0.73, 0.77)])[rng.integers(3)]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    blue = np.repeat(top * (1 - down) + np.float32([0.88, 0.9, 0.92]) * down, width, 1)
    clouds = np.clip(fractal(rng, height, width, (3, 2), 6) * 0.6, 0, 0.9)
    return mix(blue, np.full(3, 0.95, np.float32), clouds)
