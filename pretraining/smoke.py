"""Try all of the pretraining in a minute, without downloads.

    python -m pretraining.smoke work/smoke

Made-up emblems stand in for the marks, and coloured noise for the photos. The weights that come
out are of no use.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from pretraining import compose, train
from pretraining.backgrounds import read_tiles
from pretraining.evaluate import Crops, artwork_recall, features_of, unit
from pretraining.made_up import made_up_brand
from pretraining.marks import read_marks, write_marks
from pretraining.networks import PLAIN, TENSORFLOW, Lite0, Weights, read_weights, write_weights

BRANDS, PHOTOS, PHOTO_SIDE = 24, 6, 300
SIZE, TESTED = 48, 96
TINY = ["--pixels", str(16 * SIZE**2), "--sizes", "32", "48", "--late-sizes", "48"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each part once. The exit code is 1 if the training left the network as it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for the files")
    parser.add_argument("--seconds", type=float, default=10.0, help="time of each training")
    options = parser.parse_args(arguments)
    folder = options.folder
    photos, marks = folder / "photos", folder / "marks.npz"
    write_photos(photos)
    brands = [mark for seed in range(BRANDS) for mark in made_up_brand(seed, fonts=[])]
    write_marks(marks, brands)
    compose.main([str(marks), str(photos), str(folder / "sheet.png")])
    start = write_start(folder / "start.npz")
    minutes = ["--minutes", str(options.seconds / 60)]
    shared = [str(marks), str(photos)]
    first, second = folder / "first", folder / "second"
    plain = ["--start", str(start), "--arithmetic", TENSORFLOW]
    train.main([*shared, str(first), *plain, *minutes, *TINY])
    teacher = ["--start", str(first / "weights.npz"), "--teacher", str(first / "weights.npz")]
    train.main([*shared, str(second), *teacher, *minutes, *TINY])
    recall = recall_of(second / "weights.npz", marks, photos)
    print(f"nearest prototype: {recall:.2f} of {BRANDS} made-up brands right")
    return int(same_weights(start, second / "weights.npz"))


def write_photos(folder: Path) -> None:
    """Write pictures of smooth coloured noise."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(PHOTOS):
        noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        photo = cv2.resize(noise, (PHOTO_SIDE, PHOTO_SIDE), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{seed}.png"), photo)


def write_start(path: Path) -> Path:
    """Write a random network, which stands in for ImageNet's."""
    torch.manual_seed(0)
    write_weights(path, train.with_embedding(Weights(Lite0(TENSORFLOW), None)))
    return path


def recall_of(path: Path, marks: Path, photos: Path) -> float:
    """Return how many composed pictures are nearest to their brand's prototype."""
    net, embedding = read_weights(path, PLAIN)
    composer = compose.Composer(read_marks(marks), read_tiles(photos), "cpu", seed=1)
    groups = []
    for _ in range(2):
        labels = torch.arange(TESTED) % BRANDS
        pictures = composer.of_brands(labels, SIZE).byte().permute(0, 2, 3, 1).numpy()
        vectors = unit(features_of(net.eval(), pictures) @ embedding.numpy().T)
        groups.append(Crops(vectors, labels.numpy()))
    return artwork_recall(*groups)


def same_weights(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same numbers."""
    with np.load(one) as first, np.load(other) as second:
        return all(np.array_equal(first[name], second[name]) for name in first.files)


if __name__ == "__main__":
    raise SystemExit(main())
