"""What a camera and a website do to a picture: exposure, blur, scaling, noise and JPEG."""

import cv2
import numpy as np


def photograph(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Degrade a picture as photos on the web are.

    Parameters
    ----------
    rng : Generator
    picture : ndarray
        (height, width, 3), float32, about 0 to 255.

    Returns
    -------
    ndarray
        (height, width, 3), uint8.

    Examples
    --------
    >>> photograph(np.random.default_rng(0), np.full((32, 32, 3), 100, np.float32)).shape
    (32, 32, 3)
    """
    picture = _expose(rng, np.clip(picture, 0, 255)).astype(np.float32)
    if rng.random() < 0.42:
        picture = _blur_or_sharpen(rng, picture)
    if rng.random() < 0.24:
        picture = _scale_down_and_up(rng, picture)
    if rng.random() < 0.42:
        channels = 1 if rng.random() < 0.5 else 3
        noise = rng.standard_normal((*picture.shape[:2], channels), np.float32)
        picture = picture + rng.uniform(1.5, 12) * noise
    pixels = np.clip(picture, 0, 255).round().astype(np.uint8)
    return _compress(pixels, int(rng.integers(18, 93))) if rng.random() < 0.45 else pixels


def _expose(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Change gamma, contrast, brightness, and the balance of the colours."""
    levels = np.arange(256) / 255
    if rng.random() < 0.35:
        levels = levels ** np.exp(rng.normal(0, 0.3))
    levels = 128 + (255 * levels - 128) * np.exp(rng.normal(-0.05, 0.2)) + rng.normal(0, 16)
    tint = rng.normal(0, 10, 3) if rng.random() < 0.45 else np.zeros(3)
    table = np.clip(levels[:, None] + tint, 0, 255).round().astype(np.uint8)
    return cv2.LUT(picture.round().astype(np.uint8), table[None])


def _blur_or_sharpen(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    sigma = rng.uniform(0.3, 1.7) * max(picture.shape) / 128
    sigma = min(2.4, sigma)
    along, across = (1.4 * sigma, 0.25 * sigma) if rng.random() < 0.3 else (sigma, sigma)
    sides = (along, across) if rng.random() < 0.5 else (across, along)
    blurred = cv2.GaussianBlur(picture, (0, 0), max(0.15, sides[0]), sigmaY=max(0.15, sides[1]))
    return 2 * picture - blurred if rng.random() < 0.2 else blurred


def _scale_down_and_up(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    size, share = picture.shape[1::-1], rng.choice([0.25, 0.45, 0.65]) + rng.uniform(0, 0.2)
    small = [max(8, round(side * share)) for side in size]
    return cv2.resize(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), size)


def _compress(pixels: np.ndarray, quality: int) -> np.ndarray:
    _, jpeg = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))[..., ::-1]
