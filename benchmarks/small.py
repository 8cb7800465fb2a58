"""Measure what a user gets from a few photos per brand of FlickrLogos-27.

    python benchmarks/accuracy.py small --seeds 0 1 2

A seed draws 10 brands, and 1, 5, 10 and 20 whole training photos of each, whose boxes are not used.
Each number of photos is a row, with and without a class no-logo. `fit` is compared with linear
layers on frozen features and, with --python, with the `fit` of an earlier commit.

Each result is written to results/small-seed-<n>.json as soon as it is measured. An interrupted
command continues from there. The tables are in small.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import small_probe
import small_tables
from small_draw import COUNTS, Row, draw, make_row, read_source, write_folder
from walk import CHECKOUT, checkout_of

from logoflow.labels import NO_LOGO
from logoflow.metrics.reliability import calibration_error
from logoflow.metrics.scores import brand_mask, has_right_brand
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared"
BINS = 15  # of the calibration error
MIN_SHARE = 1e-15  # of a class, in the log loss


class Versions(NamedTuple):
    """The code that the methods run.

    Parameters
    ----------
    features : Path
        Folder to keep the features of photos in.
    former : Path, optional
        A checkout of the earlier commit.
    python : str
        Interpreter for the earlier commit.
    """

    features: Path
    former: Path | None = None
    python: str = sys.executable


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure rows and write the tables. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    if options.table:
        print(small_tables.write_page(options.results))
        return 0
    try:
        source = read_source(options.data, options.no_logo, options.no_logo_list)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    with ExitStack() as stack:
        versions = Versions(
            options.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        )
        if "former" in options.methods:
            checkout = stack.enter_context(checkout_of(options.at))
            versions = versions._replace(former=checkout, python=options.python)
        for seed in options.seeds:
            drawn = draw(source, seed)
            rows = [
                make_row(drawn, count, with_no_logo)
                for count in options.counts
                for with_no_logo in (False, True)
            ]
            path = options.results / "results" / f"small-seed-{seed}.json"
            measure_rows(rows, options.methods, seed, path, versions, again=options.again)
    print(small_tables.write_page(options.results))
    return 0


def measure_rows(
    rows: Sequence[Row],
    methods: Sequence[str],
    seed: int,
    path: Path,
    versions: Versions,
    *,
    again: bool = False,
) -> None:
    """Measure methods on rows, and write each result to a file at once.

    Parameters
    ----------
    rows : sequence of Row
        The rows of a seed.
    methods : sequence of str
        Keys of `METHODS`.
    seed : int
        The seed.
    path : Path
        The file. Results in it are kept if they are of the same photos.
    versions : Versions
        The code to run.
    again : bool
        Whether to measure methods that are in the file again.
    """
    brands = sorted({photo.label for row in rows for photo in row.train} - {NO_LOGO})
    stored = {"seed": seed, "brands": brands, "rows": {}}
    if path.is_file():
        stored["rows"] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    for row in rows:
        for method in methods:
            of_row = stored["rows"].setdefault(row.name, {})
            if not again and of_row.get(method, {}).get("photos") == row.digest:
                continue
            answers = METHODS[method](row, seed, versions)
            if "refused" in answers:
                print(f"seed {seed}, {row.name}, {method}: {answers['refused']}", flush=True)
                of_row.pop(method, None)
            else:
                of_row[method] = result = metrics_of(answers, row)
                print(f"seed {seed}, {row.name}, {method}: {as_line(result)}", flush=True)
            write_text(path, json.dumps(stored, indent=1) + "\n")


def metrics_of(answers: dict, row: Row) -> dict:
    """Compare answers with the truth.

    Parameters
    ----------
    answers : dict
        ``classes``, ``probabilities`` of shape (photos, classes), ``seconds``, ``answer_seconds``,
        and more that is kept as it is.
    row : Row
        Its test photos, in the order of the probabilities.

    Returns
    -------
    dict
        ``photos``: the row's digest. ``right``: a digit for each photo of a brand, 1 if the most
        probable brand is right. ``top1``: their mean. ``calibration_error`` and ``log_loss`` of the
        probabilities, no-logo included, for all test photos that show a class.
    """
    answers = dict(answers)
    classes, shares = answers.pop("classes"), np.asarray(answers.pop("probabilities"))
    truth = np.array([classes.index(photo.label) for photo in row.test])
    is_brand = brand_mask(truth, shares, classes)
    right = has_right_brand(truth, shares, classes)[is_brand]
    of_truth = shares[np.arange(len(truth)), truth].clip(MIN_SHARE)
    confidence = shares.max(axis=1).clip(0, 1)  # rounding can make it 1.0000000000000002
    return {
        "photos": row.digest,
        "top1": float(right.mean()),
        "calibration_error": calibration_error(confidence, shares.argmax(axis=1) == truth, BINS),
        "log_loss": float(-np.log(of_truth).mean()),
        **answers,
        "right": "".join(map(str, right.astype(int))),
    }


def as_line(result: dict) -> str:
    """Write a result as text."""
    return (
        f"brand top-1 {result['top1']:.3f} of {len(result['right'])} photos, calibration error "
        f"{result['calibration_error']:.3f}, log loss {result['log_loss']:.3f}, "
        f"{result['seconds']:.0f} s and {result['answer_seconds']:.0f} s for the answers"
    )


def run_fit(row: Row, seed: int, checkout: Path, python: str, **settings: object) -> dict:
    """Train with a checkout's `fit` in a process of its own (small_cases.py)."""
    with tempfile.TemporaryDirectory() as folder:
        case = {
            "photos": str(write_folder(row.train, Path(folder).resolve() / "photos")),
            "test": [str(photo.path) for photo in row.test],
            "seed": seed,
            "settings": settings,
        }
        path = write_text(Path(folder) / "case.json", json.dumps(case))
        command = [python, str(HERE / "small_cases.py"), str(path)]
        environment = {**os.environ, "PYTHONPATH": str(checkout), "LOGOFLOW_PROGRESS": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"fit of {checkout} failed on {row.name}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def fit(row: Row, seed: int, versions: Versions) -> dict:
    """`fit` of this checkout, without any arguments."""
    return run_fit(row, seed, CHECKOUT, sys.executable)


def heads(row: Row, seed: int, versions: Versions) -> dict:
    """`fit` without fine-tuning."""
    return run_fit(row, seed, CHECKOUT, sys.executable, fine_tune=False)


def with_artwork(row: Row, seed: int, versions: Versions) -> dict:
    """`fit` with the artwork that Simple Icons has of the brands."""
    return run_fit(row, seed, CHECKOUT, sys.executable, artwork="simple-icons")


def former(row: Row, seed: int, versions: Versions) -> dict:
    """`fit` of an earlier commit, without any arguments."""
    if versions.former is None:
        raise ValueError("There is no checkout of an earlier commit.")
    return run_fit(row, seed, versions.former, versions.python)


def probe_imagenet(row: Row, seed: int, versions: Versions) -> dict:
    """A linear layer on features of ImageNet."""
    return run_probe(row, seed, versions, "efficientnet_lite0")


def probe_logos(row: Row, seed: int, versions: Versions) -> dict:
    """A linear layer on the 1280 pooled features of `logo_lite0`."""
    return run_probe(row, seed, versions, "logo_lite0")


def probe_embedding(row: Row, seed: int, versions: Versions) -> dict:
    """A linear layer on the 256 numbers of `logo_lite0`'s embedding."""
    return run_probe(row, seed, versions, "logo_lite0", embedded=True)


def run_probe(
    row: Row, seed: int, versions: Versions, backbone: str, *, embedded: bool = False
) -> dict:
    """Train a probe on all training photos of a row."""
    train, test = (
        small_probe.compute_features([photo.path for photo in photos], backbone, versions.features)
        for photos in (row.train, row.test)
    )
    if embedded:
        train, test = small_probe.embed(train), small_probe.embed(test)
    labels = [photo.label for photo in row.train]
    return small_probe.probe(train, labels, test, seed)._asdict()


METHODS: dict[str, Callable[[Row, int, Versions], dict]] = {
    "fit": fit,
    "heads": heads,
    "artwork": with_artwork,
    "imagenet": probe_imagenet,
    "logos": probe_logos,
    "embedding": probe_embedding,
    "former": former,
}


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    methods = "\n".join(f"  {name:<10} {function.__doc__}" for name, function in METHODS.items())
    parser = argparse.ArgumentParser(
        prog="accuracy.py small",
        description=f"{__doc__}\nMethods:\n{methods}",
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
    add("--no-logo-list", type=Path, help="JSON list of the file names in --no-logo to use")
    add("--seeds", type=int, nargs="+", default=[0], help="(default: 0)")
    add(
        "--counts",
        type=int,
        nargs="+",
        default=list(COUNTS),
        choices=COUNTS,
        help="training photos per brand (default: all)",
    )
    add(
        "--methods",
        nargs="+",
        choices=METHODS,
        default=[name for name in METHODS if name != "former"],
        help="(default: all but former)",
    )
    add("--again", action="store_true", help="measure these methods again")
    add("--at", default="3d6a03e", help="commit of the method former (default: %(default)s)")
    add("--python", default=sys.executable, help="interpreter for that commit (default: this one)")
    add("--cache", type=Path, help="folder for features (default: a temporary one)")
    add("--results", type=Path, default=HERE, help="folder for results and tables (%(default)s)")
    add("--table", action="store_true", help="only write the tables, from the stored results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
