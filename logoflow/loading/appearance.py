"""Augmentations of appearance: viewpoint, light, focus and compression."""

import math

import cv2
import numpy as np
from mxnet.image import Augmenter

from logoflow.utils.draws import draws

_LUMA = np.array([0.299, 0.587, 0.114])
_TO_YIQ = np.array([_LUMA, [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)


class ViewpointAug(Augmenter):
    """Rotate and tilt a square picture slightly, as if another camera had taken it.

    Parameters
    ----------
    angle : float
        Largest rotation, in degrees.
    tilt : float
        Largest shift of each corner, as a share of the side.

    Examples
    --------
    >>> ViewpointAug()(np.zeros((160, 160, 3), np.float32)).shape
    (160, 160, 3)
    """

    takes_arrays = True

    def __init__(self, angle: float = 8.0, tilt: float = 0.06):
        super().__init__(angle=angle, tilt=tilt)
        self.angle, self.tilt = angle, tilt

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Warp a picture of shape (size, size, 3). Its border is filled by reflection."""
        size = src.shape[0]
        corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
        angle = math.radians(draws().uniform(-self.angle, self.angle))
        rotation = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        shifts = [[draws().uniform(-1, 1) * self.tilt * size for _ in range(2)] for _ in range(4)]
        moved = (corners - size / 2) @ np.array(rotation) + size / 2 + np.array(shifts)
        warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
        border = cv2.BORDER_REFLECT_101
        return cv2.warpPerspective(src, warp, (size, size), borderMode=border)


class LightAug(Augmenter):
    """Change brightness, contrast, saturation and hue, and turn some pictures grey.

    One matrix makes all changes together.

    Parameters
    ----------
    strength : float
        Largest relative change of brightness and contrast. Saturation changes by up to 1.5 times
        as much.
    hue : float
        Largest rotation of the hue, as a share of half the colour wheel.
    grey : float
        Share of the pictures that become grey.

    Examples
    --------
    >>> LightAug()(np.full((160, 160, 3), 100, np.float32)).shape
    (160, 160, 3)
    """

    takes_arrays = True

    def __init__(self, strength: float = 0.35, hue: float = 0.08, grey: float = 0.05):
        super().__init__(strength=strength, hue=hue, grey=grey)
        self.strength, self.hue, self.grey = strength, hue, grey

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Change a picture of shape (height, width, 3) with values from 0 to 255."""
        image, strength = src.astype(np.float32), self.strength
        brightness, contrast = (draws().uniform(1 - strength, 1 + strength) for _ in range(2))
        saturation = draws().uniform(1 - 1.5 * strength, 1 + 1.5 * strength)
        if draws().random() < self.grey:
            saturation = 0.0
        angle = draws().uniform(-self.hue, self.hue) * math.pi
        matrix = _saturation_matrix(saturation) @ _hue_matrix(angle)
        offset = np.full((3, 1), (1 - contrast) * brightness * image.mean())
        matrix = np.hstack([brightness * contrast * matrix, offset]).astype(np.float32)
        image = cv2.transform(image, matrix)
        return np.clip(image, 0, 255, out=image)


class NegativeAug(Augmenter):
    """Turn some pictures into their negative, as if a light logo were printed on a dark ground.

    Parameters
    ----------
    probability : float
        Share of the pictures that become negatives.

    Examples
    --------
    >>> NegativeAug(probability=1.0)(np.full((1, 1, 3), 100, np.float32)).ravel()
    array([155., 155., 155.], dtype=float32)
    """

    takes_arrays = True

    def __init__(self, probability: float = 0.07):
        super().__init__(probability=probability)
        self.probability = probability

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Change a picture of shape (height, width, 3) with values from 0 to 255."""
        return 255 - src if draws().random() < self.probability else src


class QualityAug(Augmenter):
    """Blur some pictures, and compress some as JPEG.

    Parameters
    ----------
    probability : float
        Share of the pictures that are blurred. The same share is compressed.

    Examples
    --------
    >>> QualityAug()(np.full((160, 160, 3), 100, np.float32)).shape
    (160, 160, 3)
    """

    takes_arrays = True

    def __init__(self, probability: float = 0.2):
        super().__init__(probability=probability)
        self.probability = probability

    def __call__(self, src: np.ndarray) -> np.ndarray:
        """Blur or compress a picture of shape (height, width, 3) with values from 0 to 255."""
        image = src
        if draws().random() < self.probability:
            image = cv2.GaussianBlur(image, (0, 0), draws().uniform(0.5, 1.5))
        if draws().random() < self.probability:
            options = [cv2.IMWRITE_JPEG_QUALITY, draws().randint(30, 85)]
            _, jpeg = cv2.imencode(".jpg", image[:, :, ::-1].astype(np.uint8), options)
            image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[:, :, ::-1].astype(np.float32)  # type: ignore[index]
        return image


def _saturation_matrix(factor: float) -> np.ndarray:
    """Build a matrix that scales the difference of each colour from its grey value."""
    return factor * np.eye(3) + (1 - factor) * np.outer(np.ones(3), _LUMA)


def _hue_matrix(angle: float) -> np.ndarray:
    """Build a matrix that rotates hues by an angle in radians and keeps the brightness."""
    cos, sin = math.cos(angle), math.sin(angle)
    return _FROM_YIQ @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _TO_YIQ
