"""Measure the accuracy on FlickrLogos-27's 270 query photos, for the tables of docs/accuracy.md.

    python benchmarks/accuracy.py headline --seeds 0 1 2

The result of every training is kept on disk, so that an interrupted or repeated command continues
from there. benchmarks/README.md says what each command prints and how long it takes.

Some commands have options of their own (``small --help`` and so on): `small` measures few photos
per brand, `calibration` few validation photos, `strangers` photos of unknown brands, `auto` the
level "auto", `brands` brands from their artwork, `add-brand` one more brand, and `locate` heat maps
and boxes.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import logoflow as lf
from logoflow.datasets.flickrlogos27 import ARCHIVE_URL, read_flickrlogos27
from logoflow.datasets.prepare import prepare_splits
from logoflow.evaluation.ablation import ABLATION, ENSEMBLE_BACKBONES, SETUPS
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.experiments import photos_curve, run_experiments
from logoflow.evaluation.results import TrainingResult
from logoflow.evaluation.runs import assess_result, train_or_load
from logoflow.evaluation.tables import ablation_table, mean_summary
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared"
LEVELS = [
    "whole",
    "windows",
    "more-windows",
    "more-windows, match_logos",
    "more-windows, match_logos, read_names",
]
HEADLINE_METRICS = ("brand top-1", "accuracy", "recall at 2%", "AUROC", "calibration error")
SAMPLES = 1000  # resamples of the bootstrap
REGION_LEVELS = ["regions", "more-regions"]
WITH_SEEDS = ("headline", "single", "several")
# Commands that are scripts beside this one:
OTHER_SCRIPTS = ("small", "calibration", "strangers", "auto", "brands", "locate", "add-brand")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark. The exit code is 0, or 2 if the photos are missing."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments and arguments[0] in OTHER_SCRIPTS:
        return importlib.import_module(arguments[0].replace("-", "_")).main(arguments[1:])
    options = parser().parse_args(arguments)
    try:
        check_folders(options)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    root = (
        held_out_root(options)
        if options.no_logo_list
        else lf.prepare_root(
            "flickrlogos27",
            options.data,
            no_logo_dir=options.no_logo,
            photos_per_class=options.photos_per_class,
        )
    )
    tables_of, _ = BENCHMARKS[options.what]
    for table in tables_of(root, options):
        write_table(table, options)
        print(f"\n{table.to_string()}", flush=True)
    return 0


def held_out_root(options: argparse.Namespace) -> Path:
    """Prepare the photos with the listed photos without a logo for validation, the rest to train.

    `logo_lite0` has seen most of ../shared/no_logo_photos as backgrounds. A threshold that was
    chosen on these would let too many photos pass.
    """
    splits = read_flickrlogos27(options.data, no_logo_dir=options.no_logo)
    listed = set(json.loads(options.no_logo_list.read_text(encoding="utf-8")))
    known = [*splits.train, *splits.val]
    no_logo = [photo for photo in known if photo.label == lf.NO_LOGO]
    if missing := listed - {photo.path.name for photo in no_logo}:
        raise FileNotFoundError(
            f"{len(missing)} photos of {options.no_logo_list} are not in {options.no_logo}, for "
            f"example {min(missing)}."
        )
    train, val = (
        [photo for photo in part if photo.label != lf.NO_LOGO]
        for part in (splits.train, splits.val)
    )
    val += [photo for photo in no_logo if photo.path.name in listed]
    train += [photo for photo in no_logo if photo.path.name not in listed]
    root = options.work / "photos-held-out"
    prepare_splits(replace(splits, train=tuple(train), val=tuple(val)), root)
    return root


def headline(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """An ensemble on ImageNet's features: metrics of each seed and their mean, per level."""
    yield from seeds_table(root, options)


def single(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """`fit` with its defaults: one network on logo_lite0. The same table."""
    yield from seeds_table(root, options)


def several(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Three networks on logo_lite0, with different seeds. The same table."""
    yield from seeds_table(root, options)


def seeds_table(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Train with each seed. The table has the metrics with and without repeated photos."""
    training_photos = [
        path for split in ("train_data", "val_data") for path, _ in lf.photos_of(root, split)
    ]
    test_photos = [path for path, _ in lf.photos_of(root, "test_data")]
    repeats = lf.repeats_of(test_photos, training_photos)
    results = []
    for seed in options.seeds:
        result = train_or_load(
            root,
            options.work,
            seeds_settings(options),
            levels=levels_of(options),
            seed=seed,
            model_folder=Path(options.save) / f"seed-{seed}" if options.save else None,
            num_workers=options.num_workers,
        )
        results.append(result)
        yield headline_table(root, results, options, repeats)


def headline_table(
    root: Path,
    results: Sequence[TrainingResult],
    options: argparse.Namespace,
    repeats: Sequence[Path],
) -> pd.DataFrame:
    """Make a row per level, photos and seed. The metrics are text, with their intervals."""
    rows = {}
    seconds = [result.seconds for result in results]
    for level in levels_of(options):
        on_all = [assess_result(result, root, level=level) for result in results]
        on_others = [assessment.without(repeats) for assessment in on_all]
        for photos, assessments in (
            ("all", on_all),
            (f"without {len(repeats)} repeats", on_others),
        ):
            # The seeds that are not trained yet have no rows.
            for seed, assessment, time in zip(options.seeds, assessments, seconds, strict=False):
                rows[level, photos, str(seed)] = as_text([assessment], time)
            rows[level, photos, "mean"] = as_text(assessments, sum(seconds) / len(seconds))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["level", "query photos", "seed"])
    return table


def as_text(assessments: list[Assessment], seconds: float) -> dict[str, str]:
    """Format the mean metrics with their intervals, and the training time in minutes."""
    summary = mean_summary(assessments, HEADLINE_METRICS, SAMPLES)
    cells = {
        metric: f"{row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
        for metric, row in summary.iterrows()
    }
    return {**cells, "minutes": f"{seconds / 60:.0f}"}


def ablation(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """From the article's recipe to ours, one change at a time."""
    results = run_experiments(root, ABLATION, options.work, **experiment_options(options))
    yield from growing_table(results)


def photos(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Different numbers of training photos per brand, at the level "windows"."""
    experiment = SETUPS[0]._replace(level=lf.Level("windows"))
    results = photos_curve(root, options.work, experiment=experiment, **experiment_options(options))
    yield from growing_table(results)


def setups(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Three ways to reject photos without a logo, and training without boxes."""
    experiments = [experiment._replace(level=lf.Level("windows")) for experiment in SETUPS]
    results = run_experiments(root, experiments, options.work, **experiment_options(options))
    yield from growing_table(results, against_first=True)


def growing_table(
    results: Iterator[tuple[str, list[Assessment]]], *, against_first: bool = False
) -> Iterator[pd.DataFrame]:
    """Yield the table of all finished experiments after each experiment."""
    finished = {}
    for name, assessments in results:
        finished[name] = assessments
        yield ablation_table(finished, samples=SAMPLES, against_first=against_first).round(3)


def fit_settings(options: argparse.Namespace) -> dict[str, object]:
    """Return the arguments of `fit` that the command line decides."""
    return {"num_epochs": options.epochs, "image_size": options.size, "backbone": options.backbone}


def seeds_settings(options: argparse.Namespace) -> dict[str, object]:
    """Return the arguments of `fit` for a table of seeds."""
    if options.what == "headline":
        ensemble = {"backbone": options.together, "refit_epochs": options.refit_epochs}
        return {**fit_settings(options), **ensemble}
    networks = 1 if options.what == "single" else 3
    return {"backbone": ["logo_lite0"] * networks, "num_epochs": options.region_epochs}


def levels_of(options: argparse.Namespace) -> list[str]:
    """Return the levels of a table of seeds."""
    return options.levels or (LEVELS if options.what == "headline" else REGION_LEVELS)


def experiment_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `run_experiments` that the command line decides."""
    return {
        **fit_settings(options),
        "seeds": options.seeds,
        "num_workers": options.num_workers,
        "quiet": False,
    }


def settings_of_table(table: pd.DataFrame, options: argparse.Namespace) -> dict[str, object]:
    """Return the settings that a table was made with."""
    if options.what in WITH_SEEDS:  # the seeds that are finished
        seeds = sorted({int(seed) for *_, seed in table.index if seed != "mean"})
        settings = {**seeds_settings(options), "seeds": seeds}
    else:
        settings = {**fit_settings(options), "seeds": options.seeds}
    if options.photos_per_class:
        settings["photos_per_class"] = options.photos_per_class
    return settings


def write_table(table: pd.DataFrame, options: argparse.Namespace) -> None:
    """Write a table as JSON, and all tables together as a Markdown page."""
    result = {
        "what": options.what,
        "settings": settings_of_table(table, options),
        "table": json.loads(table.to_json(orient="split")),
    }
    text = json.dumps(result, indent=1, allow_nan=False)
    write_text(options.results / "results" / f"accuracy-{options.what}.json", text + "\n")
    write_text(options.results / "accuracy.md", page(options.results / "results"))


def page(folder: Path) -> str:
    """Write all benchmarks that have a result as Markdown."""
    parts = ["# Accuracy on FlickrLogos-27's 270 query photos\n\nWritten by `accuracy.py`.\n"]
    for what, (_, title) in BENCHMARKS.items():
        path = folder / f"accuracy-{what}.json"
        if path.is_file():
            result = json.loads(path.read_text(encoding="utf-8"))
            settings = ", ".join(
                f"{name} {as_words(value)}" for name, value in result["settings"].items()
            )
            parts.append(f"## {title}\n\n`{what}`: {settings}\n\n{markdown(result['table'])}\n")
    return "\n".join(parts)


def as_words(value: object) -> str:
    """Write the value of a setting, for example ``0 + 1 + 2`` for a list."""
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def markdown(table: dict) -> str:
    """Write a table of `DataFrame.to_json` as Markdown."""
    labels = [label if isinstance(label, list) else [label] for label in table["index"]]
    label_names = ["level", "query photos", "seed"] if len(labels[0]) == 3 else [""]
    header = [*label_names, *table["columns"]]
    lines = [header, ["---"] * len(header)]
    for label, row in zip(labels, table["data"], strict=True):
        lines.append([*label, *("" if cell is None else cell for cell in row)])
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def check_folders(options: argparse.Namespace) -> None:
    """Raise an error that says how to get the photos, if they are missing."""
    if not options.data.exists():
        raise FileNotFoundError(
            f"There is no FlickrLogos-27 in {options.data}. Download {ARCHIVE_URL} and pass the "
            "archive, or the folder that it extracts to, as --data."
        )
    if not options.no_logo.is_dir():
        raise FileNotFoundError(
            f"There is no folder {options.no_logo}. Pass a folder of photos without logos as "
            "--no-logo, for example your own. The data set has no such photos for training."
        )


BENCHMARKS: dict[str, tuple[Callable, str]] = {
    "headline": (headline, "Three networks on ImageNet's features"),
    "single": (single, "One network on logo_lite0"),
    "several": (several, "Three networks on logo_lite0"),
    "ablation": (ablation, "How much each idea adds"),
    "photos": (photos, "Training photos per brand"),
    "setups": (setups, "Photos without a logo, and boxes"),
}


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    benchmarks = "\n".join(
        f"  {name:<9} {function.__doc__}" for name, (function, _) in BENCHMARKS.items()
    )
    parser = argparse.ArgumentParser(
        description=f"{__doc__}\n{benchmarks}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("what", choices=BENCHMARKS, help="the benchmark")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add(
        "--no-logo",
        type=Path,
        default=SHARED / "no_logo_photos",
        help="photos without logos to train on (%(default)s)",
    )
    add("--photos-per-class", type=int, help="use only part of the data, for a quick try")
    add("--seeds", type=int, nargs="+", default=[0], help="one training per seed (default: 0)")
    add("--epochs", type=int, default=10, help="epochs of every training (default: %(default)s)")
    add(
        "--size",
        type=int,
        default=160,
        help="side of the network's input in pixels (default: %(default)s)",
    )
    add("--backbone", default="efficientnet_lite0", help="(default: %(default)s)")
    add(
        "--together",
        nargs="+",
        default=ENSEMBLE_BACKBONES,
        help="headline: backbones of the ensemble",
    )
    add(
        "--refit-epochs",
        type=int,
        default=4,
        help="headline: last epochs, on validation photos too (default: %(default)s)",
    )
    add(
        "--levels",
        nargs="+",
        help="headline, single, several: how closely to look, such as 'windows, read_names'",
    )
    add("--region-epochs", type=int, help="single, several: epochs (default: that of fit)")
    add(
        "--no-logo-list",
        type=Path,
        help="JSON list of file names: these photos of --no-logo are for validation, all others "
        "to train. The backbone should not have seen them",
    )
    add("--save", help="headline, single, several: folder for the models, in seed-<n>/")
    add("--num-workers", type=int, default=0, help="processes that decode photos")
    add(
        "--work",
        type=Path,
        default=lf.runs_home() / "accuracy",
        help="folder of finished trainings (%(default)s)",
    )
    add("--results", type=Path, default=HERE, help="folder for the tables (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
