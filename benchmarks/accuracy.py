"""Measure logoflow on FlickrLogos-27's 270 query photos: what docs/accuracy.md and the notes quote.

    python benchmarks/accuracy.py headline --seeds 0 1 2

Each training's result is kept on disk when it is done, so that an interrupted or repeated command
goes on from there. benchmarks/README.md says which command prints what and how long it takes.
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
SAMPLES = 1000  # draws of the bootstrap


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark; the exit code is 0, or 2 where the photos are not there."""
    options = parser().parse_args(arguments)
    try:
        check_folders(options)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    places = {"no_logo_dir": options.no_logo, "photos_per_class": options.photos_per_class}
    root = lf.prepare_root("flickrlogos27", options.data, **places)
    for table in BENCHMARKS[options.what][0](root, options):
        keep(table, options)
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
        runs.append(run(root, options.work, of_several(options), **how, **hardware(options)))
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
    """Figures with their intervals, and the training time in minutes."""
    summary = mean_summary(assessments, SHOWN, SAMPLES)
    figures = {
        name: f"{row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
        for name, row in summary.iterrows()
    }
    return {**figures, "minutes": f"{seconds / 60:.0f}"}


def ablation(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """From the article's recipe to ours, one improvement at a time."""
    yield from step_tables(run_steps(root, STEPS, options.work, **common(options)))


def photos(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """What the number of training photos per brand does, looking closely."""
    step = SET_UPS[0]._replace(level=lf.Level("windows"))
    yield from step_tables(photos_curve(root, options.work, step=step, **common(options)))


def setups(root: Path, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Three ways to a "no logo" side by side, and what is lost without boxes."""
    steps = [step._replace(level=lf.Level("windows")) for step in SET_UPS]
    results = run_steps(root, steps, options.work, **common(options))
    yield from step_tables(results, against_first=True)


def step_tables(results: Iterator, *, against_first: bool = False) -> Iterator[pd.DataFrame]:
    """The table after each step."""
    done = {}
    for name, assessments in results:
        done[name] = assessments
        yield ablation_table(done, samples=SAMPLES, against_first=against_first).round(3)


def settings(options: argparse.Namespace) -> dict[str, object]:
    """What `fit` is told; the rest is its own."""
    return {"num_epochs": options.epochs, "image_size": options.size, "backbone": options.backbone}


def of_several(options: argparse.Namespace) -> dict[str, object]:
    """Settings of the headline's trainings."""
    several = {"backbone": options.together, "refit_epochs": options.refit_epochs}
    return {**settings(options), **several}


def hardware(options: argparse.Namespace) -> dict[str, object]:
    return {"num_workers": options.num_workers, "quiet": False}


def common(options: argparse.Namespace) -> dict[str, object]:
    return {"seeds": options.seeds, **settings(options), **hardware(options)}


def keep(table: pd.DataFrame, options: argparse.Namespace) -> None:
    """Write a table as JSON, and all tables there are as one Markdown page."""
    told = of_several if options.what == "headline" else settings
    seeds = options.seeds
    if options.what == "headline":  # of those that are done
        seeds = sorted({int(seed) for *_, seed in table.index if seed != "mean"})
    given = {**told(options), "seeds": seeds}
    if options.photos_per_class:
        given["photos_per_class"] = options.photos_per_class
    told = {
        "what": options.what,
        "settings": given,
        "table": json.loads(table.to_json(orient="split")),
    }
    text = json.dumps(told, indent=1, allow_nan=False)
    write_text(options.results / "results" / f"accuracy-{options.what}.json", text + "\n")
    write_text(options.results / "accuracy.md", page(options.results / "results"))


def page(folder: Path) -> str:
    """All benchmarks that have a result, as Markdown."""
    parts = ["# Accuracy on FlickrLogos-27's 270 query photos\n\nWritten by `accuracy.py`.\n"]
    for what, (_, title) in BENCHMARKS.items():
        path = folder / f"accuracy-{what}.json"
        if path.is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            given = ", ".join(
                f"{name} {as_words(value)}" for name, value in told["settings"].items()
            )
            parts.append(f"## {title}\n\n`{what}`: {given}\n\n{markdown(told['table'])}\n")
    return "\n".join(parts)


def as_words(value: object) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def markdown(table: dict) -> str:
    """A table of `DataFrame.to_json` as Markdown."""
    names = [label if isinstance(label, list) else [label] for label in table["index"]]
    levels = ["level", "query photos", "seed"] if len(names[0]) == 3 else [""]
    lines = [[*levels, *table["columns"]], ["---"] * (len(levels) + len(table["columns"]))]
    for name, row in zip(names, table["data"], strict=True):
        lines.append([*name, *("" if cell is None else cell for cell in row)])
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def check_folders(options: argparse.Namespace) -> None:
    """Say how to get the photos where they are not."""
    if not options.data.exists():
        raise FileNotFoundError(
            f"No FlickrLogos-27 in {options.data}: get {ARCHIVE_URL} and give the archive, or "
            "the folder it extracts to, as --data."
        )
    if not options.no_logo.is_dir():
        raise FileNotFoundError(
            f"No folder {options.no_logo}: give a folder of photos without logos as --no-logo, "
            "your own for example. The data set has none to train on."
        )


BENCHMARKS: dict[str, tuple[Callable, str]] = {
    "headline": (headline, "What logoflow reaches"),
    "ablation": (ablation, "Which idea gave what"),
    "photos": (photos, "Training photos per brand"),
    "setups": (setups, 'Three ways to a "no logo", and no boxes'),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    what = "\n".join(f"  {name:<9} {about.__doc__}" for name, (about, _) in BENCHMARKS.items())
    made = argparse.ArgumentParser(
        description=f"{__doc__}\n{what}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("what", choices=BENCHMARKS, help="which benchmark")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add(
        "--no-logo",
        type=Path,
        default=SHARED / "no_logo_photos",
        help="photos without logos to train on (%(default)s)",
    )
    add("--photos-per-class", type=int, help="a small part of the data, for a quick try")
    add("--seeds", type=int, nargs="+", default=[0], help="a training each (default 0)")
    add("--epochs", type=int, default=10, help="of every training (default %(default)s)")
    add("--size", type=int, default=160, help="pixels the net sees (default %(default)s)")
    add("--backbone", default="efficientnet_lite0", help="default %(default)s")
    add("--together", nargs="+", default=SEVERAL, help="of headline: backbones that answer as one")
    add(
        "--refit-epochs",
        type=int,
        default=4,
        help="of headline: last ones, on validation photos too (default %(default)s)",
    )
    add(
        "--levels",
        nargs="+",
        default=LEVELS,
        help="of headline: how closely to look, such as windows or 'windows, read_names'",
    )
    add("--save", help="of headline: folder for the models, seed-<n>/ each")
    add("--num-workers", type=int, default=0, help="processes that decode photos")
    add(
        "--work",
        type=Path,
        default=lf.runs_home() / "accuracy",
        help="where finished trainings are kept (%(default)s)",
    )
    add("--results", type=Path, default=HERE, help="where tables are written (%(default)s)")
    return made


if __name__ == "__main__":
    sys.exit(main())
