"""Measure what frozen features know about brands that they have never seen.

    python -m pretraining.evaluate work/second/weights.npz --data flickrlogos27 --no-logo PHOTOS

Each training photo of FlickrLogos-27 gives one crop around its largest box. A linear layer learns
27 brands from 1 to 10 crops each. Prototypes of 10 brands are compared with crops of the other
brands, and with photos without logos. Prototypes of 21 brands are made from pictures that are
composed of their icon in Simple Icons, and are tested on the crops. Use photos without logos that
served as no background in the training.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pretraining.backgrounds import photos_in, read_photo, read_tiles
from pretraining.compose import Composer
from pretraining.drawing import render_svg
from pretraining.marks import Mark, read_marks, write_marks
from pretraining.networks import ARITHMETICS, PLAIN, Lite0, normalise, read_weights
from pretraining.sources import simple_icons

ANNOTATIONS = "flickr_logos_27_dataset_training_set_annotation.txt"
PHOTO_FOLDER = "flickr_logos_27_dataset_images"
SIZE = 128  # pixels of a crop
MARGIN = 1.15  # side of a crop, in longer sides of its box
MIN_SIDE = 12  # pixels; smaller boxes are left out
CROPS_PER_BRAND = (1, 2, 5, 10)
DRAWS, KNOWN_DRAWS = 3, 5
KNOWN_BRANDS, KNOWN_CROPS = 10, 5
COMPOSITES = 60  # for each icon
WINDOWS = 3  # of a photo without logos
REGULARISATION = 30.0  # scikit-learn's C
BATCH = 32
WITHOUT_ICON = {"Heineken", "Pepsi", "Sprite", "Texaco", "Unicef", "Yahoo"}


class Crops(NamedTuple):
    """Crops of logos, or their features."""

    values: np.ndarray  # (crops, SIZE, SIZE, 3) uint8 RGB, or (crops, features)
    labels: np.ndarray  # (crops,), indices of brands


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    options = parser().parse_args(arguments)
    crops, brands = read_crops(options.data)
    photos = windows_of(options.no_logo)
    composites = composed(brands, options.no_logo, options.output)
    net, embedding = read_weights(options.weights, options.arithmetic)
    pooled = [features_of(net.eval(), part) for part in (crops.values, composites.values, photos)]
    layers = {"pooled features": None, "embedding": embedding}
    for name, layer in layers.items():
        if name == "embedding" and layer is None:
            continue
        features = [part if layer is None else part @ layer.numpy().T for part in pooled]
        logos, artwork, background = (unit(part) for part in features)
        known = Crops(logos, crops.labels)
        print(name)
        print(f"  artwork alone: {artwork_recall(known, Crops(artwork, composites.labels)):.3f}")
        for count in CROPS_PER_BRAND:
            print(f"  {count} crops per brand: {linear_recall(known, count):.3f}")
        others, without = known_against_others(known, background)
        print(f"  AUROC against other brands: {others:.3f}, against no logo: {without:.3f}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="weights, .npz or ImageNet's .pth")
    parser.add_argument("--arithmetic", choices=ARITHMETICS, default=PLAIN)
    parser.add_argument("--data", type=Path, required=True, help="folder of FlickrLogos-27")
    parser.add_argument("--no-logo", type=Path, required=True, help="folder of other photos")
    parser.add_argument("--output", type=Path, default=Path("work"), help="folder for the icons")
    return parser


def read_crops(folder: Path) -> tuple[Crops, list[str]]:
    """Crop the largest box of each brand in each training photo.

    Parameters
    ----------
    folder : Path
        FlickrLogos-27 as its authors publish it, unpacked.

    Returns
    -------
    crops : Crops
        The crops, sorted by brand and photo.
    brands : list of str
        Names of the brands, sorted.
    """
    largest: dict[tuple[str, str], tuple[int, ...]] = {}
    for line in (folder / ANNOTATIONS).read_text().splitlines():
        if not line.strip():
            continue
        photo, brand, _, *corners = line.split()
        box = tuple(int(corner) for corner in corners)
        if min(sides(box)) >= MIN_SIDE:
            key = brand, photo
            largest[key] = max(box, largest.get(key, box), key=lambda box: np.prod(sides(box)))
    brands = sorted({brand for brand, _ in largest})
    pictures, labels = [], []
    for (brand, name), box in sorted(largest.items()):
        pictures.append(crop(read_photo(folder / PHOTO_FOLDER / name), box))
        labels.append(brands.index(brand))
    return Crops(np.stack(pictures), np.array(labels)), brands


def sides(box: tuple[int, ...]) -> tuple[int, int]:
    """Return the width and height of a box of two corners."""
    return box[2] - box[0], box[3] - box[1]


def crop(photo: np.ndarray, box: tuple[int, ...]) -> np.ndarray:
    """Cut a square around a box. Beyond the photo, its border is repeated."""
    side = max(2, int(MARGIN * max(sides(box))))
    centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    square = cv2.getRectSubPix(photo, (side, side), centre)
    method = cv2.INTER_AREA if side > SIZE else cv2.INTER_LINEAR
    return cv2.resize(square, (SIZE, SIZE), interpolation=method)


def windows_of(folder: Path) -> np.ndarray:
    """Cut random squares from photos without logos, (windows, SIZE, SIZE, 3)."""
    rng, windows = np.random.default_rng(0), []
    for path in photos_in(folder):
        photo = read_photo(path)
        for _ in range(WINDOWS):
            side = int(rng.uniform(0.25, 1) * min(photo.shape[:2]))
            top, left = (rng.integers(length - side + 1) for length in photo.shape[:2])
            window = photo[top : top + side, left : left + side]
            windows.append(cv2.resize(window, (SIZE, SIZE), interpolation=cv2.INTER_AREA))
    return np.stack(windows)


def composed(brands: Sequence[str], photos: Path, folder: Path) -> Crops:
    """Compose pictures of the brands' icons in Simple Icons."""
    icons, marks, labels = simple_icons(), [], []
    for label, brand in enumerate(brands):
        if brand not in WITHOUT_ICON:
            icon = icons[brand.lower()]
            picture = render_svg(icon.raw_svg)
            # Numbers keep the order when the file is sorted.
            marks.append(Mark(brand, f"{label:02}", picture, True, icon.primary_color))
            labels.append(label)
    folder.mkdir(parents=True, exist_ok=True)
    write_marks(folder / "icons.npz", marks)
    composer = Composer(read_marks(folder / "icons.npz"), read_tiles(photos), "cpu", seed=7)
    rows = torch.arange(len(labels)).repeat_interleave(COMPOSITES)
    pictures = [composer.of_brands(part, SIZE) for part in rows.split(BATCH)]
    values = torch.cat(pictures).byte().permute(0, 2, 3, 1).numpy()
    return Crops(values, np.repeat(labels, COMPOSITES))


@torch.inference_mode()
def features_of(net: Lite0, pictures: np.ndarray) -> np.ndarray:
    """Compute the pooled features of pictures, (pictures, 1280)."""
    batches = torch.from_numpy(pictures).permute(0, 3, 1, 2).split(BATCH)
    return torch.cat([net(normalise(batch.float())) for batch in batches]).numpy()


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors to length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def mean_recall(answers: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of right answers, averaged over the brands."""
    return float(np.mean([np.mean(answers[truth == brand] == brand) for brand in np.unique(truth)]))


def prototypes(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the brands, and the mean of each one's features."""
    brands = np.unique(labels)
    return brands, unit(np.stack([features[labels == brand].mean(0) for brand in brands]))


def artwork_recall(crops: Crops, composites: Crops) -> float:
    """Return the recall of the nearest prototype from artwork, for the brands that have some."""
    brands, means = prototypes(composites.values, composites.labels)
    tested = np.isin(crops.labels, brands)
    answers = brands[(crops.values[tested] @ means.T).argmax(1)]
    return mean_recall(answers, crops.labels[tested])


def draw_rows(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw the rows of some crops of each brand."""
    rng = np.random.RandomState(seed)
    rows = [rng.permutation(np.flatnonzero(labels == brand))[:count] for brand in np.unique(labels)]
    return np.concatenate(rows)


def linear_recall(crops: Crops, count: int) -> float:
    """Return the recall of a linear layer on some crops of each brand, averaged over draws."""
    recalls = []
    for seed in range(DRAWS):
        rows = draw_rows(crops.labels, count, seed)
        rest = np.setdiff1d(np.arange(len(crops.labels)), rows)
        layer = LogisticRegression(C=REGULARISATION, max_iter=500)
        layer.fit(crops.values[rows], crops.labels[rows])
        recalls.append(mean_recall(layer.predict(crops.values[rest]), crops.labels[rest]))
    return float(np.mean(recalls))


def known_against_others(crops: Crops, photos: np.ndarray) -> tuple[float, float]:
    """Return two AUROCs of known brands' crops: against other brands, and against photos.

    A crop's score is its highest cosine with a known brand's prototype.
    """
    areas = []
    for seed in range(KNOWN_DRAWS):
        rng = np.random.RandomState(100 + seed)
        known = np.isin(crops.labels, rng.permutation(crops.labels.max() + 1)[:KNOWN_BRANDS])
        rows = np.flatnonzero(known)
        shown = rows[draw_rows(crops.labels[rows], KNOWN_CROPS, 100 + seed)]
        _, means = prototypes(crops.values[shown], crops.labels[shown])
        scores = (crops.values @ means.T).max(1)
        tested = scores[np.setdiff1d(rows, shown)]
        areas.append([area(tested, scores[~known]), area(tested, (photos @ means.T).max(1))])
    others, without = np.mean(areas, axis=0)
    return float(others), float(without)


def area(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the AUROC of two groups of scores."""
    truth = np.repeat([1, 0], [len(positive), len(negative)])
    return roc_auc_score(truth, np.concatenate([positive, negative]))


if __name__ == "__main__":
    raise SystemExit(main())
