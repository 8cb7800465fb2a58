"""How the same scene could look in another photo: viewpoint, light, focus, compression."""

import math
import random

import cv2
import numpy as np
from mxnet.image import Augmenter

_LUMA = np.array([0.299, 0.587, 0.114])
_TO_YIQ = np.array([_LUMA, [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)


class ViewpointAug(Augmenter):
    """Turn a square picture a little and tilt it, as another camera would see it.

    Parameters
    ----------
    angle : float
        Largest turn, degrees.
    tilt : float
        How far each corner moves at most, as a share of the side.
    """

    takes_arrays = True

    def __init__(self, angle: float = 8.0, tilt: float = 0.06):
        super().__init__(angle=angle, tilt=tilt)
        self.angle, self.tilt = angle, tilt

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Warp `src`, (size, size, 3); what comes in at the rim is the picture mirrored."""
        size = src.shape[0]
        corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
        angle = math.radians(random.uniform(-self.angle, self.angle))
        turn = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        shifts = [[random.uniform(-1, 1) * self.tilt * size for _ in range(2)] for _ in range(4)]
        moved = (corners - size / 2) @ np.array(turn) + size / 2 + np.array(shifts)
        warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
        border = cv2.BORDER_REFLECT_101
        return cv2.warpPerspective(src, warp, (size, size), borderMode=border)


class LightAug(Augmenter):
    """Change brightness, contrast, saturation and hue, all in one matrix; now and then grey.

    Parameters
    ----------
    strength : float
        Brightness and contrast change by at most this share, saturation by half as much again.
    hue : float
        Largest turn of the colours, as a share of half the colour wheel.
    grey : float
        Share of the pictures that lose their colours.
    """

    takes_arrays = True

    def __init__(self, strength: float = 0.35, hue: float = 0.08, grey: float = 0.05):
        super().__init__(strength=strength, hue=hue, grey=grey)
        self.strength, self.hue, self.grey = strength, hue, grey

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Change `src`, (height, width, 3), values 0 to 255."""
        image, spread = src.astype(np.float32), self.strength
        brightness, contrast = (random.uniform(1 - spread, 1 + spread) for _ in range(2))
        saturation = random.uniform(1 - 1.5 * spread, 1 + 1.5 * spread)
        if random.random() < self.grey:
            saturation = 0.0
        matrix = _saturate(saturation) @ _turn_hue(random.uniform(-self.hue, self.hue) * math.pi)
        offset = np.full((3, 1), (1 - contrast) * brightness * image.mean())
        matrix = np.hstack([brightness * contrast * matrix, offset]).astype(np.float32)
        return cv2.transform(image, matrix).clip(0, 255)


class QualityAug(Augmenter):
    """Blur some pictures, and compress some as a JPEG.

    Parameters
    ----------
    probability : float
        Share of the pictures blurred, and share compressed.
    """

    takes_arrays = True

    def __init__(self, probability: float = 0.2):
        super().__init__(probability=probability)
        self.probability = probability

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Blur or compress `src`, (height, width, 3), values 0 to 255."""
        image = src
        if random.random() < self.probability:
            image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 1.5))
        if random.random() < self.probability:
            quality = [cv2.IMWRITE_JPEG_QUALITY, random.randint(30, 85)]
            _, jpeg = cv2.imencode(".jpg", image[:, :, ::-1].astype(np.uint8), quality)
            image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[:, :, ::-1].astype(np.float32)  # type: ignore[index]
        return image


def _saturate(factor: float) -> np.ndarray:
    """Matrix that brings colours nearer to (below 1) or farther from their grey."""
    return factor * np.eye(3) + (1 - factor) * np.outer(np.ones(3), _LUMA)


def _turn_hue(angle: float) -> np.ndarray:
    """Matrix that turns hues by an angle and keeps the brightness."""
    cos, sin = math.cos(angle), math.sin(angle)
    return _FROM_YIQ @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _TO_YIQ
