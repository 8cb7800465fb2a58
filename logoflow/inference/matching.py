"""Looking for known logos by their corners and blobs: local features and where they lie."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.decode import load_image
from logoflow.inference.windows import MATCHED
from logoflow.labels import NO_LOGO

Boxes = Sequence[Sequence[float]]

LOGO_SIDE, PHOTO_SIDE = 300, 900  # pixels that the longer side of a logo, of a photo is brought to
MARGIN = 0.06  # around a logo's box, as a share of its sides
PER_LOGO, PER_BACKGROUND, PER_PHOTO = 300, 150, 4000  # features
NEIGHBOURS = 8  # known features that each one of a photo is compared with
RATIO = 0.9  # of the distance to the nearest background feature, to count as alike
CANDIDATES = 60  # known logos whose geometry is checked
LEAST = 4  # features in the same arrangement; fewer are there by chance
REACH = 8.0  # pixels that a feature may lie off its place
SCALES = (0.1, 8.0)  # how much smaller or larger than the known one a logo may be
BACKGROUND = -1


class LogoIndex(NamedTuple):
    """Local features of known logos, and of backgrounds to compare them with.

    Parameters
    ----------
    descriptors : ndarray of uint8
        (features, 128), SIFT.
    points : ndarray of float32
        (features, 2), pixels, x and y.
    logos : ndarray of int32
        (features,): the number of the logo each one is of; `BACKGROUND` for none.
    brands : ndarray of int32
        (logos,): class numbers.
    """

    descriptors: np.ndarray
    points: np.ndarray
    logos: np.ndarray
    brands: np.ndarray


def index_logos(root: Path | str) -> LogoIndex:
    """Collect the features of the training photos' logos, and of the photos without a logo.

    Parameters
    ----------
    root : Path or str
        A prepared data set whose logos have boxes.

    Returns
    -------
    LogoIndex
        Without logos where nobody drew a box.

    Examples
    --------
    >>> matcher = LogoMatcher(index_logos(root))
    """
    root, classes = Path(root), read_classes(root)
    boxes = read_boxes(root)
    parts: list[tuple[np.ndarray, np.ndarray, int]] = []
    brands: list[int] = []
    for path, label in photos_of(root, "train_data"):
        image = load_image(path)
        if classes[label] == NO_LOGO:
            parts.append((*_features(image, LOGO_SIDE * 3 // 2, PER_BACKGROUND), BACKGROUND))
            continue
        for box in boxes.get("/".join(path.parts[-3:]), []):
            points, descriptors = _features(_part(image, box), LOGO_SIDE, PER_LOGO)
            if len(points) >= LEAST:
                parts.append((points, descriptors, len(brands)))
                brands.append(label)
    points = [points for points, _, _ in parts]
    descriptors = [descriptors for _, descriptors, _ in parts]
    logos = [np.full(len(points), logo, np.int32) for points, _, logo in parts]
    return LogoIndex(
        np.concatenate([np.zeros((0, 128), np.uint8), *descriptors]),
        np.concatenate([np.zeros((0, 2), np.float32), *points]),
        np.concatenate([np.zeros(0, np.int32), *logos]),
        np.array(brands, np.int32),
    )


def matcher_for(root: Path | str, views: Collection[int]) -> "LogoMatcher | None":
    """Give what looks for a data set's logos, if photos will be looked at so closely.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    views : collection of int
        Numbers of views (`logoflow.inference.windows.windows`).

    Returns
    -------
    LogoMatcher or None
        None below views 5, and where nobody drew boxes, which views 6 can do without.

    Raises
    ------
    ValueError
        For views 5 where nobody drew boxes.

    Examples
    --------
    >>> matcher_for(root, (1, 3)) is None
    True
    """
    if max(views) < MATCHED:
        return None
    index = index_logos(root)
    return LogoMatcher(index) if MATCHED in views or len(index.brands) else None


class LogoMatcher:
    """Finds known logos in pictures: flat, hardly distorted ones, however small or hidden in part.

    A net has learnt what a brand's logos have in common; this one remembers each logo that it
    was shown. They err on different photos.

    Parameters
    ----------
    index : LogoIndex
        With at least one logo.

    Notes
    -----
    SIFT features (Lowe, IJCV 2004) compared as RootSIFT (Arandjelovic and Zisserman, CVPR 2012),
    then a rotation, a scale and a shift that most of them agree on, by RANSAC.

    Examples
    --------
    >>> matcher = LogoMatcher(index_logos(root))
    >>> matcher.count(photo, len(classes)).argmax()
    4
    """

    def __init__(self, index: LogoIndex):
        if not len(index.brands):
            raise ValueError("There are no logos to look for: the data set has no boxes.")
        self.index = index
        cv2.setRNGSeed(0)  # the trees are random
        self._trees = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 4}, {"checks": 64})
        self._trees.add([_root(index.descriptors)])
        self._trees.train()

    def count(self, image: Any, classes: int, ignore: Boxes = ()) -> np.ndarray:
        """Count the features that lie in a picture as they do in a known logo.

        Parameters
        ----------
        image : picture
            What `logoflow.load_image` takes.
        classes : int
            Number of classes.
        ignore : sequence of (x, y, width, height)
            Parts of the picture not to look at, pixels.

        Returns
        -------
        ndarray of int
            (classes,): of each brand's best matching logo. 0: none was found.
        """
        found = np.zeros(classes, dtype=int)
        points, descriptors = _features(load_image(image), PHOTO_SIDE, PER_PHOTO, ignore)
        if len(points) < LEAST:
            return found
        alike = self._alike(descriptors)
        for logo in sorted(alike, key=lambda logo: -len(alike[logo]))[:CANDIDATES]:
            here, there = np.array(alike[logo]).T
            brand = self.index.brands[logo]
            if len(here) > found[brand]:
                count = _in_place(self.index.points[there], points[here])
                found[brand] = max(found[brand], count)
        return found

    def _alike(self, descriptors: np.ndarray) -> dict[int, list[tuple[int, int]]]:
        """By logo, pairs of a feature of the picture and one of the logo that look alike."""
        pairs = defaultdict(list)
        neighbours = min(NEIGHBOURS, len(self.index.logos))
        for here, row in enumerate(self._trees.knnMatch(_root(descriptors), neighbours)):
            logos = [int(self.index.logos[match.trainIdx]) for match in row]
            background = logos.index(BACKGROUND) if BACKGROUND in logos else len(row) - 1
            limit = RATIO * row[background].distance
            seen = set()
            for match, logo in zip(row[:background], logos, strict=False):
                if match.distance > limit:
                    break
                if logo not in seen:
                    seen.add(logo)
                    pairs[logo].append((here, match.trainIdx))
        return {logo: found for logo, found in pairs.items() if len(found) >= LEAST}


def _in_place(known: np.ndarray, found: np.ndarray) -> int:
    """How many points lie as the known ones do, those at the same place counted once."""
    options = {"method": cv2.RANSAC, "ransacReprojThreshold": REACH, "maxIters": 500}
    move, inside = cv2.estimateAffinePartial2D(known, found, **options)
    if move is None or not SCALES[0] < np.hypot(move[0, 0], move[1, 0]) < SCALES[1]:
        return 0
    chosen = inside.ravel() > 0
    places = [len(np.unique((side[chosen] // 4), axis=0)) for side in (known, found)]
    count = min(places)
    return count if count >= LEAST else 0


def _features(
    image: np.ndarray, side: int, most: int, ignore: Boxes = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Places (features, 2), pixels of the picture enlarged or shrunk, and descriptors."""
    scale = min(2.0, side / max(image.shape[:2]))
    kind = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=kind)
    keys, descriptors = cv2.SIFT_create(nfeatures=most, contrastThreshold=0.02).detectAndCompute(  # type: ignore[attr-defined]
        grey, _mask(grey, ignore, scale)
    )
    if not keys:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)
    points = np.array([key.pt for key in keys], np.float32)[:most]
    return points, descriptors[:most].astype(np.uint8)


def _mask(grey: np.ndarray, ignore: Boxes, scale: float) -> np.ndarray | None:
    if not len(ignore):
        return None
    mask = np.full(grey.shape, 255, np.uint8)
    for x, y, width, height in np.asarray(ignore, float) * scale:
        mask[max(0, int(y)) : int(y + height) + 1, max(0, int(x)) : int(x + width) + 1] = 0
    return mask


def _part(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """A logo and a little of what is around it."""
    x, y, width, height = box
    left, top = max(0, int(x - MARGIN * width)), max(0, int(y - MARGIN * height))
    right, bottom = int(x + (1 + MARGIN) * width) + 1, int(y + (1 + MARGIN) * height) + 1
    return np.ascontiguousarray(image[top:bottom, left:right])


def _root(descriptors: np.ndarray) -> np.ndarray:
    """RootSIFT: Euclidean distances between these compare histograms as Hellinger's do."""
    values = descriptors.astype(np.float32)
    return np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1.0))
