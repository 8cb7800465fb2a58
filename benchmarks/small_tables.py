"""The tables of small.py and calibration.py, from their results, as the Markdown page small.md."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from logoflow.metrics.bootstrap import bootstrap
from logoflow.utils.files import write_text

TITLES = {
    "fit": "`fit`",
    "heads": "`fit(fine_tune=False)`",
    "artwork": "`fit(artwork='simple-icons')`",
    "imagenet": "probe on ImageNet's features",
    "logos": "probe on `logo_lite0`'s features",
    "embedding": "probe on its embedding",
    "former": "`fit` of the earlier commit",
}
RIVALS = ("imagenet", "logos", "former", "artwork")
Rows = dict[str, dict[str, dict]]  # row, method, result
Cells = list[list[str]]


def write_page(folder: Path) -> str:
    """Write ``small.md`` from the results in ``<folder>/results``, and return it."""
    seeds = read_seeds(folder / "results", "small")
    parts = [
        "# Few photos per brand\n\nWritten by `accuracy.py small` and `accuracy.py calibration`."
    ]
    if seeds:
        parts += small_parts(seeds)
    calibrations = read_seeds(folder / "results", "calibration")
    if calibrations:
        parts.append(
            f"## Calibration on few validation photos\n\n{calibration_table(calibrations)}"
        )
    text = "\n\n".join(parts) + "\n"
    write_text(folder / "small.md", text)
    return text


def read_seeds(folder: Path, what: str) -> dict[int, Rows]:
    """Read the results of all seeds, ``<what>-seed-<n>.json``."""
    results = [
        json.loads(path.read_text(encoding="utf-8")) for path in folder.glob(f"{what}-seed-*.json")
    ]
    return {result["seed"]: result["rows"] for result in sorted(results, key=lambda r: r["seed"])}


def small_parts(seeds: Mapping[int, Rows]) -> list[str]:
    """Make the sections of `small`."""
    return [
        f"## Brand top-1\n\n{top1_table(seeds)}",
        "## `fit` less its rivals\n\nDifferences in brand top-1, averaged over the seeds, with "
        f"95% intervals: paired over photos and seeds.\n\n{difference_table(seeds)}",
        f"## Seconds of training\n\n{mean_table(seeds, 'seconds', '.1f')}",
        f"## Calibration error, 15 bins\n\n{mean_table(seeds, 'calibration_error', '.3f')}",
        f"## Log loss\n\n{mean_table(seeds, 'log_loss', '.3f')}",
    ]


def top1_table(seeds: Mapping[int, Rows]) -> str:
    """Make a table of the brand top-1 of each row, seed and method, and the mean of the seeds."""
    methods = measured_methods(seeds)
    cells = []
    for row in row_names(seeds):
        for seed, rows in seeds.items():
            photos = {len(result["right"]) for result in rows.get(row, {}).values()}
            test = " / ".join(map(str, sorted(photos)))
            cells.append([row, str(seed), test, *cells_of([rows], row, methods, "top1", ".3f")])
        mean = cells_of(list(seeds.values()), row, methods, "top1", ".3f")
        cells.append([row, "mean", "", *mean])
    return markdown(["row", "seed", "test photos", *(TITLES[name] for name in methods)], cells)


def mean_table(seeds: Mapping[int, Rows], metric: str, style: str) -> str:
    """Make a table of a metric of each row and method, averaged over the seeds."""
    methods = measured_methods(seeds)
    cells = [
        [row, *cells_of(list(seeds.values()), row, methods, metric, style)]
        for row in row_names(seeds)
    ]
    return markdown(["row", *(TITLES[name] for name in methods)], cells)


def cells_of(
    seeds: Sequence[Rows], row: str, methods: Sequence[str], metric: str, style: str
) -> list[str]:
    """Format the mean of a metric over the seeds, for each method. Empty if a seed lacks it."""
    cells = []
    for method in methods:
        results = [rows.get(row, {}).get(method) for rows in seeds]
        values = [result[metric] for result in results if result]
        cells.append(format(np.mean(values), style) if len(values) == len(seeds) else "")
    return cells


def difference_table(seeds: Mapping[int, Rows], samples: int = 2000) -> str:
    """Make a table of the differences of `fit` to each rival, and their means over the rows."""
    rows, means = row_names(seeds), {}
    cells = [[row] for row in rows]
    for rival in RIVALS:
        values = []
        for row, line in zip(rows, cells, strict=True):
            value = paired_difference(seeds, row, rival, samples)
            line.append(f"{value[0]:+.3f} ({value[1]:+.3f} to {value[2]:+.3f})" if value else "")
            values += [value[0]] if value else []
        means[rival] = f"{np.mean(values):+.3f}" if values else ""
    cells.append(["mean of these rows", *means.values()])
    return markdown(["row", *(TITLES[rival] for rival in RIVALS)], cells)


def paired_difference(
    seeds: Mapping[int, Rows], row: str, rival: str, samples: int = 2000
) -> tuple[float, float, float] | None:
    """Compute the difference of `fit` to a rival in a row, over the seeds that have both.

    Parameters
    ----------
    seeds : dict
        Results by seed, row and method.
    row : str
        Name of the row.
    rival : str
        Name of the method to compare with.
    samples : int
        Resamples of the bootstrap.

    Returns
    -------
    (float, float, float), optional
        The mean of the seeds' differences, and its 95% interval. None without results.

    Raises
    ------
    ValueError
        If the results are of different photos.
    """
    differences, seed_of = [], []
    for seed, rows in seeds.items():
        ours, theirs = (rows.get(row, {}).get(method) for method in ("fit", rival))
        if not ours or not theirs:
            continue
        if ours["photos"] != theirs["photos"]:
            raise ValueError(
                f"seed {seed}, {row}: fit and {rival} were measured on different photos. Measure "
                "both again."
            )
        differences += [
            int(a) - int(b) for a, b in zip(ours["right"], theirs["right"], strict=True)
        ]
        seed_of += [seed] * len(ours["right"])
    if not differences:
        return None
    values, numbers = np.array(differences), np.array(seed_of)
    low, high = bootstrap(mean_of_seeds, values, numbers, samples=samples, strata=numbers)
    return mean_of_seeds(values, numbers), low, high


def mean_of_seeds(values: np.ndarray, seed_of: np.ndarray) -> float:
    """Average values within each seed, then over the seeds."""
    return float(np.mean([values[seed_of == seed].mean() for seed in np.unique(seed_of)]))


def row_names(seeds: Mapping[int, Rows]) -> list[str]:
    """List the rows: fewest photos first, without no-logo first."""
    names = {row for rows in seeds.values() for row in rows}
    return sorted(names, key=lambda row: (int(row.split()[0]), ", without" not in row))


def measured_methods(seeds: Mapping[int, Rows]) -> list[str]:
    """List the methods that have a result, in the order of the table."""
    measured = {method for rows in seeds.values() for row in rows.values() for method in row}
    return [method for method in TITLES if method in measured]


def calibration_table(seeds: Mapping[int, Rows]) -> str:
    """Make the table of `calibration`: means over the seeds, and the worst of all draws."""
    cells = []
    for count in sorted({int(count) for rows in seeds.values() for count in rows}):
        of_count = [rows[str(count)] for rows in seeds.values() if str(count) in rows]
        for method in of_count[0]:
            draws = [draw for methods in of_count for draw in methods[method]]
            errors, losses = (
                np.array([draw[metric] for draw in draws])
                for metric in ("calibration_error", "log_loss")
            )
            cells.append(
                [str(count), method, str(len(draws))]
                + [f"{v:.3f}" for v in (errors.mean(), errors.max(), losses.mean(), losses.max())]
            )
    head = ["validation photos", "calibration", "draws", "calibration error", "worst draw"]
    return markdown([*head, "log loss", "worst draw"], cells)


def markdown(head: Sequence[str], cells: Cells) -> str:
    """Write a table as Markdown."""
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
