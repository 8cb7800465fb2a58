"""Draw docs/answers.png, the picture in the README: sample photos with answers.

python benchmarks/readme_picture.py runs/sample-logo_lite0/model
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import logoflow as lf  # before mxnet
from logoflow.evaluation.assessment import Assessment
from logoflow.images.decode import load_image
from logoflow.utils.files import atomic_path

COLUMNS, ROWS = 5, 2
DPI = 120
RIGHT, WRONG = "#1b7837", "#b2182b"
DEFAULT = Path(__file__).resolve().parent.parent / "docs" / "answers.png"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the picture. The exit code is 0, or 2 if the model is missing or of another data set."""
    options = parser().parse_args(arguments)
    try:
        classifier = lf.LogoClassifier.load(options.model)
        assessment = lf.assess(classifier, lf.prepare_root("sample"))
    except (FileNotFoundError, lf.ClassifierError, lf.ClassListError) as error:
        print(error, file=sys.stderr)
        return 2
    shown = assessment.take(choose(assessment, options.seed))
    with atomic_path(options.output) as tmp:
        draw(shown, tmp)
    for photos, part in (("test photos", assessment), ("photos in the picture", shown)):
        print(f"{part.report.accuracy:.0%} of the {len(part.truth)} {photos} are answered right")
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder that LogoClassifier.save wrote")
    parser.add_argument("--output", type=Path, default=DEFAULT, help="PNG file to write")
    parser.add_argument("--seed", type=int, default=0, help="decides which photos are shown")
    return parser


def choose(assessment: Assessment, seed: int) -> list[int]:
    """Choose photos of different brands, with the share of right answers of all test photos."""
    right = assessment.answers == assessment.truth
    missing = {True: round(COLUMNS * ROWS * right.mean())}
    missing[False] = COLUMNS * ROWS - missing[True]
    chosen, seen = [], set()
    for row in np.random.RandomState(seed).permutation(len(right)):
        height, width = load_image(assessment.paths[row]).shape[:2]
        brand = assessment.truth[row]
        if missing[right[row]] and brand not in seen and width > height:
            chosen.append(int(row))
            seen.add(brand)
            missing[right[row]] -= 1
    return chosen


def draw(assessment: Assessment, path: Path) -> None:
    """Draw each photo with its answer above it, and with the right brand if that is wrong."""
    size = {"figsize": (2.1 * COLUMNS, 2.15 * ROWS), "layout": "constrained"}
    figure, axes = plt.subplots(ROWS, COLUMNS, **size)
    for i, axis in zip(range(len(assessment.truth)), axes.flat, strict=True):
        truth = assessment.classes[assessment.truth[i]]
        answer = assessment.classes[assessment.answers[i]]
        colour = RIGHT if answer == truth else WRONG
        verdict = "right" if answer == truth else f"wrong, it is {truth}"
        axis.imshow(load_image(assessment.paths[i]))
        axis.set_title(f"{answer} {assessment.confidence[i]:.0%}\n{verdict}", color=colour)
        axis.set(xticks=[], yticks=[])
        for edge in axis.spines.values():
            edge.set(color=colour, linewidth=3)
    figure.savefig(path, format="png", dpi=DPI)
    plt.close(figure)
    # With 256 colours the photos look the same and take a third of the bytes.
    Image.open(path).convert("RGB").quantize(256).save(path, format="png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
