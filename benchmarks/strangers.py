"""Measure how many photos of unknown brands of FlickrLogos-27 get a brand.

    python benchmarks/accuracy.py strangers --seeds 0 1 2

A seed draws ten known brands. The photos of the other 17 brands are strangers. `fit` learns the ten
brands from all their training photos with boxes, or from 20 or 5 whole photos of each without
boxes. It is asked about other photos of the ten brands, about strangers and about photos without a
logo. The same classifier is asked with its test for unknown brands and without it.

Each result is written to results/strangers-seed-<n>.json. The table is in strangers.md.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from small import SHARED
from small_draw import BRANDS, Draw, Source, draw, make_row, read_source, write_folder

import logoflow as lf
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.prepare import prepare_splits
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.decision import decision_for
from logoflow.inference.familiarity import familiarity
from logoflow.inference.judge import judge
from logoflow.labels import NO_LOGO
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
STRANGERS = 250  # photos of unknown brands
COLUMNS = {
    "recall": "known brands: named right",
    "recall without the test": "the same without the test",
    "strangers accepted": "strangers: given a brand",
    "strangers accepted without the test": "the same without the test",
    "no-logo accepted": "no-logo photos: given a brand",
    "AUROC": "AUROC, right answers against strangers",
}


class Case(NamedTuple):
    """What a classifier learns, and the photos that it answers for.

    Parameters
    ----------
    root : Path
        The prepared training photos.
    known : list of (Path, str)
        Photos of the known brands, and their brands.
    strangers, no_logo : list of Path
    """

    root: Path
    known: list[tuple[Path, str]]
    strangers: list[Path]
    no_logo: list[Path]


class Answers(NamedTuple):
    """Answers for photos.

    Parameters
    ----------
    brands : ndarray of str
        (photos,), with the test for unknown brands; "no-logo" if no brand is named.
    without_test : ndarray of str
        The same without the test.
    familiarity : ndarray
        (photos,), 0 to 1.
    """

    brands: np.ndarray
    without_test: np.ndarray
    familiarity: np.ndarray


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    try:
        source = read_source(options.data, options.no_logo, options.no_logo_list)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    for seed in options.seeds:
        path = options.results / "results" / f"strangers-seed-{seed}.json"
        stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": {}}
        drawn = draw(source, seed)
        for kind in options.kinds:
            if kind not in stored["rows"] or options.again:
                with tempfile.TemporaryDirectory() as folder:
                    case = CASES[kind](Path(folder), source, drawn, seed, options)
                    stored["rows"][kind] = measure(case, seed)
                write_text(path, json.dumps({"seed": seed, **stored}, indent=1) + "\n")
                print(f"seed {seed}, {kind}: {stored['rows'][kind]}", flush=True)
    print(write_page(options.results))
    return 0


def with_boxes(
    folder: Path, source: Source, drawn: Draw, seed: int, options: argparse.Namespace
) -> Case:
    """All training photos of the known brands with their boxes; the query photos to answer."""
    splits = read_flickrlogos27(options.data, no_logo_dir=options.no_logo)
    listed = {path.name for path in source.no_logo}
    brands = set(drawn.photos)
    everything = [*splits.train, *splits.val]
    no_logo = [photo for photo in everything if photo.label == NO_LOGO]
    train = [photo for photo in splits.train if photo.label in brands]
    val = [photo for photo in splits.val if photo.label in brands]
    if options.no_logo_list:
        val += [photo for photo in no_logo if photo.path.name in listed]
        train += [photo for photo in no_logo if photo.path.name not in listed]
    else:
        val += [photo for photo in splits.val if photo.label == NO_LOGO]
        train += [photo for photo in splits.train if photo.label == NO_LOGO]
    classes = tuple(name for name in splits.classes if name in brands or name == NO_LOGO)
    kept = replace(splits, train=tuple(train), val=tuple(val), test=(), classes=classes)
    prepare_splits(kept, folder)
    known = [(path, brand) for brand in sorted(brands) for path in source.query[brand]]
    return Case(folder, known, strangers_of(source, drawn, seed), source.no_logo_query)


def few_photos(
    count: int, folder: Path, source: Source, drawn: Draw, seed: int, options: argparse.Namespace
) -> Case:
    """Return a case of `small`: a few whole photos of each known brand, and no-logo photos."""
    row = make_row(drawn, count, with_no_logo=True)
    photos = write_folder(row.train, folder / "photos")
    root = lf.prepare_root("folder", photos, output_dir=folder / "root", test_share=0)
    known = [(photo.path, photo.label) for photo in row.test if photo.label != NO_LOGO]
    no_logo = [photo.path for photo in row.test if photo.label == NO_LOGO]
    return Case(root, known, strangers_of(source, drawn, seed), no_logo)


def twenty_photos(*arguments) -> Case:
    """20 whole photos of each known brand."""
    return few_photos(20, *arguments)


def five_photos(*arguments) -> Case:
    """5 whole photos of each known brand."""
    return few_photos(5, *arguments)


CASES: dict[str, Callable[..., Case]] = {
    "all photos, with boxes": with_boxes,
    "20 photos": twenty_photos,
    "5 photos": five_photos,
}


def strangers_of(source: Source, drawn: Draw, seed: int) -> list[Path]:
    """Draw photos of the brands that are not known."""
    photos = [
        path
        for part in (source.training, source.query)
        for brand in sorted(set(part) - set(drawn.photos))
        for path in part[brand]
    ]
    return random.Random(f"strangers {seed}").sample(photos, STRANGERS)


def measure(case: Case, seed: int) -> dict[str, float]:
    """Train a classifier, ask it, and compute the columns of the table."""
    classifier = lf.fit(case.root, seed=seed, quiet=True)
    known = ask(classifier, [path for path, _ in case.known])
    strangers, no_logo = ask(classifier, case.strangers), ask(classifier, case.no_logo)
    truth = np.array([brand for _, brand in case.known])
    is_right = known.without_test == truth
    scores = np.concatenate([known.familiarity[is_right], strangers.familiarity])
    is_known = np.arange(len(scores)) < is_right.sum()
    return {
        "known photos": len(truth),
        "strangers": len(case.strangers),
        "no-logo photos": len(case.no_logo),
        "recall": float(np.mean(known.brands == truth)),
        "recall without the test": float(np.mean(is_right)),
        "strangers accepted": float(np.mean(strangers.brands != NO_LOGO)),
        "strangers accepted without the test": float(np.mean(strangers.without_test != NO_LOGO)),
        "no-logo accepted": float(np.mean(no_logo.brands != NO_LOGO)),
        "AUROC": area_under_curve(scores, is_known),
    }


def ask(classifier: lf.LogoClassifier, photos: Sequence[Path]) -> Answers:
    """Ask a classifier with its test for unknown brands, and without it."""
    level = classifier.level
    decision = decision_for(classifier.decisions, level)
    if decision.familiarity is None:
        raise ValueError("fit made no test for unknown brands: there are too few photos.")
    without = replace(decision, familiarity=None)
    rows = []
    for photo in collect_evidence(classifier, photos, [level]):
        answers = [judge(photo, level, one, classifier.no_logo) for one in (decision, without)]
        scores = photo.scores(level, classifier.no_logo)
        features = photo.familiarity_features(level, classifier.no_logo, scores)
        named = [classifier.classes[answer.label] for answer in answers]
        rows.append((*named, familiarity(features, decision.familiarity)[0]))
    brands, without_test, values = zip(*rows, strict=True)
    return Answers(np.array(brands), np.array(without_test), np.array(values))


def area_under_curve(scores: np.ndarray, is_known: np.ndarray) -> float:
    """Compute the probability that a known photo scores higher than a stranger."""
    known, strangers = scores[is_known], scores[~is_known]
    differences = known[:, None] - strangers[None]
    return float((np.mean(differences > 0) + np.mean(differences >= 0)) / 2)


def write_page(folder: Path) -> str:
    """Write ``strangers.md`` from the results of all seeds, and return it."""
    results = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "results").glob("strangers-seed-*.json"))
    ]
    lines = ["| learnt from | seed | " + " | ".join(COLUMNS.values()) + " |"]
    lines.append("|---" * (2 + len(COLUMNS)) + "|")
    for kind in CASES:
        rows = {str(result["seed"]): result["rows"].get(kind) for result in results}
        rows = {seed: row for seed, row in rows.items() if row}
        if rows:
            mean = {name: np.mean([row[name] for row in rows.values()]) for name in COLUMNS}
            for seed, row in {**rows, "mean": mean}.items():
                cells = " | ".join(f"{row[name]:.3f}" for name in COLUMNS)
                lines.append(f"| {kind} | {seed} | {cells} |")
    text = (
        "# Photos of unknown brands\n\nWritten by `accuracy.py strangers`. "
        f"{BRANDS} known brands, {STRANGERS} photos of 17 others.\n\n" + "\n".join(lines) + "\n"
    )
    write_text(folder / "strangers.md", text)
    return text


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="accuracy.py strangers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
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
        help="JSON list of the file names in --no-logo that may be validation photos",
    )
    add("--seeds", type=int, nargs="+", default=[0], help="(default: 0)")
    add("--kinds", nargs="+", choices=CASES, default=list(CASES), help="(default: all)")
    add("--again", action="store_true", help="measure what is stored already again")
    add("--results", type=Path, default=HERE, help="folder for results and table (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
