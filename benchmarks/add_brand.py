"""Measure what a new brand costs: the seconds of `add_brand`, and the answers for the old brands.

    python benchmarks/accuracy.py add-brand --model runs/single/seed-0

The model knows FlickrLogos-27. Each new brand is one of Simple Icons, drawn by --seed, and is
taught from its icon alone. The first time counts the prototypes and the row of the output layer.
The accuracy is that on the query photos, which show none of the new brands, before and after.

The results go to results/add-brand-<model>.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from small import SHARED

import logoflow as lf
from logoflow.datasets.composing.simple_icons import plain_name, simple_icons
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0, or 2 if photos or the model are missing."""
    options = parser().parse_args(arguments)
    try:
        classifier = lf.LogoClassifier.load(options.model)
        photos = read_flickrlogos27(options.data, no_logo_dir=options.no_logo).test
    except (FileNotFoundError, lf.ClassifierError) as error:
        print(error, file=sys.stderr)
        return 2
    before = accuracy(classifier, photos)
    print(f"before: accuracy {before:.4f} of {len(photos)} photos", flush=True)
    rows = {}
    for name in new_brands(classifier, options.brands, options.seed):
        taught = lf.LogoClassifier.load(options.model)
        start = time.perf_counter()
        taught.add_brand(name, artwork=[lf.icon_of(name)])
        seconds = time.perf_counter() - start
        rows[name] = {"seconds": round(seconds, 2), "accuracy": accuracy(taught, photos)}
        print(f"{name}: {rows[name]}", flush=True)
    result = {
        "accuracy before": before,
        "seconds": float(np.mean([row["seconds"] for row in rows.values()])),
        "change of accuracy": float(np.mean([row["accuracy"] for row in rows.values()]) - before),
        "largest loss": float(before - min(row["accuracy"] for row in rows.values())),
        "brands": rows,
    }
    text = json.dumps(result, indent=1) + "\n"
    write_text(options.results / "results" / f"add-brand-{options.model.name}.json", text)
    print(text)
    return 0


def new_brands(classifier: lf.LogoClassifier, count: int, seed: int) -> list[str]:
    """Draw brands of Simple Icons that the classifier does not know."""
    known = {plain_name(name) for name in classifier.classes}
    titles = sorted({icon.title for name, icon in simple_icons().items() if name not in known})
    return np.random.default_rng(seed).choice(titles, count, replace=False).tolist()


def accuracy(classifier: lf.LogoClassifier, photos: Sequence) -> float:
    """Share of the photos that are answered right, no-logo included."""
    answers = classifier.predict([photo.path for photo in photos]).brand
    return float(np.mean(answers == [photo.label for photo in photos]))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python benchmarks/accuracy.py add-brand",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--model", type=Path, required=True, help="folder of a model of `single`")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add("--no-logo", type=Path, default=SHARED / "no_logo_photos", help="photos without logos")
    add("--brands", type=int, default=3, help="number of new brands (%(default)s)")
    add("--seed", type=int, default=0, help="seed of the draw (%(default)s)")
    add("--results", type=Path, default=HERE, help="folder of results/ (%(default)s)")
    return made


if __name__ == "__main__":
    sys.exit(main())
