"""Measure whether heat maps and boxes show the logos of FlickrLogos-27.

    python benchmarks/accuracy.py locate --seeds 0 1 2

A seed splits the training photos, which have boxes, into training and validation photos. `fit`
learns from the training photos, and answers for the validation photos. The validation photos of
seed 3 are left out, because the size of the map and the mean of the regions were chosen on them.

Each result is written to results/locate-seed-<n>.json. The table is in locate.md.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from small import SHARED

import logoflow as lf
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.images.boxes import intersections_over_unions
from logoflow.images.decode import load_image
from logoflow.inference.heatmap import peak_is_inside
from logoflow.inference.index_logos import index_logos
from logoflow.inference.matching import LogoMatcher
from logoflow.training.fit_regions import PhotoWithBoxes, photos_with_boxes
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
SEED_OF_CHOICES = 3
ROWS = {
    "peak": "peak of the heat map inside a box of the answered brand",
    "centre": "centre of the photo inside such a box",
    "box": "first box shares over half of its union with a logo's box, of all photos",
    "centred box": "the same for a centred box of median size",
    "named": "a brand is named, and it is right",
    "time": "time of heat map and boxes, as a multiple of the time of the answer",
}
ROWS_WITH_LOGOS = {
    f"{name}, known logos": f"{ROWS[name]}, with known logos" for name in ("box", "named", "time")
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    try:
        chosen_on = validation_names(options, SEED_OF_CHOICES)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    for seed in options.seeds:
        path = options.results / "results" / f"locate-seed-{seed}.json"
        if path.is_file() and not options.again:
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = lf.prepare_root(
                "flickrlogos27",
                options.data,
                no_logo_dir=options.no_logo,
                seed=seed,
                output_dir=folder,
            )
            classifier = lf.fit(root, seed=seed, fine_tune=options.fine_tune, quiet=True)
            photos = photos_with_boxes(root, ["val_data"], use_boxes=True)
            to_answer = [photo for photo in photos if photo[2] and photo[0].name not in chosen_on]
            result = {"fine_tuned": options.fine_tune, **measure_both(classifier, to_answer, root)}
        write_text(path, json.dumps({"seed": seed, **result}, indent=1) + "\n")
        print(f"seed {seed}: {result}", flush=True)
    print(write_page(options.results))
    return 0


def validation_names(options: argparse.Namespace, seed: int) -> set[str]:
    """Name the photos that a seed keeps for validation."""
    splits = read_flickrlogos27(options.data, no_logo_dir=options.no_logo, seed=seed)
    return {photo.path.name for photo in splits.val}


def measure_both(
    classifier: lf.LogoClassifier, photos: Sequence[PhotoWithBoxes], root: Path
) -> dict:
    """Measure at the level "regions", then again with the known logos of the training photos.

    Both use the decision of "regions", so that nothing is calibrated again.
    """
    plain, regions = measure(classifier, photos), classifier.level
    classifier.matcher = LogoMatcher(index_logos(root))
    classifier.level = lf.Level(regions.windows, match_logos=True)
    classifier.decisions[classifier.level] = classifier.decisions[regions]
    refined = measure(classifier, photos)
    return plain | {row: refined[row.partition(",")[0]] for row in ROWS_WITH_LOGOS}


def measure(classifier: lf.LogoClassifier, photos: Sequence[PhotoWithBoxes]) -> dict:
    """Ask a classifier about photos with boxes."""
    classifier.predict([photos[0][0]])  # compiles the network
    centred = median_size(photos)
    columns: dict[str, list[float]] = {name: [] for name in ROWS}
    for path, label, boxes in photos:
        start = time.perf_counter()
        answer = classifier.predict([path])
        answered = time.perf_counter()
        heat, found = lf.heatmap(classifier, path), classifier.locate(path)
        columns["time"].append((time.perf_counter() - answered) / (answered - start))
        height, width = heat.shape
        named = answer.brand[0] == classifier.classes[label]
        columns["named"].append(named)
        right = named and len(found) and found.brand[0] == answer.brand[0]
        first = found.loc[0, ["x", "y", "width", "height"]].to_numpy(float) if right else None
        columns["box"].append(right and fits(first, boxes))
        columns["centred box"].append(fits(centre_box(width, height, centred), boxes))
        if likeliest(answer.top_k[0]) == classifier.classes[label]:
            centre = np.zeros_like(heat)
            centre[height // 2, width // 2] = 1
            columns["peak"].append(peak_is_inside(heat, boxes))
            columns["centre"].append(peak_is_inside(centre, boxes))
    means = {name: float(np.mean(values)) for name, values in columns.items()}
    return {"photos": len(photos), **means, "time": float(np.median(columns["time"]))}


def likeliest(top_k: Sequence[tuple[str, float]]) -> str:
    """Return the likeliest brand, which the heat map shows."""
    return next(name for name, _ in top_k if name != lf.NO_LOGO)


def median_size(photos: Sequence[PhotoWithBoxes]) -> np.ndarray:
    """Compute the median width and height of boxes, as shares of their photos."""
    shares = []
    for path, _, boxes in photos:
        height, width = load_image(path).shape[:2]
        shares += [(box[2] / width, box[3] / height) for box in boxes]
    return np.median(shares, axis=0)


def centre_box(width: int, height: int, shares: np.ndarray) -> np.ndarray:
    """Make a box in the middle of a photo."""
    size = shares * (width, height)
    return np.concatenate([(np.array([width, height]) - size) / 2, size])


def fits(box: np.ndarray, boxes: Sequence[Sequence[float]]) -> bool:
    """Tell whether a box shares over half of its union with one of the boxes."""
    return bool(intersections_over_unions(box, np.asarray(boxes, float)).max() > 0.5)


def write_page(results: Path) -> str:
    """Write locate.md from all results, and return its table."""
    paths = sorted((results / "results").glob("locate-seed-*.json"))
    stored = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    seeds = " | ".join(f"seed {result['seed']}" for result in stored)
    lines = [f"| | mean | {seeds} |", "|---" * (len(stored) + 2) + "|"]
    for name, text in {**ROWS, **ROWS_WITH_LOGOS}.items():
        values = [result[name] for result in stored]
        cells = " | ".join(f"{value:.3f}" for value in values)
        lines.append(f"| {text} | {np.mean(values):.3f} | {cells} |")
    lines.append("| photos | | " + " | ".join(str(result["photos"]) for result in stored) + " |")
    table = "\n".join(lines)
    tuned = " Fine-tuned." if all(result["fine_tuned"] for result in stored) else ""
    title = "# Where the logo is: heat maps and boxes on photos that `fit` has not seen"
    write_text(results / "locate.md", f"{title}\n\nOne network.{tuned}\n\n{table}\n")
    return table


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python benchmarks/accuracy.py locate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27")
    add("--no-logo", type=Path, default=SHARED / "no_logo_photos", help="photos without logos")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2])
    add("--fine-tune", action="store_true", help="fine-tune, not only fit the output layer")
    add("--again", action="store_true", help="measure again what is in the results")
    add("--results", type=Path, default=HERE, help="folder of locate.md and results/")
    return made


if __name__ == "__main__":
    sys.exit(main())
