"""Measure brands that are known from artwork alone, on FlickrLogos-27's photos.

    python benchmarks/accuracy.py brands --seeds 0 1 2

21 of the 27 brands have an icon in Simple Icons. `logo_lite0` has seen none of them. They are
learnt from that icon and from their names in four typefaces, which count as one logo. They are told
apart on crops around the largest logo of each training photo, and on whole photos: the query
photos, and 12 training photos of each brand. The same photos are then compared with all brands of
`lf.identify`. The seed draws the composed pictures; the file of all brands has one seed.

The results go to results/brands.json, and the table to brands.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from small import SHARED

import logoflow as lf
from logoflow.datasets.composing.simple_icons import plain_name, simple_icons
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.inference.build_known_brands import embed_brand
from logoflow.inference.identify import (
    SURE_LEAD,
    SURE_SIMILARITY,
    brand_similarities,
    embed_pictures,
    embed_regions,
)
from logoflow.inference.index_brands import CROP_SIDE, with_usual
from logoflow.inference.known_brands import KnownBrands, simple_icons_brands
from logoflow.labels import NO_LOGO
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
MARGIN = 1.15  # side of a crop, in longer sides of its box
MIN_SIDE = 12  # pixels; smaller boxes are left out
TRAINING_PHOTOS = 12  # of each brand, among the whole photos
IDENTIFY = "import sys, logoflow as lf; lf.identify(sys.argv[1])"


class Shown(NamedTuple):
    """Pictures to name, with their true brands."""

    brands: np.ndarray  # (pictures,) of str
    embeddings: list[np.ndarray]  # for each picture: (regions, 256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    if not options.data.exists() or not options.no_logo.is_dir():
        print(f"{options.data} or {options.no_logo} is missing.", file=sys.stderr)
        return 2
    splits = read_flickrlogos27(options.data, no_logo_dir=options.no_logo)
    brands = [name for name in splits.classes if plain_name(name) in simple_icons()]
    training = [photo for photo in (*splits.train, *splits.val) if photo.label in brands]
    crops = embed_crops(training)
    whole = embed_photos(whole_photos(training, splits.test, brands))
    no_logo = embed_photos([(path, NO_LOGO) for path in no_logo_photos(options)])
    query = embed_photos([(p.path, NO_LOGO) for p in splits.test if p.label == NO_LOGO])
    rows = {}
    for seed in options.seeds:
        known = known_from_artwork(brands, seed)
        rows[f"{len(brands)} brands, seed {seed}"] = measure(known, crops, whole)
    everything = simple_icons_brands()
    rows[f"all {len(everything.names):,} brands"] = {
        **measure(everything, crops, whole),
        **measure_sure(everything, whole, no_logo, query),
    }
    rows["times"] = times(training[0].path, options.no_logo)
    write_text(options.results / "results" / "brands.json", json.dumps(rows, indent=1) + "\n")
    write_text(options.results / "brands.md", page(rows))
    print(page(rows))
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="accuracy.py brands",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add("--no-logo", type=Path, default=SHARED / "no_logo_photos", help="(%(default)s)")
    add("--no-logo-list", type=Path, help="JSON list of the file names in --no-logo to use")
    add("--seeds", type=int, nargs="+", default=[0], help="(default: 0)")
    add("--results", type=Path, default=HERE, help="folder for results and table (%(default)s)")
    return parser


def no_logo_photos(options: argparse.Namespace) -> list[Path]:
    """List photos without a logo that the backbone has not seen."""
    if options.no_logo_list is None:
        return sorted(options.no_logo.glob("*.jpg"))
    names = json.loads(options.no_logo_list.read_text(encoding="utf-8"))
    return [options.no_logo / name for name in names]


def known_from_artwork(brands: Sequence[str], seed: int) -> KnownBrands:
    """Learn brands from their icons and their names, as build_known_brands does."""
    titles = [simple_icons()[plain_name(name)].title for name in brands]
    parts = [embed_brand((seed, title, [])) for title in titles]
    owners = np.repeat(np.arange(len(brands)), [len(part) for part in parts])
    return with_usual(tuple(brands), np.concatenate(parts), owners)


def embed_crops(photos: Sequence) -> Shown:
    """Embed a crop around the largest logo of each photo."""
    labels, crops = [], []
    for photo in photos:
        boxes = [box for box in photo.boxes if min(box.width, box.height) >= MIN_SIDE]
        if boxes:
            crops.append(crop(lf.read_image(photo.path), max(boxes, key=area)))
            labels.append(photo.label)
    return Shown(np.array(labels), list(embed_pictures(np.stack(crops))[:, None]))


def area(box) -> float:
    """Return the area of a box in pixels."""
    return box.width * box.height


def crop(photo: np.ndarray, box) -> np.ndarray:
    """Cut a square around a box. Beyond the photo, its border is repeated."""
    side = max(2, int(MARGIN * max(box.width, box.height)))
    centre = box.x + box.width / 2, box.y + box.height / 2
    square = cv2.getRectSubPix(photo, (side, side), centre)
    method = cv2.INTER_AREA if side > CROP_SIDE else cv2.INTER_LINEAR
    return cv2.resize(square, (CROP_SIDE, CROP_SIDE), interpolation=method)


def whole_photos(training: Sequence, test: Sequence, brands: Sequence[str]) -> list:
    """List the query photos of some brands, and some training photos of each."""
    photos = [(photo.path, photo.label) for photo in test if photo.label in brands]
    for name in brands:
        of_brand = [photo.path for photo in training if photo.label == name]
        chosen = np.random.RandomState(0).permutation(len(of_brand))[:TRAINING_PHOTOS]
        photos += [(of_brand[position], name) for position in chosen]
    return photos


def embed_photos(photos: Sequence[tuple[Path, str]]) -> Shown:
    """Embed the regions of whole photos."""
    embeddings = [embed_regions(lf.read_image(path)).astype(np.float16) for path, _ in photos]
    return Shown(np.array([label for _, label in photos]), embeddings)


def measure(known: KnownBrands, crops: Shown, whole: Shown) -> dict[str, float]:
    """Measure how often the right brand comes first, and among the first five."""
    row = {}
    for name, shown in {"crops": crops, "whole photos": whole}.items():
        ranks = np.array(
            [rank_of(known, brand, embeddings) for brand, embeddings in zip(*shown, strict=True)]
        )
        for count in (1, 5):
            row[f"{name}: top-{count}"] = balanced(ranks < count, shown.brands)
    return row


def rank_of(known: KnownBrands, brand: str, embeddings: np.ndarray) -> int:
    """Return the rank of the right brand, 0 for the first."""
    similarities = per_brand(known, embeddings)
    names = [plain_name(name) for name in known.names]
    return int((similarities > similarities[names.index(plain_name(brand))]).sum())


def per_brand(known: KnownBrands, embeddings: np.ndarray) -> np.ndarray:
    """Return the similarity of a picture to each brand."""
    logos = brand_similarities(embeddings.astype(np.float32), known)
    similarities = np.full(len(known.names), -1.0)
    np.maximum.at(similarities, known.brands, logos)
    return similarities


def balanced(right: np.ndarray, brands: np.ndarray) -> float:
    """Average the share of right answers over the brands."""
    return round(float(np.mean([right[brands == name].mean() for name in np.unique(brands)])), 3)


def measure_sure(
    known: KnownBrands, whole: Shown, no_logo: Shown, query: Shown
) -> dict[str, float]:
    """Measure how often `identify` is sure, and how often it is right then."""
    right, sure = [], []
    names = np.array([plain_name(name) for name in known.names])
    for brand, embeddings in zip(*whole, strict=True):
        similarities = per_brand(known, embeddings)
        right.append(names[similarities.argmax()] == plain_name(brand))
        sure.append(is_sure(similarities))
    right, sure = np.array(right), np.array(sure)
    row = {
        "whole photos: sure": round(float(sure.mean()), 3),
        "whole photos: right if sure": round(float(right[sure].mean()), 3),
    }
    for name, shown in {"no-logo photos": no_logo, "no-logo query photos": query}.items():
        sure = [is_sure(per_brand(known, part)) for part in shown.embeddings]
        row[f"{name}: sure"] = round(float(np.mean(sure)), 3)
    return row


def is_sure(similarities: np.ndarray) -> bool:
    """Tell whether `identify` is sure of its first answer."""
    second, first = np.sort(similarities)[-2:]
    return bool(first >= SURE_SIMILARITY and first - second >= SURE_LEAD)


def times(photo: Path, backgrounds: Path) -> dict[str, float]:
    """Measure the first answer of a fresh process, and composed photos per second."""
    command = [sys.executable, "-c", IDENTIFY, str(photo)]
    # As after an installation with pip, which compiles the packages.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, env=environment)  # files in memory
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment)
    fresh = time.perf_counter() - start
    artwork = {"bmw": [lf.icon_of("bmw")], "ford": [lf.icon_of("ford")]}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        data_set = lf.compose_photos(
            artwork,
            folder,
            backgrounds=backgrounds,
            train=150,
            val=0,
            test=0,
            no_logo=0,
        )
        seconds = time.perf_counter() - start
        count = len(list(data_set.glob("classes/jpg/*/*.jpg")))
    return {
        "identify, fresh process, seconds": round(fresh, 2),
        "composed photos per second": round(count / seconds, 1),
    }


def page(rows: dict[str, dict[str, float]]) -> str:
    """Write the rows as Markdown."""
    lines = ["# Brands that are known from artwork alone\n\nWritten by `accuracy.py brands`.\n"]
    for name, values in rows.items():
        lines.append(f"## {name}\n\n| measure | value |\n|---|---|")
        lines += [f"| {measure} | {value} |" for measure, value in values.items()]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
