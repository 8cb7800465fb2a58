"""Find known logos in photos by local features (SIFT) and their arrangement."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from logoflow.images.decode import load_image
from logoflow.inference.logo_index import BACKGROUND, LogoIndex, local_features, scale_to

Boxes = Sequence[Sequence[float]]

PHOTO_SIDE = 900  # pixels: photos are resized to this longer side
PER_PHOTO = 4000  # largest number of features of a photo
NEIGHBOURS = 8  # known features that are compared with each feature of a photo
RATIO = 0.9  # a match is closer than this share of the distance to the nearest background feature
CANDIDATES = 60  # known logos whose arrangement is checked
MIN_INLIERS = 4  # features in the same arrangement; fewer may be chance
MAX_SHIFT = 8.0  # pixels that a feature may lie off its place
SCALES = (0.1, 8.0)  # size of a logo in a photo, relative to the known logo


class Matches(NamedTuple):
    """Features of a picture that look like features of known logos.

    Parameters
    ----------
    points : ndarray of float32
        (features, 2), x and y of all features, in pixels of the resized picture.
    pairs : dict of int to list of (int, int)
        For each logo with enough of them, pairs of a feature of the picture and one of the logo.
    scale : float
        The factor by which the picture was resized.
    """

    points: np.ndarray
    pairs: dict[int, list[tuple[int, int]]]
    scale: float


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
    >>> from logoflow.inference.index_logos import index_logos
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
        return self.count(self.match(image), num_classes, ignore)

    def match(self, image: Any) -> Matches:
        """Compare the features of a picture with those of the known logos.

        Parameters
        ----------
        image : picture
            What `logoflow.images.decode.load_image` takes.

        Returns
        -------
        Matches
            For `count` and `placements`.
        """
        pixels = load_image(image)
        points, descriptors = local_features(pixels, PHOTO_SIDE, PER_PHOTO)
        pairs = self._pairs_by_logo(descriptors) if len(points) >= MIN_INLIERS else {}
        return Matches(points, pairs, scale_to(pixels, PHOTO_SIDE))

    def count(self, matches: Matches, num_classes: int, ignore: Boxes = ()) -> np.ndarray:
        """Count the features of a picture that are arranged as in a known logo.

        Parameters
        ----------
        matches : Matches
            What `match` found in the picture.
        num_classes, ignore
            See `count_inliers`.

        Returns
        -------
        ndarray of int
            See `count_inliers`.
        """
        inliers = np.zeros(num_classes, dtype=int)
        pairs_by_logo = outside(matches, ignore)
        for logo in sorted(pairs_by_logo, key=lambda logo: -len(pairs_by_logo[logo]))[:CANDIDATES]:
            in_photo, in_logo = np.array(pairs_by_logo[logo]).T
            brand = self.index.brands[logo]
            if len(in_photo) > inliers[brand]:
                count, _ = _place(self.index.points[in_logo], matches.points[in_photo])
                inliers[brand] = max(inliers[brand], count)
        return inliers

    def placements(self, matches: Matches, label: int) -> list[Placement]:
        """Find the known logos of a brand in a picture.

        Parameters
        ----------
        matches : Matches
            What `match` found in the picture.
        label : int
            Label of the brand.

        Returns
        -------
        list of Placement
            The clearest first. Several known logos may be found at the same place.
        """
        found = []
        for logo, pairs in matches.pairs.items():
            if self.index.brands[logo] == label:
                in_photo, in_logo = np.array(pairs).T
                count, transform = _place(self.index.points[in_logo], matches.points[in_photo])
                if transform is not None:
                    corners = self.index.points[self.index.logos == logo]
                    box = _bounds(corners, transform) / matches.scale
                    found.append(Placement(count, box))
        return sorted(found, key=lambda placement: -placement.inliers)

    def _pairs_by_logo(self, descriptors: np.ndarray) -> dict[int, list[tuple[int, int]]]:
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


def outside(matches: Matches, ignore: Boxes) -> dict[int, list[tuple[int, int]]]:
    """Leave out the features in some boxes, and the logos that then have too few.

    Parameters
    ----------
    matches : Matches
    ignore : sequence of (x, y, width, height)
        Boxes in pixels of the picture before it was resized.

    Returns
    -------
    dict of int to list of (int, int)
        The pairs that remain, by logo.
    """
    if not len(ignore):
        return matches.pairs
    pixels = (matches.points + 0.5).astype(int)
    is_outside = np.full(len(pixels), True)
    for x, y, width, height in np.asarray(ignore, float) * matches.scale:
        first, last = (max(0, int(x)), max(0, int(y))), (int(x + width), int(y + height))
        is_outside &= ~((pixels >= first) & (pixels <= last)).all(axis=1)
    kept = {
        logo: [pair for pair in pairs if is_outside[pair[0]]]
        for logo, pairs in matches.pairs.items()
    }
    return {logo: pairs for logo, pairs in kept.items() if len(pairs) >= MIN_INLIERS}


def _root_sift(descriptors: np.ndarray) -> np.ndarray:
    """Convert to RootSIFT. Its Euclidean distances are Hellinger distances of descriptors."""
    values = descriptors.astype(np.float32)
    return np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1.0))
