"""Measure how well probabilities are calibrated on few validation photos of FlickrLogos-27.

    python benchmarks/accuracy.py calibration --seeds 0 1 2

One classifier is trained on ten photos of each brand. Validation photos are drawn from the other
training photos: 20, 50, 100 and 500 of them, half of them without a logo if there are
enough. The scores of the same photos are calibrated in two ways: as `fit` does, and with the
temperature and the bias of maximum likelihood, as the commit 3d6a03e does. The calibration error
and the log loss are measured on the query photos.

The results go to results/calibration-seed-<n>.json, and the table to small.md.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import small_tables
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from small import BINS, MIN_SHARE, SHARED

import logoflow as lf
from logoflow.datasets.flickrlogos27 import DUPLICATES, read_flickrlogos27
from logoflow.datasets.prepare import prepare_splits
from logoflow.datasets.splits import Photo, Splits
from logoflow.datasets.splitting import split_off
from logoflow.evaluation.runs import train_or_load
from logoflow.inference.calibration import fit_decision
from logoflow.inference.decision import probabilities
from logoflow.labels import NO_LOGO, no_logo_index
from logoflow.metrics.reliability import calibration_error
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
COUNTS = (20, 50, 100, 500)  # validation photos
DRAWS = 20  # of each number of photos
LEVEL = lf.Level("regions")
TRAIN_SHARE = 1 / 3  # of the photos of each brand: ten photos
TRAIN_NO_LOGO = 50
VAL_SHARE = 0.2  # of the photos that fit gets
SCALES = (0.05, 20.0)  # range of 1 / temperature


class Scores(NamedTuple):
    """Log-scores of photos, and their labels.

    Parameters
    ----------
    scores : ndarray
        (photos, classes).
    truth : ndarray of int
        (photos,).
    """

    scores: np.ndarray
    truth: np.ndarray

    def take(self, rows: np.ndarray) -> "Scores":
        """Take some photos."""
        return Scores(self.scores[rows], self.truth[rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    for seed in options.seeds:
        try:
            splits, query_names = make_splits(
                options.data, options.no_logo, options.no_logo_list, seed
            )
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 2
        pool, query = scores_of(splits, query_names, seed, options.work)
        rows = measure(pool, query, splits.classes, seed)
        path = options.results / "results" / f"calibration-seed-{seed}.json"
        write_text(path, json.dumps({"seed": seed, "rows": rows}, indent=1) + "\n")
        print(small_tables.write_page(options.results), flush=True)
    return 0


def make_splits(
    data: Path, no_logo_dir: Path, no_logo_list: Path | None, seed: int
) -> tuple[Splits, set[str]]:
    """Split the photos: what `fit` gets, and as test photos the pool and the query photos.

    Parameters
    ----------
    data, no_logo_dir : Path
        FlickrLogos-27 and a folder of photos without logos.
    no_logo_list : Path, optional
        JSON list of the file names in `no_logo_dir` that may be validation photos. `fit` gets
        others then. Without a list, the photos are drawn.
    seed : int
        Seed of the choice.

    Returns
    -------
    splits : Splits
        Near-duplicates of training photos are not among the query photos.
    query_names : set of str
        The query photos, as ``<class>/<file>``.
    """
    source = read_flickrlogos27(data, no_logo_dir=no_logo_dir, val_share=0)
    brands = [photo for photo in source.train if photo.label != NO_LOGO]
    folder = brands[0].path.parent
    together = [[folder / name for name in group] for group in DUPLICATES]
    pool, chosen = split_off(brands, TRAIN_SHARE, seed, keep_together=together)
    train, val = split_off(chosen, VAL_SHARE, seed, keep_together=together)
    no_logo = [photo for photo in source.train if photo.label == NO_LOGO]
    pool_no_logo, few = split_no_logo(no_logo, no_logo_list, seed)
    train_no_logo, val_no_logo = split_off(few, VAL_SHARE, seed)
    repeats = lf.repeats_of(
        [photo.path for photo in source.test], [photo.path for photo in (*train, *val, *pool)]
    )
    query = [photo for photo in source.test if photo.path not in repeats]
    splits = Splits(
        (*train, *train_no_logo),
        (*val, *val_no_logo),
        (*pool, *pool_no_logo, *query),
        source.classes,
    )
    return splits, {f"{photo.label}/{photo.path.name}" for photo in query}


def split_no_logo(
    photos: Sequence[Photo], no_logo_list: Path | None, seed: int
) -> tuple[list[Photo], list[Photo]]:
    """Split photos without a logo into the pool and the few that `fit` gets."""
    order = [photos[index] for index in np.random.default_rng(seed).permutation(len(photos))]
    if no_logo_list is None:
        return order[TRAIN_NO_LOGO:], order[:TRAIN_NO_LOGO]
    listed = set(json.loads(no_logo_list.read_text(encoding="utf-8")))
    pool = [photo for photo in order if photo.path.name in listed]
    others = [photo for photo in order if photo.path.name not in listed]
    return pool, others[:TRAIN_NO_LOGO]


def scores_of(
    splits: Splits, query_names: set[str], seed: int, work: Path
) -> tuple[Scores, Scores]:
    """Train a classifier, or load its scores; return those of the pool and of the query photos."""
    with tempfile.TemporaryDirectory() as root:
        prepare_splits(splits, root)
        result = train_or_load(root, work, {}, levels=[LEVEL], seed=seed, quiet=True)
    everything = Scores(result.scores[LEVEL], result.truth)
    is_query = np.array([path in query_names for path in result.paths])
    return everything.take(~is_query), everything.take(is_query)


def measure(
    pool: Scores,
    query: Scores,
    classes: Sequence[str],
    seed: int,
    *,
    counts: Sequence[int] = COUNTS,
    draws: int = DRAWS,
) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Calibrate on drawn validation photos, and measure on the query photos.

    Parameters
    ----------
    pool, query : Scores
        Photos to draw from, and photos to measure on.
    classes : sequence of str
        Names in label order.
    seed : int
        Seed of the draws.
    counts : sequence of int
        Numbers of validation photos.
    draws : int
        Number of draws for each number of photos.

    Returns
    -------
    dict
        By number of photos and calibration: ``calibration_error`` and ``log_loss`` of each draw.
    """
    no_logo = no_logo_index(classes)
    rng = np.random.default_rng(seed)
    results: dict[str, dict[str, list[dict[str, float]]]] = {}
    for count in counts:
        by_method = results[str(count)] = {name: [] for name in CALIBRATIONS}
        for _ in range(draws):
            drawn = pool.take(draw_rows(pool.truth == no_logo, count, rng))
            for name, calibrate in CALIBRATIONS.items():
                shares = calibrate(drawn, query.scores, classes)
                by_method[name].append(metrics_of(shares, query.truth))
    return results


def draw_rows(is_no_logo: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw photos, half of them without a logo if there are enough."""
    without, brands = np.flatnonzero(is_no_logo), np.flatnonzero(~is_no_logo)
    no_logo_count = min(count // 2, len(without))
    if count - no_logo_count > len(brands):
        raise ValueError(f"There are {len(is_no_logo)} photos to draw {count} from.")
    return np.concatenate(
        [
            rng.choice(without, no_logo_count, replace=False),
            rng.choice(brands, count - no_logo_count, replace=False),
        ]
    )


def metrics_of(shares: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Compute the calibration error and the log loss of probabilities."""
    of_truth = shares[np.arange(len(truth)), truth].clip(MIN_SHARE)
    confidence = shares.max(axis=1).clip(0, 1)
    return {
        "calibration_error": calibration_error(confidence, shares.argmax(axis=1) == truth, BINS),
        "log_loss": float(-np.log(of_truth).mean()),
    }


def as_fit_does(drawn: Scores, scores: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Calibrate as `fit` does."""
    decision = fit_decision(drawn.scores, drawn.truth, classes)
    return probabilities(scores, decision, no_logo_index(classes))


def maximum_likelihood(drawn: Scores, scores: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Calibrate with the temperature and the no-logo bias of maximum likelihood."""
    is_no_logo = np.asarray(classes) == NO_LOGO
    rows = np.arange(len(drawn.truth))

    def loss(point: np.ndarray) -> float:
        scale, bias = point
        log_shares = log_softmax(drawn.scores * scale + bias * is_no_logo, axis=1)
        return -log_shares[rows, drawn.truth].mean()

    # With photos of only one kind, the bias has no finite optimum.
    both_kinds = 0 < is_no_logo[drawn.truth].sum() < len(drawn.truth)
    bounds = [SCALES, (None, None) if both_kinds else (0, 0)]
    scale, bias = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=bounds).x
    return softmax(scores * scale + bias * is_no_logo, axis=1)


CALIBRATIONS: dict[str, Callable[[Scores, np.ndarray, Sequence[str]], np.ndarray]] = {
    "as `fit` does": as_fit_does,
    "maximum likelihood": maximum_likelihood,
}


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="accuracy.py calibration",
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
    add(
        "--work",
        type=Path,
        default=lf.runs_home() / "calibration",
        help="folder of finished trainings (%(default)s)",
    )
    add("--results", type=Path, default=HERE, help="folder for results and tables (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
