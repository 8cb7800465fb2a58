"""Measure the accuracy on FlickrLogos-27's 270 query photos, for the tables of docs/accuracy.md.

    python benchmarks/accuracy.py headline --seeds 0 1 2

The result of every training is kept on disk, so that an interrupted or repeated command continues
from there. benchmarks/README.md says what each command prints and how long it takes.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

import logoflow as lf
from logoflow.datasets.flickrlogos27 import ARCHIVE_URL
from logoflow.evaluation.ablation import SET_UPS, SEVERAL, STEPS
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.experiments import photos_curve, run_steps
from logoflow.evaluation.runs import assessment_of, run
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
SHOWN = ("brand top-1", "accuracy", "recall at 2%", "AUROC", "calibration error")
SAMPLES = 1000  # resamples of the bootstrap


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark. The exit code is 0, or 2 if the photos are missing."""
    options = parser().parse_args(arguments)
    try:
        check_folders(options)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    root = lf.prepare_root(
        "flickrlogos27",
        options.data,
        no_logo_dir=options.no_logo,
        photos_per_class=options.photos_per_class,
    )
    for table in BENCHMARKS[options.what][0](root, options):
        write_table(table, options)
        print(f"\n{table.to_string()}", flush=True)
    return 0


def headline(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Each seed's figures and their mean, per level, with and without repeated photos."""
    known = [path for split in ("train_data", "val_data") for path, _ in lf.photos_of(root, split)]
    repeats = lf.repeats_of([path for path, _ in lf.photos_of(root, "test_data")], known)
    runs = []
    for seed in options.seeds:
        keep_in = options.save and Path(options.save) / f"seed-{seed}"
        how = {"levels": options.levels, "seed": seed, "keep": keep_in}
        runs.append(run(root, options.work, headline_settings(options), **how, **hardware(options)))
        yield headline_table(root, runs, options, repeats)


def headline_table(root: Path, runs: list, options: argparse.Namespace, repeats) -> pd.DataFrame:
    """A row per level, photos and seed; figures as text, with their intervals."""
    rows = {}
    for level in options.levels:
        found = [assessment_of(one, root, level=level) for one in runs]
        seconds = [one.seconds for one in runs]
        fewer = [assessment.without(repeats) for assessment in found]
        for photos, group in (("all", found), (f"without {len(repeats)} repeats", fewer)):
            for seed, one, time in zip(options.seeds, group, seconds, strict=False):
                rows[level, photos, str(seed)] = as_text([one], time)
            rows[level, photos, "mean"] = as_text(group, sum(seconds) / len(seconds))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["level", "query photos", "seed"])
    return table


def as_text(assessments: list[Assessment], seconds: float) -> dict[str, str]:
    """Format the figures with their intervals, and the training time in minutes."""
    summary = mean_summary(assessments, SHOWN, SAMPLES)
    figures = {
        name: f"{row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
        for name, row in summary.iterrows()
    }
    return {**figures, "minutes": f"{seconds / 60:.0f}"}


def ablation(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """From the article's recipe to ours, one idea at a time."""
    yield from step_tables(run_steps(root, STEPS, options.work, **common(options)))


def photos(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """What the number of training photos per brand does, looking closely."""
    step = SET_UPS[0]._replace(level=lf.Level("windows"))
    yield from step_tables(photos_curve(root, options.work, step=step, **common(options)))


def setups(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Three ways to reject photos without a logo, and training without boxes."""
    steps = [step._replace(level=lf.Level("windows")) for step in SET_UPS]
    results = run_steps(root, steps, options.work, **common(options))
    yield from step_tables(results, against_first=True)


def step_tables(results: Iterator, *, against_first: bool = False) -> Iterator[pd.DataFrame]:
    """Yield the table after each step."""
    done = {}
    for name, assessments in results:
        done[name] = assessments
        yield ablation_table(done, samples=SAMPLES, against_first=against_first).round(3)


def settings(options: argparse.Namespace) -> dict[str, object]:
    """Return the settings of `fit` that the command line decides."""
    return {"num_epochs": options.epochs, "image_size": options.size, "backbone": options.backbone}


def headline_settings(options: argparse.Namespace) -> dict[str, object]:
    """Return the settings of `fit` for the headline."""
    return {
        **settings(options),
        "backbone": options.together,
        "refit_epochs": options.refit_epochs,
    }


def hardware(options: argparse.Namespace) -> dict[str, object]:
    return {"num_workers": options.num_workers, "quiet": False}


def common(options: argparse.Namespace) -> dict[str, object]:
    return {"seeds": options.seeds, **settings(options), **hardware(options)}


def settings_of_table(table: pd.DataFrame, options: argparse.Namespace) -> dict[str, object]:
    """Return the settings that a table was made with."""
    if options.what == "headline":  # the seeds that are finished
        seeds = sorted({int(seed) for *_, seed in table.index if seed != "mean"})
        used = {**headline_settings(options), "seeds": seeds}
    else:
        used = {**settings(options), "seeds": options.seeds}
    if options.photos_per_class:
        used["photos_per_class"] = options.photos_per_class
    return used


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
            used = ", ".join(
                f"{name} {as_words(value)}" for name, value in result["settings"].items()
            )
            parts.append(f"## {title}\n\n`{what}`: {used}\n\n{markdown(result['table'])}\n")
    return "\n".join(parts)


def as_words(value: object) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def markdown(table: dict) -> str:
    """Write a table of `DataFrame.to_json` as Markdown."""
    names = [label if isinstance(label, list) else [label] for label in table["index"]]
    levels = ["level", "query photos", "seed"] if len(names[0]) == 3 else [""]
    lines = [[*levels, *table["columns"]], ["---"] * (len(levels) + len(table["columns"]))]
    for name, row in zip(names, table["data"], strict=True):
        lines.append([*name, *("" if cell is None else cell for cell in row)])
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
    "headline": (headline, "What logoflow reaches"),
    "ablation": (ablation, "Which idea gave what"),
    "photos": (photos, "Training photos per brand"),
    "setups": (setups, 'Three ways to a "no logo", and no boxes'),
}


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    what = "\n".join(
        f"  {name:<9} {function.__doc__}" for name, (function, _) in BENCHMARKS.items()
    )
    parser = argparse.ArgumentParser(
        description=f"{__doc__}\n{what}", formatter_class=argparse.RawDescriptionHelpFormatter
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
    add("--together", nargs="+", default=SEVERAL, help="headline: backbones of the ensemble")
    add(
        "--refit-epochs",
        type=int,
        default=4,
        help="headline: last epochs, on validation photos too (default: %(default)s)",
    )
    add(
        "--levels",
        nargs="+",
        default=LEVELS,
        help="headline: how closely to look, such as windows or 'windows, read_names'",
    )
    add("--save", help="headline: folder for the models, in seed-<n>/")
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
