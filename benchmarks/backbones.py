"""Compare backbones by how well a linear layer on their frozen features tells brands apart.

    python benchmarks/backbones.py

Each training photo of FlickrLogos-27 gives one crop: a square around its largest box. A
logistic regression learns from a few crops per brand, and is tested on all other crops. The table
shows the recall, averaged over the 27 brands and over random draws of the crops. None of the brands
is among the logos that logo_lite0 was trained on.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

import logoflow as lf
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.splits import Box, Photo, classes_of
from logoflow.models.backbones.registry import pretrained_net
from logoflow.models.backbones.sanity_check import to_input

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
BATCH_SIZE = 32
MARGIN = 1.15  # side of the crop, in longer sides of the box
MIN_SIDE = 12  # pixels; smaller boxes are left out
REGULARISATION = 30.0  # scikit-learn's C, for features of length 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    try:
        photos = read_flickrlogos27(options.data, val_share=0).train
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    crops, labels = box_crops(photos, options.size)
    print(f"{len(crops)} crops of {max(labels) + 1} brands, {options.size} pixels", flush=True)
    rows = {}
    for name, features in features_by_name(crops).items():
        rows[name] = {
            count: mean_recall(features, labels, count, options.draws) for count in options.counts
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.columns.name = "crops per brand"
    print(table.round(3).to_string())
    return 0


def box_crops(photos: Sequence[Photo], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Crop the largest logo of each photo. Photos without a box, or with small ones, are left out.

    Parameters
    ----------
    photos : sequence of Photo
        Photos with boxes.
    size : int
        Side of the crops, in pixels.

    Returns
    -------
    crops : ndarray of uint8
        RGB, (crops, size, size, 3).
    labels : ndarray of int
        Label of each crop: the position of its brand in the sorted list of brands.
    """
    crops, labels = [], []
    brands = classes_of(photos)
    for photo in sorted(photos, key=lambda photo: (photo.label, photo.path.name)):
        boxes = [box for box in photo.boxes if min(box.width, box.height) >= MIN_SIDE]
        if boxes:
            largest = max(boxes, key=lambda box: box.width * box.height)
            crops.append(square_crop(lf.read_image(photo.path), largest, size))
            labels.append(brands.index(photo.label))
    return np.stack(crops), np.array(labels)


def square_crop(photo: np.ndarray, box: Box, size: int) -> np.ndarray:
    """Crop a square around a box. Outside the photo, its border pixels are repeated."""
    side = max(2, int(MARGIN * max(box.width, box.height)))
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    crop = cv2.getRectSubPix(photo, (side, side), centre)
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(crop, (size, size), interpolation=interpolation)


def features_by_name(crops: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the features of both backbones and the embedding of logo_lite0.

    Parameters
    ----------
    crops : ndarray of uint8
        RGB, (crops, size, size, 3).

    Returns
    -------
    dict of str to ndarray
        Arrays of shape (crops, 1280) or (crops, 256). Each row has length 1.
    """
    logo_net = pretrained_net("logo_lite0")
    logo_features = pooled_features(logo_net, crops)
    embeddings = logo_features @ logo_net.embedding.weight.data().asnumpy().T
    features = {
        "efficientnet_lite0": pooled_features(pretrained_net("efficientnet_lite0"), crops),
        "logo_lite0": logo_features,
        "logo_lite0, embedding": embeddings,
    }
    return {
        name: rows / np.linalg.norm(rows, axis=1, keepdims=True) for name, rows in features.items()
    }


def pooled_features(net, crops: np.ndarray) -> np.ndarray:
    """Compute the pooled features of crops, (crops, 1280)."""
    net.hybridize()
    batches = (crops[start : start + BATCH_SIZE] for start in range(0, len(crops), BATCH_SIZE))
    statistics = lf.normalisation(net)
    return np.concatenate(
        [net.features(to_input(batch, statistics)).asnumpy() for batch in batches]
    )


def mean_recall(features: np.ndarray, labels: np.ndarray, count: int, draws: int) -> float:
    """Train on a few crops per brand, test on the others, and average over random draws.

    Parameters
    ----------
    features : ndarray
        (crops, features).
    labels : ndarray of int
        Label of each crop.
    count : int
        Number of crops per brand to train on.
    draws : int
        Number of random draws, with the seeds 0, 1, 2 and so on.

    Returns
    -------
    float
        Recall, averaged over brands and draws.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    recalls = []
    for seed in range(draws):
        # With this generator and this order of crops, the draws are those of the table in
        # logo_lite0.md.
        rng = np.random.RandomState(seed)
        shuffled = [rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
        training = np.concatenate([crops[:count] for crops in shuffled])
        test = np.concatenate([crops[count:] for crops in shuffled])
        head = LogisticRegression(C=REGULARISATION, max_iter=500)
        head.fit(features[training], labels[training])
        recalls.append(balanced_accuracy_score(labels[test], head.predict(features[test])))
    return float(np.mean(recalls))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add("--size", type=int, default=128, help="side of the crops in pixels (default: %(default)s)")
    add(
        "--counts",
        type=int,
        nargs="+",
        default=[1, 2, 5, 10],
        help="crops per brand to train on (default: %(default)s)",
    )
    add("--draws", type=int, default=3, help="random draws of the crops (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
