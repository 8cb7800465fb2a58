"""Put a print on a surface in a photo: bent, tilted, lit as its surroundings, partly covered."""

from typing import NamedTuple

import cv2
import numpy as np

from logoflow.datasets.composing.artwork import Print

MAX_ANGLE = 12.0
"""Standard deviation of the angle that a logo is turned by, in degrees."""

_KINDS = ("flat", "bottle", "pipe", "cloth")
_SHARES = (0.75, 0.13, 0.04, 0.08)


class Layer(NamedTuple):
    """What is laid over a photo.

    Parameters
    ----------
    rgb : ndarray
        (height, width, 3), float32, 0 to 255.
    alpha : ndarray
        (height, width), float32, 0 to 1.
    logo : ndarray
        (height, width), float32, 0 to 1: where the rectangle of the logo is.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    logo: np.ndarray


def put_on_photo(
    rng: np.random.Generator, photo: np.ndarray, printed: Print, centre: tuple[float, float]
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Put a print into a photo.

    Parameters
    ----------
    rng : Generator
    photo : ndarray
        (height, width, 3), float32, 0 to 255.
    printed : Print
    centre : (float, float)
        x and y of the middle of the logo in the photo, in pixels.

    Returns
    -------
    photo : ndarray
        (height, width, 3), float32, about 0 to 255.
    box : tuple of int
        x, y, width and height of the visible logo in pixels. The sides are 0 if nothing is visible.

    Examples
    --------
    >>> black, covered = np.zeros((20, 30, 3), np.float32), np.ones((20, 30), np.float32)
    >>> printed = Print(black, covered, (5, 5, 20, 10))
    >>> photo = np.full((90, 90, 3), 128, np.float32)
    >>> changed, box = put_on_photo(np.random.default_rng(0), photo, printed, (50, 50))
    >>> changed.shape, 10 <= box[2] <= 30
    ((90, 90, 3), True)
    """
    layer, shade = _bend(rng, printed)
    corners = _corners(rng, printed, centre)
    low = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, np.array(photo.shape[1::-1]) - 1)
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 2, low + 1, photo.shape[1::-1])
    part = photo[low[1] : high[1], low[0] : high[0]]
    warped = _warp(layer, shade, corners - low, part.shape[1::-1])
    rgb = warped.rgb * _light(part)
    if rng.random() < 0.25:
        rgb = rgb + _gloss(rng, part.shape)
    opacity = warped.alpha * (rng.uniform(0.72, 1) if rng.random() < 0.2 else 1)
    if rng.random() < 0.2:
        part = _with_shadow(rng, part, warped.alpha)
    changed = photo.copy()
    changed[low[1] : high[1], low[0] : high[0]] = part + (rgb - part) * opacity[..., None]
    x, y, width, height = cv2.boundingRect((warped.logo > 0.5).astype(np.uint8))
    return changed, (int(x + low[0]), int(y + low[1]), width, height)


def cover_a_part(
    rng: np.random.Generator, photo: np.ndarray, box: tuple[int, int, int, int]
) -> np.ndarray:
    """Cover a part of a box with another piece of the photo, as an object in front of it does."""
    x, y, width, height = box
    if min(width, height) < 4:
        return photo
    wide, high = (max(2, round(side * rng.uniform(0.15, 0.4))) for side in (width, height))
    left = int(np.clip(x + rng.uniform(-0.2, 1) * width, 0, max(0, photo.shape[1] - wide)))
    top = int(np.clip(y + rng.uniform(-0.2, 1) * height, 0, max(0, photo.shape[0] - high)))
    other_left = int(rng.integers(0, max(1, photo.shape[1] - wide + 1)))
    other_top = int(rng.integers(0, max(1, photo.shape[0] - high + 1)))
    changed = photo.copy()
    piece = photo[other_top : other_top + high, other_left : other_left + wide]
    target = changed[top : top + high, left : left + wide]
    target[: len(piece), : piece.shape[1]] = piece[: len(target), : target.shape[1]]
    return changed


def _bend(rng: np.random.Generator, printed: Print) -> tuple[Print, np.ndarray]:
    """Bend a print around a bottle, a pipe or waves of cloth. Return the print and its shade."""
    height, width = printed.alpha.shape
    kind = _KINDS[rng.choice(4, p=_SHARES)]
    x = np.broadcast_to(np.linspace(-1, 1, width, dtype=np.float32), (height, width))
    y = np.broadcast_to(np.linspace(-1, 1, height, dtype=np.float32)[:, None], (height, width))
    shade = np.ones((height, width), np.float32)
    if kind == "flat":
        return printed, shade
    if kind == "cloth":
        phase = rng.uniform(1.5, 5) * x + rng.normal(0, 1.5) * y + rng.uniform(0, 2 * np.pi)
        waves = rng.uniform(0.02, 0.09)
        y, shade = y + waves * np.sin(phase), 1 - 3.5 * waves * np.cos(phase)
    else:
        radius = rng.uniform(1.1, 2.0)
        across = x if kind == "bottle" else y
        share = np.clip(across / radius, -0.999, 0.999)
        around = radius * np.arcsin(share)
        around = around / max(1e-3, np.abs(around).max())  # the whole print stays visible
        shade = 0.45 + 0.55 * np.sqrt(1 - share**2)
        x, y = (around, y) if kind == "bottle" else (x, around)
    columns, rows = (x + 1) / 2 * (width - 1), (y + 1) / 2 * (height - 1)
    maps = columns.astype(np.float32), rows.astype(np.float32)
    rgb = cv2.remap(printed.rgb, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(printed.alpha, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Print(rgb, alpha, printed.box), shade.astype(np.float32)


def _corners(rng: np.random.Generator, printed: Print, centre: tuple[float, float]) -> np.ndarray:
    """Choose where the corners of a print are in the photo: turned and tilted, (4, 2)."""
    height, width = printed.alpha.shape
    x, y, logo_width, logo_height = printed.box
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    corners -= [x + logo_width / 2, y + logo_height / 2]
    distance = 2.5 * max(logo_width, logo_height)
    tilt, turn = rng.normal(0, 0.25, 2)
    angle = np.deg2rad(rng.normal(0, MAX_ANGLE))
    depth = np.sin(turn) * corners[:, 0] + np.sin(tilt) * corners[:, 1]
    flat = corners * [np.cos(turn), np.cos(tilt)] * (distance / (distance + depth))[:, None]
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (flat @ rotation + centre).astype(np.float32)


def _warp(printed: Print, shade: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> Layer:
    """Warp a print to its corners, in a picture of a size (width, height)."""
    height, width = printed.alpha.shape
    before = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(before, corners.astype(np.float32))
    lit = printed.rgb * shade[..., None]
    rgb = cv2.warpPerspective(lit, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(printed.alpha, matrix, size)
    x, y, logo_width, logo_height = printed.box
    logo = np.zeros((height, width), np.float32)
    logo[y : y + logo_height, x : x + logo_width] = 1
    return Layer(rgb, alpha, cv2.warpPerspective(logo, matrix, size))


def _light(part: np.ndarray) -> np.ndarray:
    """Estimate the light at each place of a part of a photo, (height, width, 1)."""
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 2), grey.shape[::-1])
    return np.clip(0.62 + 0.75 * soft / 255, 0.55, 1.12)[..., None]


def _gloss(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw a soft reflection of light, (height, width, 1)."""
    height, width = shape[:2]
    x = np.linspace(-1, 1, width)[None] - rng.uniform(-1, 1)
    y = np.linspace(-1, 1, height)[:, None] - rng.uniform(-1, 1)
    slope = rng.normal(0, 1)
    return (rng.uniform(20, 90) * np.exp(-((x + slope * y) ** 2) / 0.08))[..., None]


def _with_shadow(rng: np.random.Generator, part: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Darken a photo where a print casts a shadow."""
    reach = max(alpha.shape) / 40 + 1
    shift = np.array([[1, 0, rng.normal(0, reach)], [0, 1, rng.uniform(0, 2 * reach)]])
    shadow = cv2.warpAffine(alpha, shift, alpha.shape[::-1])
    return part * (1 - 0.5 * cv2.GaussianBlur(shadow, (0, 0), reach))[..., None]
