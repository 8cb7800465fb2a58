"""Find known logos in photos by local features (SIFT) and their arrangement."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.decode import load_image
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path

Boxes = Sequence[Sequence[float]]

LOGO_SIDE, PHOTO_SIDE = 300, 900  # pixels: logos and photos are resized to this longer side
MARGIN = 0.06  # around a logo's box, as a share of its sides
PER_LOGO, PER_BACKGROUND, PER_PHOTO = 300, 150, 4000  # largest number of features of each
NEIGHBOURS = 8  # known features that are compared with each feature of a photo
RATIO = 0.9  # a match is closer than this share of the distance to the nearest background feature
CANDIDATES = 60  # known logos whose arrangement is checked
MIN_INLIERS = 4  # features in the same arrangement; fewer may be chance
MAX_SHIFT = 8.0  # pixels that a feature may lie off its place
SCALES = (0.1, 8.0)  # size of a logo in a photo, relative to the known logo
BACKGROUND = -1  # stands for the background in place of a logo's number


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


class Placement(NamedTuple):
    """A known logo that was found in a picture.

    Parameters
    ----------
    inliers : int
        Number of features of the picture that are arranged as in the logo.
    box : ndarray
        x, y, width and height in pixels of the picture.
    """

    inliers: int
    box: np.ndarray


def index_logos(root: Path | str) -> LogoIndex:
    """Collect the features of the logos in the training photos, and of the no-logo photos.

    Parameters
    ----------
    root : Path or str
        A prepared data set with boxes around its logos.

    Returns
    -------
    LogoIndex
        Without boxes it holds no logos.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", "photos", output_dir="root")
    >>> index_logos(root).brands
    array([0, 0, 1, 1], dtype=int32)
    """
    root, classes = local_path(root), read_classes(root)
    boxes = read_boxes(root)
    parts: list[tuple[np.ndarray, np.ndarray, int]] = []
    brands: list[int] = []
    for path, label in photos_of(root, "train_data"):
        image = load_image(path)
        if classes[label] == NO_LOGO:
            parts.append((*_features(image, LOGO_SIDE * 3 // 2, PER_BACKGROUND), BACKGROUND))
            continue
        for box in boxes.get("/".join(path.parts[-3:]), []):
            points, descriptors = _features(_cut_out(image, box), LOGO_SIDE, PER_LOGO)
            if len(points) >= MIN_INLIERS:
                parts.append((points, descriptors, len(brands)))
                brands.append(label)
    all_points = [points for points, _, _ in parts]
    all_descriptors = [descriptors for _, descriptors, _ in parts]
    all_logos = [np.full(len(points), logo, np.int32) for points, _, logo in parts]
    return LogoIndex(
        np.concatenate([np.zeros((0, 128), np.uint8), *all_descriptors]),
        np.concatenate([np.zeros((0, 2), np.float32), *all_points]),
        np.concatenate([np.zeros(0, np.int32), *all_logos]),
        np.array(brands, np.int32),
    )


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


class LogoMatcher:
    """Find known logos in pictures. They may be small or partly hidden, but hardly distorted.

    The network has learnt what a brand's logos have in common. The matcher remembers each single
    logo of the training photos. The two make mistakes on different photos.

    Parameters
    ----------
    index : LogoIndex
        With at least one logo.

    Raises
    ------
    ValueError
        If there are no logos.

    Notes
    -----
    SIFT features (Lowe, IJCV 2004) are compared as RootSIFT (Arandjelovic and Zisserman, CVPR
    2012). RANSAC then finds a rotation, a scale and a shift that most matches agree on.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", "photos", output_dir="root")
    >>> matcher = LogoMatcher(index_logos(root))
    >>> matcher.count_inliers(np.full((60, 80, 3), 200, np.uint8), num_classes=3)
    array([0, 0, 0])
    """

    def __init__(self, index: LogoIndex):
        if not len(index.brands):
            raise ValueError(
                "There are no logos to match: the data set has no boxes around the logos of its "
                "training photos. Prepare one that has boxes, or leave match_logos off."
            )
        self.index = index
        cv2.setRNGSeed(0)  # the trees are random
        self._trees = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 4}, {"checks": 64})
        self._trees.add([_root_sift(index.descriptors)])
        self._trees.train()

    def count_inliers(self, image: Any, num_classes: int, ignore: Boxes = ()) -> np.ndarray:
        """Count the features of a picture that are arranged as in a known logo.

        Parameters
        ----------
        image : picture
            What `logoflow.images.decode.load_image` takes.
        num_classes : int
            Number of classes.
        ignore : sequence of (x, y, width, height)
            Parts of the picture to leave out, in pixels.

        Returns
        -------
        ndarray of int
            (classes,), for the best matching logo of each brand. 0: no logo was found.
        """
        inliers = np.zeros(num_classes, dtype=int)
        points, descriptors = _features(load_image(image), PHOTO_SIDE, PER_PHOTO, ignore)
        if len(points) < MIN_INLIERS:
            return inliers
        matches = self._matches_by_logo(descriptors)
        for logo in sorted(matches, key=lambda logo: -len(matches[logo]))[:CANDIDATES]:
            in_photo, in_logo = np.array(matches[logo]).T
            brand = self.index.brands[logo]
            if len(in_photo) > inliers[brand]:
                count, _ = _place(self.index.points[in_logo], points[in_photo])
                inliers[brand] = max(inliers[brand], count)
        return inliers

    def placements(self, image: Any, label: int) -> list[Placement]:
        """Find the known logos of a brand in a picture.

        Parameters
        ----------
        image : picture
            What `logoflow.images.decode.load_image` takes.
        label : int
            Label of the brand.

        Returns
        -------
        list of Placement
            The clearest first. Several known logos may be found at the same place.
        """
        pixels = load_image(image)
        points, descriptors = _features(pixels, PHOTO_SIDE, PER_PHOTO)
        matches = self._matches_by_logo(descriptors) if len(points) >= MIN_INLIERS else {}
        found = []
        for logo, pairs in matches.items():
            if self.index.brands[logo] == label:
                in_photo, in_logo = np.array(pairs).T
                count, transform = _place(self.index.points[in_logo], points[in_photo])
                if transform is not None:
                    corners = self.index.points[self.index.logos == logo]
                    box = _bounds(corners, transform) / _scale(pixels, PHOTO_SIDE)
                    found.append(Placement(count, box))
        return sorted(found, key=lambda placement: -placement.inliers)

    def _matches_by_logo(self, descriptors: np.ndarray) -> dict[int, list[tuple[int, int]]]:
        """List for each logo the pairs (feature of picture, feature of logo) that look alike."""
        pairs = defaultdict(list)
        neighbours = min(NEIGHBOURS, len(self.index.logos))
        for feature, row in enumerate(self._trees.knnMatch(_root_sift(descriptors), neighbours)):
            logos = [int(self.index.logos[match.trainIdx]) for match in row]
            background = logos.index(BACKGROUND) if BACKGROUND in logos else len(row) - 1
            limit = RATIO * row[background].distance
            seen = set()
            for match, logo in zip(row[:background], logos, strict=False):
                if match.distance > limit:
                    break
                if logo not in seen:
                    seen.add(logo)
                    pairs[logo].append((feature, match.trainIdx))
        return {logo: row for logo, row in pairs.items() if len(row) >= MIN_INLIERS}


def _place(logo_points: np.ndarray, photo_points: np.ndarray) -> tuple[int, np.ndarray | None]:
    """Count matched points of a photo that are arranged as in the logo, and find its place.

    Points less than about 4 pixels apart count once. The second value is a matrix (2, 3) that maps
    points of the logo to the photo, or None if the count is 0.
    """
    transform, inlier_mask = cv2.estimateAffinePartial2D(
        logo_points,
        photo_points,
        method=cv2.RANSAC,
        ransacReprojThreshold=MAX_SHIFT,
        maxIters=500,
    )
    if transform is None or not SCALES[0] < np.hypot(transform[0, 0], transform[1, 0]) < SCALES[1]:
        return 0, None
    is_inlier = inlier_mask.ravel() > 0
    count = min(
        len(np.unique(points[is_inlier] // 4, axis=0)) for points in (logo_points, photo_points)
    )
    return (count, transform) if count >= MIN_INLIERS else (0, None)


def _bounds(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Return the smallest upright rectangle around transformed points: x, y, width and height."""
    moved = points @ transform[:, :2].T + transform[:, 2]
    return np.concatenate([moved.min(axis=0), np.ptp(moved, axis=0)])


def _scale(image: np.ndarray, longer_side: int) -> float:
    """Return the factor by which a picture is resized before its features are computed."""
    return min(2.0, longer_side / max(image.shape[:2]))


def _features(
    image: np.ndarray, longer_side: int, max_features: int, ignore: Boxes = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Compute points (features, 2), in resized pixels, and descriptors (features, 128)."""
    scale = _scale(image, longer_side)
    interpolation = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=interpolation)
    sift = cv2.SIFT_create(nfeatures=max_features, contrastThreshold=0.02)  # type: ignore[attr-defined]
    keypoints, descriptors = sift.detectAndCompute(grey, _mask(grey, ignore, scale))
    if not keypoints:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)
    points = np.array([keypoint.pt for keypoint in keypoints], np.float32)[:max_features]
    return points, descriptors[:max_features].astype(np.uint8)


def _mask(grey: np.ndarray, ignore: Boxes, scale: float) -> np.ndarray | None:
    """Mark where to look for features: 255, and 0 in the boxes to ignore."""
    if not len(ignore):
        return None
    mask = np.full(grey.shape, 255, np.uint8)
    for x, y, width, height in np.asarray(ignore, float) * scale:
        mask[max(0, int(y)) : int(y + height) + 1, max(0, int(x)) : int(x + width) + 1] = 0
    return mask


def _cut_out(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Cut out a logo with a margin."""
    x, y, width, height = box
    left, top = max(0, int(x - MARGIN * width)), max(0, int(y - MARGIN * height))
    right, bottom = int(x + (1 + MARGIN) * width) + 1, int(y + (1 + MARGIN) * height) + 1
    return np.ascontiguousarray(image[top:bottom, left:right])


def _root_sift(descriptors: np.ndarray) -> np.ndarray:
    """Convert to RootSIFT. Its Euclidean distances are Hellinger distances of descriptors."""
    values = descriptors.astype(np.float32)
    return np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1.0))
