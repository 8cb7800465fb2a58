"""Collect the local features of the logos in the training photos."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.decode import load_image
from logoflow.inference.logo_index import BACKGROUND, LogoIndex, local_features
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path

LOGO_SIDE = 300  # pixels: logos are resized to this longer side
MARGIN = 0.06  # around a logo's box, as a share of its sides
PER_LOGO, PER_BACKGROUND = 300, 150  # largest number of features of each
MIN_FEATURES = 4  # a logo with fewer cannot be found


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
            parts.append((*local_features(image, LOGO_SIDE * 3 // 2, PER_BACKGROUND), BACKGROUND))
            continue
        for box in boxes.get("/".join(path.parts[-3:]), []):
            points, descriptors = local_features(_cut_out(image, box), LOGO_SIDE, PER_LOGO)
            if len(points) >= MIN_FEATURES:
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


def _cut_out(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Cut out a logo with a margin."""
    x, y, width, height = box
    left, top = max(0, int(x - MARGIN * width)), max(0, int(y - MARGIN * height))
    right, bottom = int(x + (1 + MARGIN) * width) + 1, int(y + (1 + MARGIN) * height) + 1
    return np.ascontiguousarray(image[top:bottom, left:right])
