"""Compare the level "auto" with its two looks, on the query photos of FlickrLogos-27.

    python benchmarks/accuracy.py auto --model runs/single/seed-0

The model comes from `accuracy.py single --save runs/single`. The validation photos calibrate the
first look ("regions"), the closer look ("more-regions, read_names") and "auto". If the model knows
logos, the closer look compares with them. Then the closest look of the first versions is measured
too: "more-windows, match_logos, read_names". The query photos give the accuracy, the share of
brands named right and the seconds per photo of each.

The results go to results/auto-<model>.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from accuracy import check_folders, held_out_root
from small import SHARED

import logoflow as lf
from logoflow.inference.judge_pictures import judgements_of
from logoflow.training.fit_regions import photos_with_boxes
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
WARM_UP = 40  # photos, for which networks are compiled before the clock starts


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0, or 2 if photos or the model are missing."""
    options = parser().parse_args(arguments)
    try:
        check_folders(options)
        classifier = lf.LogoClassifier.load(options.model)
        root = held_out_root(options)
    except (FileNotFoundError, lf.ClassifierError) as error:
        print(error, file=sys.stderr)
        return 2
    knows_logos = classifier.matcher is not None
    auto = lf.Level("auto", match_logos=knows_logos, read_names=options.read_names)
    former = [lf.Level("more-windows", match_logos=True, read_names=True)] if knows_logos else []
    photos = photos_with_boxes(root, ["val_data"], use_boxes=True)
    paths, labels, boxes = zip(*photos, strict=True)
    classifier.calibrate(paths, labels, boxes=boxes, levels=[*former, lf.Level("regions"), auto])
    stages = classifier.decisions[auto].stages
    test = lf.photos_of(root, "test_data")
    rows = {
        str(level): measure(classifier, test, level)
        for level in (stages.first, stages.closer, auto, *former)
    }
    text = json.dumps(
        {"bounds": [stages.reject_below, stages.accept_above], "rows": rows}, indent=1
    )
    write_text(options.results / "results" / f"auto-{options.model.name}.json", text + "\n")
    print(text)
    return 0


def measure(
    classifier: lf.LogoClassifier, photos: Sequence[tuple[Path, int]], level: lf.Level
) -> dict[str, float]:
    """Classify all photos at a level, and measure the answers."""
    paths, labels = zip(*photos, strict=True)
    judgements_of(classifier, paths[:WARM_UP], level)
    start = time.perf_counter()
    answers = np.array([judgement.label for judgement in judgements_of(classifier, paths, level)])
    seconds = time.perf_counter() - start
    is_right, shows_logo = answers == labels, np.array(labels) != classifier.no_logo
    return {
        "seconds per photo": round(seconds / len(paths), 4),
        "accuracy": float(np.mean(is_right)),
        "brands named right": float(np.mean(is_right[shows_logo])),
        "no-logo photos given a brand": float(np.mean(~is_right[~shows_logo])),
    }


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="accuracy.py auto",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, help="folder of a model of `single`")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add(
        "--no-logo",
        type=Path,
        default=SHARED / "no_logo_photos",
        help="photos without logos (%(default)s)",
    )
    add(
        "--no-logo-list",
        type=Path,
        default=SHARED / "logo_backbone" / "held_out.json",
        help="JSON list of the file names in --no-logo that are validation photos (%(default)s)",
    )
    add(
        "--read-names",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether the closer look reads brand names",
    )
    add("--work", type=Path, default=lf.runs_home() / "accuracy", help="folder for the photos")
    add("--results", type=Path, default=HERE, help="folder for the result (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
