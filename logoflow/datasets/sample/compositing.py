"""Put sprites into a scene, and simulate the camera that takes the photo."""

import cv2
import numpy as np

from logoflow.datasets.sample.boards import Sprite
from logoflow.datasets.sample.textures import brightness, deep, foliage, fractal, mix, sheet, soften


def pose(
    rng: np.random.Generator, sprite: Sprite, at: tuple[float, float], tilt: float, upright: bool
) -> np.ndarray:
    """Choose the four corners of a sprite in the photo, with a random rotation and tilt.

    Parameters
    ----------
    rng : Generator
    sprite : Sprite
    at : (float, float)
        Where the centre of the mark goes, in pixels.
    tilt : float
        How far the sprite may be tilted away from the camera.
    upright : bool
        Whether the sprite is rotated only a little.

    Returns
    -------
    ndarray
        (4, 2), float32, in pixels: top left, top right, bottom right, bottom left.
    """
    height, width = sprite.alpha.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle = mark_centre(sprite)
    lean = rng.uniform(-tilt, tilt) / 2
    squash = 1 - abs(lean)
    quad = corners - middle
    quad[:, 0] *= squash
    quad[[1, 2], 1] *= 1 - lean
    quad[[0, 3], 1] *= 1 + lean
    angle = np.deg2rad(rng.normal(0, 1.5 if upright else 6))
    c, s = np.cos(angle), np.sin(angle)
    quad = quad @ np.array([[c, s], [-s, c]])
    moved_middle = _transform_point(middle, corners, quad)  # the tilt moves the mark a little
    return (quad + at - moved_middle).astype(np.float32)


def _transform_point(point: np.ndarray, corners: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """Map a point of a sprite to the photo, by the corners of the sprite in both."""
    turn = cv2.getPerspectiveTransform(corners, quad.astype(np.float32))
    return cv2.perspectiveTransform(point.reshape(1, 1, 2), turn)[0, 0]


def mark_centre(sprite: Sprite) -> np.ndarray:
    """Give the centre of the mark, or of the sprite if nothing is printed on it."""
    x, y, width, height = bounds(sprite.ink) or (0, 0, *sprite.alpha.shape[::-1])
    return np.array([x + width / 2, y + height / 2], np.float32)


def bounds(ink: np.ndarray) -> tuple[int, int, int, int] | None:
    """Give the bounding box (x, y, width, height) of the ink; None if there is no ink."""
    x, y, width, height = cv2.boundingRect((ink > 0.3).astype(np.uint8))
    return (x, y, width, height) if width else None


def warp_into(rgb: np.ndarray, sprite: Sprite, quad: np.ndarray) -> Sprite:
    """Warp a sprite to its place in an image; the result is as large as the image."""
    height, width = sprite.alpha.shape
    size = np.array(rgb.shape[1::-1])
    low = np.clip(np.floor(quad.min(0)).astype(int) - 1, 0, size - 1)
    part = np.clip(np.ceil(quad.max(0)).astype(int) + 1, 1, size) - low  # the rest stays empty
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, (quad - low).astype(np.float32))
    room = low[1], size[1] - low[1] - part[1], low[0], size[0] - low[0] - part[0]
    room = [max(0, int(n)) for n in room]
    part = np.maximum(part, 1).tolist()
    return Sprite(
        *(
            cv2.copyMakeBorder(
                cv2.warpPerspective(layer, turn, part), *room, cv2.BORDER_CONSTANT, value=0
            )
            for layer in sprite
        )
    )


def blend(
    rng: np.random.Generator, rgb: np.ndarray, layer: Sprite, *, soak=0.0, glows=False
) -> np.ndarray:
    """Blend a sprite into an image, with matching light and a shadow.

    Parameters
    ----------
    rng : Generator
    rgb : ndarray
        (H, W, 3), 0 to 1.
    layer : Sprite
        As large as the image; see `warp_into`.
    soak : float
        How much of the relief below shows through, 0 to 1, as for paint on bricks.
    glows : bool
        Whether the sprite emits light and lights its surroundings.

    Returns
    -------
    ndarray
        (H, W, 3).
    """
    unit = max(rgb.shape) / 512
    if glows:
        bloom = soften(layer.rgb * deep(layer.alpha), 22 * unit)
        return mix(rgb, layer.rgb, layer.alpha) + np.float32(0.35) * bloom
    light = _ambient(rgb)
    if soak:
        grey = brightness(rgb)
        relief = grey / np.maximum(soften(grey, 12 * unit), 0.05)
        light *= deep(1 + soak * (np.clip(relief, 0.4, 1.5) - 1))
    else:
        rgb = rgb * deep(_shadow(rng, layer.alpha, unit))
    return mix(rgb, np.clip(layer.rgb * light, 0, 1), layer.alpha)


def _shadow(rng: np.random.Generator, alpha: np.ndarray, unit: float) -> np.ndarray:
    """Compute the light that remains around a sprite that casts a shadow, (H, W)."""
    size = alpha.shape[1] // 2, alpha.shape[0] // 2
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, rng.uniform(-5, 5)], [0, 1, rng.uniform(1, 6)]])
    shift[:, 2] *= unit
    small = soften(cv2.warpAffine(small, shift, size), rng.uniform(1.3, 4.5) * unit)
    return cv2.resize(1 - np.float32(rng.uniform(0.25, 0.6)) * small, alpha.shape[::-1])


def _ambient(rgb: np.ndarray) -> np.ndarray:
    """Estimate brightness and colour of the light at each place of an image, (H, W, 3)."""
    small = cv2.resize(rgb, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 6)
    grey = deep(brightness(small))
    cast = small / np.maximum(grey, 0.05)
    light = np.clip(0.62 + 0.75 * grey, 0.55, 1.12) * (1 + 0.3 * (cast - 1))
    return cv2.resize(light, rgb.shape[1::-1])


def occlude(rng: np.random.Generator, rgb: np.ndarray, box) -> np.ndarray:
    """Cover a corner or a strip of a box with a blurred object close to the camera."""
    height, width = rgb.shape[:2]
    x, y, w, h = box
    mask = np.zeros((height, width), np.float32)
    cover = rng.uniform(0.1, 0.26)
    if rng.random() < 0.5:  # a pole, a rope or a frame
        at = x + w * (cover if rng.random() < 0.5 else 1 - cover) + rng.normal(0, 2)
        ends = (int(at), -9), (int(at + rng.normal(0, 0.15) * height), height + 9)
        cv2.line(mask, *ends, 1, max(3, int(cover * 0.5 * w)))
        colour = np.array([0.35, 0.34, 0.33]) * rng.uniform(0.2, 1.8)
        cover_image = sheet(height, width, np.clip(colour, 0, 1))
    else:  # leaves or a shoulder, from one side
        right, low = rng.random() < 0.5, rng.random() < 0.7
        centre = np.array([x + w * (1 - cover / 2 if right else cover / 2),
                           y + h * (1 - cover / 2 if low else cover / 2)])  # fmt: skip
        reach = rng.uniform(0.5, 1.0) * max(w, h)
        away = np.array([1 if right else -1, 1 if low else -1]) * reach * 0.8
        down, across = np.arange(height)[:, None], np.arange(width)[None]
        distance = np.hypot(across - (centre + away)[0], down - (centre + away)[1]) / reach
        mask = np.clip((1.0 - distance + 0.1 * fractal(rng, height, width, 9, 3)) * 12, 0, 1)
        colour = np.array([0.3, 0.42, 0.2]) if rng.random() < 0.6 else rng.uniform(0.1, 0.5, 3)
        cover_image = foliage(rng, height, width, colour)
    blur = rng.uniform(1.5, 5) * max(height, width) / 512
    mask = soften(mask, blur)
    return mix(rgb, soften(cover_image, blur), mask)


def shoot(rng: np.random.Generator, rgb: np.ndarray) -> np.ndarray:
    """Simulate the camera: focus, light, exposure, colours and noise; return uint8 RGB."""
    rgb = _blur(rng, rgb.astype(np.float32, copy=False), max(rgb.shape) / 512)
    height, width = rgb.shape[:2]
    rgb *= deep(_falloff(rng, height, width))
    tone = 255 * np.linspace(0, 1, 256) ** rng.uniform(0.8, 1.15)
    haze = max(0, rng.normal(0, 0.05))
    rgb = cv2.LUT(
        cv2.convertScaleAbs(rgb, alpha=255), (tone * (1 - haze) + 204 * haze).astype("f4")
    )
    rgb = cv2.transform(rgb, _colour_matrix(rng))
    strength = rng.gamma(2.0, 0.009)
    rgb += _noise(rng, height, width) * deep(strength * (306 - 0.6 * brightness(rgb)))
    return np.clip(rgb + 0.5, 0, 255, out=rgb).astype(np.uint8)


def _falloff(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Compute the exposure across the frame: brighter on one side, darker in the corners."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    angle, slope, vignette = rng.uniform([0, 0, 0], [2 * np.pi, 0.22, 0.25])
    exposure = np.clip(rng.normal(1.05, 0.13), 0.7, 1.4)
    # The sum of a term for rows and a term for columns is cheap to compute for all pixels.
    rows = exposure * (1 + slope * np.sin(angle) * y - vignette * y**2 / 2)
    columns = exposure * (slope * np.cos(angle) * x - vignette * x**2 / 2)
    return np.maximum(rows.astype(np.float32) + columns.astype(np.float32), 0)


def _colour_matrix(rng: np.random.Generator) -> np.ndarray:
    """Make a colour matrix with a slightly wrong white balance and a random saturation."""
    saturation = rng.uniform(0.8, 1.2)
    grey = np.array([0.299, 0.587, 0.114])
    matrix = saturation * np.eye(3) + (1 - saturation) * grey[None]
    return (rng.normal(1, 0.035, (3, 1)) * matrix).astype(np.float32)


def _noise(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Make sensor noise: fine in brightness, coarser in colour."""
    coarse = np.stack([_bell(rng, -(-height // 2), -(-width // 2)) for _ in range(3)], -1)
    return deep(_bell(rng, height, width)) + cv2.resize(coarse, (width, height))


def _bell(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Make nearly normal noise as the sum of four random bytes, ten times faster than normal."""
    draws = np.frombuffer(rng.bytes(4 * height * width), np.uint8).reshape(4, height, width)
    total = draws.sum(0, dtype=np.uint16).astype(np.float32)
    return (total - np.float32(510)) / np.float32(148)


def encode(rng: np.random.Generator, rgb: np.ndarray) -> bytes:
    """Encode as JPEG with a random quality, as from different cameras and web sites."""
    quality = int(rng.integers(68, 95))
    succeeded, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert succeeded
    return data.tobytes()


def _blur(rng, rgb: np.ndarray, unit: float) -> np.ndarray:
    """Apply a slight defocus, camera shake, or the sharpening of a camera."""
    kind = rng.random()
    if kind < 0.5:
        return cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.5) * unit)
    if kind < 0.68:
        length = max(2, int(rng.uniform(3, 8) * unit))
        kernel = np.zeros((length * 2 + 1, length * 2 + 1), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        start, end = np.round(length - reach).astype(int), np.round(length + reach).astype(int)
        cv2.line(kernel, start.tolist(), end.tolist(), 1.0)
        return cv2.filter2D(rgb, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(rgb, (0, 0), 1.2 * unit)
    return np.clip(rgb + rng.uniform(0, 0.6) * (rgb - soft), 0, 1)
