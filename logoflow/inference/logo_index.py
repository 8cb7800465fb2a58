"""Local features (SIFT) of pictures, and an index of those of known logos."""

from typing import NamedTuple

import cv2
import numpy as np

BACKGROUND = -1  # in place of a logo's number


class LogoIndex(NamedTuple):
    """Local features of known logos, and of backgrounds to tell them apart from.

    Parameters
    ----------
    descriptors : ndarray of uint8
        (features, 128), SIFT descriptors.
    points : ndarray of float32
        (features, 2), x and y in pixels.
    logos : ndarray of int32
        (features,), the number of the logo that a feature belongs to. `BACKGROUND` for none.
    brands : ndarray of int32
        (logos,), labels.
    """

    descriptors: np.ndarray
    points: np.ndarray
    logos: np.ndarray
    brands: np.ndarray


def check_index(index: LogoIndex, num_classes: int) -> None:
    """Check arrays that were read from a file before they are searched.

    Parameters
    ----------
    index : LogoIndex
        What the file holds.
    num_classes : int
        Number of classes.

    Raises
    ------
    ValueError
        If their shapes, types or numbers are not those of an index.

    Examples
    --------
    >>> points, logos = np.zeros((2, 2), np.float32), np.array([0, -1], np.int32)
    >>> check_index(LogoIndex(np.zeros((2, 128), np.uint8), points, logos, logos[:1]), 3)
    """
    features, logos = len(index.descriptors), len(index.brands)
    forms = {
        "descriptors": (np.uint8, (features, 128)),
        "points": (np.float32, (features, 2)),
        "logos": (np.int32, (features,)),
        "brands": (np.int32, (logos,)),
    }
    for name, (dtype, shape) in forms.items():
        array = getattr(index, name)
        if (array.dtype, array.shape) != (dtype, shape):
            raise ValueError(f"The known logos have {name} of {array.dtype} and {array.shape}.")
    if not (np.abs(index.points) < 1e6).all():
        raise ValueError("The known logos have features outside any picture.")
    if features and not BACKGROUND <= index.logos.min() <= index.logos.max() < logos:
        raise ValueError("The features belong to logos that the file does not have.")
    if logos and not 0 <= index.brands.min() <= index.brands.max() < num_classes:
        raise ValueError("The known logos belong to brands that the classifier does not have.")


def local_features(
    image: np.ndarray, longer_side: int, max_features: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the local features of a picture.

    Parameters
    ----------
    image : ndarray
        RGB of (height, width, 3), uint8.
    longer_side : int
        The picture is resized to it, see `scale_to`.
    max_features : int
        The clearest features are kept.

    Returns
    -------
    points : ndarray of float32
        (features, 2), x and y in pixels of the resized picture.
    descriptors : ndarray of uint8
        (features, 128).
    """
    scale = scale_to(image, longer_side)
    interpolation = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=interpolation)
    sift = cv2.SIFT_create(nfeatures=max_features, contrastThreshold=0.02)  # type: ignore[attr-defined]
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    if not keypoints:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)
    points = np.array([keypoint.pt for keypoint in keypoints], np.float32)[:max_features]
    return points, descriptors[:max_features].astype(np.uint8)


def scale_to(image: np.ndarray, longer_side: int) -> float:
    """Return the factor by which a picture is resized before its features are computed.

    Parameters
    ----------
    image : ndarray
        (height, width, 3).
    longer_side : int
        Wanted longer side, in pixels.

    Returns
    -------
    float
        At most 2.
    """
    return min(2.0, longer_side / max(image.shape[:2]))
